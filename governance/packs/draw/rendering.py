"""The renderer's own process: spawned, kept between packs, replaced when it dies; it has no database and no network."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

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


def leave_with_the_worker() -> None:
    """End this renderer when its worker ends: a killed worker cannot tell it, and it would wait for ever."""
    worker = multiprocessing.parent_process()

    def watch() -> None:
        if worker is not None:
            worker.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class RendererDied(RuntimeError):
    """The renderer's process ended before the pack was drawn."""


def draw(
    snapshot_json: bytes,
    attachments: Sequence[Attachment],
    certificate_sha256: str,
    waiting: Callable[[], None] = lambda: None,
    function: Drawing = render_in_process,
) -> RenderedPack:
    """Draw a pack in the renderer's process; `waiting` is called every few seconds meanwhile.

    Raises RendererDied if the process dies; the next call starts another.
    """
    return _drawn(function, (snapshot_json, tuple(attachments), certificate_sha256), waiting)


def draw_index(snapshot_json: bytes, certificate_sha256: str, waiting: Callable[[], None]) -> DrawnIndex:
    """Draw the index of a management-system pack in the renderer's process. Raises RendererDied if it dies."""
    return _drawn(draw_aims_index, (snapshot_json, certificate_sha256), waiting)


def draw_sheet(sheet: Sheet) -> bytes:
    """Draw one record as a PDF in the renderer's process. Raises RendererDied if the process dies."""
    return _drawn(draw_one, (sheet,), lambda: None)


def _drawn(function: Callable[..., Drawn], values: tuple[object, ...], waiting: Callable[[], None]) -> Drawn:
    global _pool
    pool = _the_pool()
    try:
        drawn = pool.submit(function, *values)
        while not wait((drawn,), timeout=_SECONDS_BETWEEN_SIGNS).done:
            waiting()
        return drawn.result()
    except BrokenProcessPool as error:
        with _lock:
            if _pool is pool:
                _pool = None
        raise RendererDied("The renderer's process died; the pack will be drawn again.") from error


def _the_pool() -> ProcessPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            context = multiprocessing.get_context("spawn")
            _pool = ProcessPoolExecutor(
                1,
                mp_context=context,
                initializer=leave_with_the_worker,
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
