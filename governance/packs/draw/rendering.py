"""The renderer's own process, and what people are told when it took too much: no database and no network."""

from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from governance.core.errors import Interrupted, Refused
from governance.packs import apart
from governance.packs.draw.aims import DrawnIndex
from governance.packs.draw.aims import draw_index as draw_aims_index
from governance.packs.draw.sheet import Sheet
from governance.packs.draw.sheet import draw as draw_one
from governance.packs.draw.system import RenderedPack, render_in_process
from governance.packs.seal.attach import Attachment

Drawn = TypeVar("Drawn")
Drawing = Callable[[bytes, Sequence[Attachment], str], RenderedPack]

# A person waits for it.
_SECONDS_FOR_A_SHEET = 60
_renderer = apart.Apart()


class RendererDied(Interrupted):
    """The renderer's process ended before the pack was drawn."""


def too_much(name: str, error: apart.BeyondLimits) -> Refused:
    """What the person who asked is told when a drawing went beyond its apart."""
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
    seconds: int = apart.MOST_SECONDS,
) -> RenderedPack:
    """Draw a pack in the renderer's process; `waiting` is called every few seconds meanwhile.

    Raises RendererDied if the process dies, and Refused with its `name` if the pack needs more time or memory than it
    may have; the next call starts another process.
    """
    return _drawn(function, (snapshot_json, tuple(attachments), certificate_sha256), waiting, name, seconds)


def draw_index(snapshot_json: bytes, certificate_sha256: str, waiting: Callable[[], None]) -> DrawnIndex:
    """Draw the index of a management-system pack in the renderer's process. Raises RendererDied or Refused as `draw`."""
    return _drawn(
        draw_aims_index, (snapshot_json, certificate_sha256), waiting, "the index", apart.MOST_SECONDS
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
    try:
        return _renderer.call(seconds, function, values, waiting)
    except apart.BeyondLimits as error:
        raise too_much(name, error) from error
    except BrokenProcessPool as error:
        raise RendererDied(f"The process that drew the pages of {name} was ended from outside.") from error


def close() -> None:
    """End the renderer's process."""
    _renderer.close()
