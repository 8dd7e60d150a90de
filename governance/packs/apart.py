"""A process of its own for what strangers made: bounded in time and memory, kept between calls, replaced when it dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, NoReturn, TypeVar

Result = TypeVar("Result")

CALLS_PER_PROCESS: Final = 50
SECONDS_BETWEEN_SIGNS: Final = 5.0

# 2,000 pages take two minutes; a pack that carries all the evidence it may (250 MB), 1.5 GB.
MOST_SECONDS: Final = 900
MOST_MEMORY: Final = 4 * 1024**3


class BeyondLimits(Exception):
    """Something needs more time or memory than it may have; the message says which, as the end of a sentence."""


class _Late(BaseException):
    """The alarm. Not an Exception, so that no library takes it for a fault of a picture or a style."""


class Apart:
    """A process that is started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def call(
        self,
        seconds: int,
        function: Callable[..., Result],
        values: tuple[Any, ...],
        waiting: Callable[[], None] = lambda: None,
    ) -> Result:
        """Call a function of a module there; `waiting` is called every few seconds meanwhile.

        Raises BeyondLimits, or BrokenProcessPool if the process dies; the next call starts another.
        """
        pool = self._started()
        try:
            called = pool.submit(bounded, seconds, function, values)
            while not wait((called,), timeout=SECONDS_BETWEEN_SIGNS).done:
                waiting()
            return called.result()
        except (BeyondLimits, BrokenProcessPool):
            # What it took of memory it may not give back.
            self._leave(pool)
            raise

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._leave(self._pool)

    def _leave(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False, cancel_futures=False)

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=begin,
                    max_tasks_per_child=CALLS_PER_PROCESS,
                )
            return self._pool


def begin() -> None:
    """What such a process does first: bound itself, and look after the one that started it."""
    _confine()
    _leave_with_the_starter()


def _leave_with_the_starter() -> None:
    """End this process when the other ends: if that is killed it cannot tell, and this would wait for ever."""
    starter = multiprocessing.parent_process()

    def watch() -> None:
        if starter is not None:
            starter.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _confine() -> None:
    """Bound the memory of this process. Linux only: macOS does not keep such a bound."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def bounded(seconds: int, function: Callable[..., Result], values: tuple[Any, ...]) -> Result:
    """Call a function in the main thread of such a process. Raises BeyondLimits.

    Should code that is not Python's hang, the processor's own alarm ends the process at twice the time.
    """
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, 2 * seconds)
    try:
        return function(*values)
    except _Late:
        raise BeyondLimits(f"take longer than {seconds} seconds") from None
    except MemoryError:
        raise BeyondLimits(f"need more than {MOST_MEMORY // 1024**3} GB of memory") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ring(number: int, frame: object) -> NoReturn:
    raise _Late
