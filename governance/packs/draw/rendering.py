"""The renderer's own process: spawned, bounded, kept between packs, replaced when it dies; no database and no network."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from governance.core.errors import Interrupted, Refused
from governance.packs.draw import limits
from governance.packs.draw.aims import DrawnIndex
from governance.packs.draw.aims import draw_index as draw_aims_index
from governance.packs.draw.sheet import Sheet
from governance.packs.draw.sheet import draw as draw_one
from governance.packs.draw.system import RenderedPack, render_in_process
from governance.packs.seal.attach import Attachment

Drawn = TypeVar("Drawn")
Drawing = Callable[[bytes, Sequence[Attachment], str], RenderedPack]

PACKS_PER_PROCESS = 50
_SECONDS_BETWEEN_SIGNS = 5.0
_lock = threading.Lock()
_pool: ProcessPoolExecutor | None = None


# A person waits for it.
_SECONDS_FOR_A_SHEET = 60


def begin() -> None:
    """What a renderer's process does first: bound itself, and look after its worker."""
    limits.confine()
    _leave_with_the_worker()


def _leave_with_the_worker() -> None:
    """End this renderer when its worker ends: a killed worker cannot tell it, and it would wait for ever."""
    worker = multiprocessing.parent_process()

    def watch() -> None:
        if worker is not None:
            worker.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class RendererDied(Interrupted):
    """The renderer's process ended before the pack was drawn."""


def too_much(name: str, error: limits.BeyondLimits) -> Refused:
    """What the person who asked is told when a drawing went beyond its limits."""
    return Refused(
        "The pages of {name} {fault}. Look for very long texts and lists among its records; shorten them or keep them"
        " as evidence files, and ask again.",
        name=name,
        fault=str(error),
    )


def draw(
    snapshot_json: bytes,
    attachments: Sequence[Attachment],
    certificate_sha256: str,
    waiting: Callable[[], None] = lambda: None,
    function: Drawing = render_in_process,
    *,
    name: str = "the pack",
    seconds: int = limits.MOST_SECONDS,
) -> RenderedPack:
    """Draw a pack in the renderer's process; `waiting` is called every few seconds meanwhile.

    Raises RendererDied if the process dies, and Refused with its `name` if the pack needs more time or memory than it
    may have; the next call starts another process.
    """
    return _drawn(function, (snapshot_json, tuple(attachments), certificate_sha256), waiting, name, seconds)


def draw_index(snapshot_json: bytes, certificate_sha256: str, waiting: Callable[[], None]) -> DrawnIndex:
    """Draw the index of a management-system pack in the renderer's process. Raises RendererDied or Refused as `draw`."""
    return _drawn(
        draw_aims_index, (snapshot_json, certificate_sha256), waiting, "the index", limits.MOST_SECONDS
    )


def draw_sheet(sheet: Sheet) -> bytes:
    """Draw one record as a PDF in the renderer's process. Raises RendererDied or Refused as `draw`."""
    return _drawn(draw_one, (sheet,), lambda: None, sheet.reference, _SECONDS_FOR_A_SHEET)


def _drawn(
    function: Callable[..., Drawn],
    values: tuple[object, ...],
    waiting: Callable[[], None],
    name: str,
    seconds: int,
) -> Drawn:
    global _pool
    pool = _the_pool()
    try:
        drawn = pool.submit(limits.bounded, seconds, function, values)
        while not wait((drawn,), timeout=_SECONDS_BETWEEN_SIGNS).done:
            waiting()
        return drawn.result()
    except limits.BeyondLimits as error:
        # What it took of memory it may not give back.
        close()
        raise too_much(name, error) from error
    except BrokenProcessPool as error:
        with _lock:
            if _pool is pool:
                _pool = None
        raise RendererDied(f"The process that drew the pages of {name} was ended from outside.") from error


def _the_pool() -> ProcessPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            context = multiprocessing.get_context("spawn")
            _pool = ProcessPoolExecutor(
                1,
                mp_context=context,
                initializer=begin,
                max_tasks_per_child=PACKS_PER_PROCESS,
            )
        return _pool


def close() -> None:
    """End the renderer's process."""
    global _pool
    with _lock:
        if _pool is not None:
            _pool.shutdown(wait=False, cancel_futures=True)
            _pool = None
