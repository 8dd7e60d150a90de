"""Checking what anybody drops on the page, in a process of its own: a file that unpacks to 50 GB takes down that one only."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Final

from governance.packs.apart import Apart, BeyondLimits
from governance.packs.verify.bag import verify_together
from governance.packs.verify.results import CheckResult

Found = tuple[list[list[CheckResult]], list[CheckResult]]

# A pack of a thousand systems is checked in half of it.
MOST_SECONDS: Final = 120
_checker = Apart()


def verify_confined(paths: Sequence[Path], names: Sequence[str]) -> Found:
    """What `verify_together` finds; files that take too much to read fail, each with the reason. Raises OSError."""
    try:
        return _checker.call(MOST_SECONDS, partial(verify_together, names=tuple(names)), (tuple(paths),))
    except BeyondLimits as error:
        why = f"To read it would {error}. No pack does; it was not read to its end."
    except BrokenProcessPool:
        why = "Reading it ended the process that did. No pack does that."
    return [[CheckResult("document", False, why)] for _ in paths], []


def close() -> None:
    """End the process that checks."""
    _checker.close()
