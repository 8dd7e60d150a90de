"""The list of everything in a management-system pack as one page for a browser: what the index is too short for."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from governance.packs.content.aims import AimsPack
from governance.packs.draw import present
from governance.packs.draw.source import environment

NAME: Final = "data/index.html"
_FOLDER: Final = "data/"


def index_page(pack: AimsPack) -> bytes:
    """HTML without script and without anything fetched: all systems and evidence, each with a link to its file in the bag.

    Every system stands in it, however many there are; the same pack gives the same bytes.
    """
    presenter = present.Presenter(())
    return (
        environment(presenter, link=_link)
        .get_template("index_page.html")
        .render(pack=pack, meta=pack.meta)
        .encode()
    )


def _link(file: str) -> str:
    return quote(file.removeprefix(_FOLDER))
