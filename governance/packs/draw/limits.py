"""What the renderer's process may use: memory as a whole, and time for one drawing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

Drawn = TypeVar("Drawn")

# 2,000 pages take 100 s; a pack that carries all the evidence it may, 1.3 GB.
MOST_SECONDS: Final = 900
MOST_MEMORY: Final = 4 * 1024**3


class BeyondLimits(Exception):
    """A drawing needs more time or memory than it may have; the message says which, as the end of a sentence."""


class _Late(BaseException):
    """The alarm. Not an Exception, so that no library takes it for a fault of a picture or a style."""


def confine() -> None:
    """Bound the memory of this process. Linux only: macOS does not keep such a bound."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def bounded(seconds: int, function: Callable[..., Drawn], values: tuple[Any, ...]) -> Drawn:
    """Call a function in the main thread of the renderer's process. Raises BeyondLimits.

    Should code that is not Python's hang, the processor's own alarm ends the process at twice the time.
    """
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, 2 * seconds)
    try:
        return function(*values)
    except _Late:
        raise BeyondLimits(f"take longer than {seconds} seconds to draw") from None
    except MemoryError:
        raise BeyondLimits(f"need more than {MOST_MEMORY // 1024**3} GB of memory to draw") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ring(number: int, frame: object) -> NoReturn:
    raise _Late
