"""One record as a PDF of its own, such as the statement of applicability: drawn in the renderer's process, fetching nothing."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final

import weasyprint

from governance.core.paths import templates_dir
from governance.packs.draw.present import Presenter
from governance.packs.draw.source import drawn_alike, environment
from governance.packs.draw.system import VARIANT, PackFetcher
from governance.packs.draw.typefaces import Typefaces

_STYLE: Final = "asset:pack.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A titled table with facts above it; every row has as many cells as there are columns, `widths` in per cent."""

    title: str
    reference: str
    organisation: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    content_sha256: str


def draw(sheet: Sheet) -> bytes:
    """The sheet as PDF/A-3a; the same sheet is the same bytes."""
    html = environment(Presenter(())).get_template("sheet.html").render(sheet=sheet)
    css = (templates_dir() / "packs" / "pack.css").read_bytes()
    fetcher = PackFetcher({_STYLE: (css, "text/css")})
    options = {"pdf_variant": VARIANT, "pdf_identifier": bytes.fromhex(sheet.content_sha256[:32])}
    with warnings.catch_warnings():
        # WeasyPrint 70 leaves the file of its colour profile open until it is collected.
        warnings.simplefilter("ignore", ResourceWarning)
        pdf: bytes = weasyprint.HTML(string=drawn_alike(html), url_fetcher=fetcher).write_pdf(
            font_config=Typefaces(), **options
        )
    return pdf
