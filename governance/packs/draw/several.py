"""Many parts drawn by several renderer processes at once, as many as there are processors, with few of them in memory."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from governance.packs import apart
from governance.packs.draw import rendering
from governance.packs.draw.rendering import RendererDied
from governance.packs.draw.system import RenderedPack, render_in_process


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def draw_each(
    snapshots: Iterable[tuple[str, bytes]],
    certificate_sha256: str,
    waiting: Callable[[], None] = lambda: None,
    processes: int = 0,
) -> Iterator[tuple[str, RenderedPack]]:
    """Draw parts, given as (name, snapshot JSON), and give each back as it is ready, in any order.

    One process is the renderer's. `waiting` is called every few seconds; what it raises ends the drawing. Raises
    RendererDied if a process dies, and Refused with the name if a part needs more time or memory than it may have.
    """
    processes = processes or processors()
    if processes == 1:
        for name, data in snapshots:
            waiting()
            yield name, rendering.draw(data, (), certificate_sha256, waiting, name=name)
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=apart.begin,
        max_tasks_per_child=apart.CALLS_PER_PROCESS,
    )
    try:
        yield from _through(pool, snapshots, certificate_sha256, waiting, 2 * processes)
    except BrokenProcessPool as error:
        raise RendererDied(
            "A renderer's process died; what it drew is kept, the rest is drawn again."
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _through(
    pool: ProcessPoolExecutor,
    snapshots: Iterable[tuple[str, bytes]],
    certificate_sha256: str,
    waiting: Callable[[], None],
    most: int,
) -> Iterator[tuple[str, RenderedPack]]:
    running: dict[Future[RenderedPack], str] = {}
    left = iter(snapshots)
    while True:
        while len(running) < most and (following := next(left, None)):
            name, data = following
            values = (data, (), certificate_sha256)
            future = pool.submit(apart.bounded, apart.MOST_SECONDS, render_in_process, values)
            running[future] = name
        if not running:
            return
        done, _ = wait(running, timeout=apart.SECONDS_BETWEEN_SIGNS, return_when=FIRST_COMPLETED)
        waiting()
        for future in done:
            name = running.pop(future)
            try:
                yield name, future.result()
            except apart.BeyondLimits as error:
                raise rendering.too_much(name, error) from error
