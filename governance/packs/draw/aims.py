"""The index of a management-system pack: its snapshot in, PDF/A-3a out; drawn in the renderer's process, fetching nothing."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Final

import weasyprint
from markupsafe import Markup

from governance.core.paths import templates_dir
from governance.packs.content.aims import AimsPack, SystemLine, aims_from_json
from governance.packs.content.aims_sections import AIMS_SECTIONS
from governance.packs.draw import figures, present
from governance.packs.draw.source import drawn_alike, environment
from governance.packs.draw.system import VARIANT, PackFetcher, patient_collector
from governance.packs.draw.typefaces import Typefaces, drawn_with

_STYLE: Final = "asset:pack.css"


# A longer table would need memory that grows with the register; the tables of the bag have every system.
MOST_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class DrawnIndex:
    """The unsealed index, its number of pages, and what drew it."""

    pdf: bytes
    pages: int
    drawn_with: str


def draw_index(snapshot_json: bytes, certificate_sha256: str) -> DrawnIndex:
    """Draw the index of a pack from data/registry.json; the same bytes in give the same bytes out."""
    pack = aims_from_json(snapshot_json)
    digest = pack.sha256()
    css = (templates_dir() / "packs" / "pack.css").read_bytes()
    fetcher = PackFetcher({_STYLE: (css, "text/css")})
    options: dict[str, Any] = {"pdf_variant": VARIANT, "pdf_identifier": bytes.fromhex(digest[:32])}
    html = index_source(pack, digest, certificate_sha256)
    with patient_collector(), warnings.catch_warnings():
        # WeasyPrint 70 leaves the file of its colour profile open until it is collected.
        warnings.simplefilter("ignore", ResourceWarning)
        document = weasyprint.HTML(string=drawn_alike(html), url_fetcher=fetcher).render(
            font_config=Typefaces(), **options
        )
        pdf = document.write_pdf(**options)
        return DrawnIndex(pdf, len(document.pages), drawn_with(document))


def index_source(pack: AimsPack, digest: str, certificate_sha256: str) -> str:
    """The HTML of the index, before layout; `digest` is the SHA-256 of data/registry.json."""
    presenter = present.Presenter(block.reference for block in pack.blocks if block.reference)
    blocks_of: dict[int, list[tuple[object, tuple[Markup, ...]]]] = {}
    for block in pack.blocks:
        blocks_of.setdefault(block.section, []).append((block, ()))
    qr = figures.qr(f"{pack.meta.reference} sha256:{digest}", f"Hash of the records {digest}")
    return (
        environment(presenter)
        .get_template("aims.html")
        .render(
            pack=pack,
            meta=pack.meta,
            sections=AIMS_SECTIONS,
            listed=listed(pack.systems),
            blocks_of=blocks_of,
            facts_of={},
            # Our own SVG.
            qr=Markup(qr),  # noqa: S704
            registry_hash=digest,
            certificate_sha256=certificate_sha256,
        )
    )


def listed(systems: tuple[SystemLine, ...]) -> tuple[SystemLine, ...]:
    """The systems that the index prints: all, or of very many those with the gravest gaps; in the order of the register."""
    gravest = sorted(systems, key=lambda item: (-item.critical, -item.major, -item.minor, item.reference))
    kept = {item.reference for item in gravest[:MOST_LISTED]}
    return tuple(item for item in systems if item.reference in kept)
