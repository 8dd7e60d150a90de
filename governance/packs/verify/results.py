"""What a check says, and how one that fails says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from governance.core.hidden import visible
from governance.packs.verify.standalone_proofs import one_line


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of a verification: what was checked, whether it holds, and what was found, in a sentence.

    `is_open` marks what is neither proven nor found wrong, for lack of something to prove it with. What strangers wrote
    and a check repeats, as the name in a certificate, stays on the line, and hidden signs in it are shown.
    """

    name: str
    passed: bool
    detail: str
    is_open: bool = False

    def __post_init__(self) -> None:
        for field in ("name", "detail"):
            object.__setattr__(self, field, one_line(visible(getattr(self, field))))

    @property
    def word(self) -> str:
        """`passed`, `failed` or `open`."""
        return "open" if self.is_open else "passed" if self.passed else "failed"


@dataclass(frozen=True, slots=True)
class KnownHead:
    """A tree head from elsewhere (an older pack, a published checkpoint) to compare with; root in
    hexadecimal.
    """

    tree_size: int
    root_hash: str


class FailedCheckError(Exception):
    """A check that does not hold; the message is the sentence for the reader."""


class OpenCheckError(Exception):
    """A check that can be neither proven nor refuted with what there is; the message says what would help."""


def result(name: str, check: Callable[[], str]) -> CheckResult:
    """One check as a result. Any exception fails it: a damaged file can break a parser in any way."""
    try:
        return CheckResult(name, True, check())
    except OpenCheckError as error:
        return CheckResult(name, True, str(error), is_open=True)
    except FailedCheckError as error:
        return CheckResult(name, False, str(error))
    except Exception as error:  # noqa: BLE001 - see above
        return CheckResult(name, False, f"Cannot be read: {str(error) or type(error).__name__}")
