"""Snapshot and evidence files in, PDF/A-3a out; knows neither the database nor the web framework.

Rendering is deterministic: dates and the document's identifier come from the snapshot, everything is
sorted, and nothing outside the snapshot, the templates and the installed fonts can reach the pages. The one
way to fetch anything is `PackFetcher`, which serves named parts of this pack and refuses the network and
the disk.
"""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import weasyprint
from markupsafe import Markup
from weasyprint.urls import URLFetcher, URLFetcherResponse

from governance.core.paths import templates_dir
from governance.packs.content.printed import printed_references
from governance.packs.content.summary import current_assessment, summarise
from governance.packs.content.system_pack import SystemPack, from_json
from governance.packs.content.system_sections import SECTIONS
from governance.packs.draw import figures, present
from governance.packs.draw.source import drawn_alike, environment
from governance.packs.draw.typefaces import Typefaces, drawn_with
from governance.packs.seal.attach import MANIFEST, REGISTRY, Attachment, EmbeddedFile, embed
from governance.packs.seal.manifest import manifest, pack_hash

VARIANT: Final = "pdf/a-3a"
_STYLE: Final = "asset:pack.css"

log = logging.getLogger(__name__)


class RefusedFetchError(ValueError):
    """The document asked for something that is not part of the pack."""


class PackFetcher(URLFetcher):  # type: ignore[misc] # WeasyPrint carries no types
    """Serves `asset:` names from memory; every other address is refused and the refusal is logged."""

    def __init__(self, assets: Mapping[str, tuple[bytes, str]]) -> None:
        super().__init__(allowed_protocols=())
        self._assets = assets

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The asset of this name as a response; raises RefusedFetchError for anything else."""
        if url not in self._assets:
            log.warning("The pack renderer refused to fetch %.80r.", url)
            raise RefusedFetchError(f"A pack may not fetch {url!r}.")
        data, media_type = self._assets[url]
        return URLFetcherResponse(url, data, {"Content-Type": media_type})


@dataclass(frozen=True, slots=True)
class RenderedPack:
    """An unsigned pack: the PDF, its pack hash, its pages, what could not be embedded (reference,
    reason), and what drew it, which is not in the PDF.
    """

    pdf: bytes
    pack_hash: str
    snapshot_sha256: str
    pages: int
    not_embedded: tuple[tuple[str, str], ...]
    drawn_with: str = ""


def render(
    pack: SystemPack, attachments: Sequence[Attachment] = (), *, certificate_sha256: str = ""
) -> RenderedPack:
    """Draw a pack as PDF/A-3a with its evidence files, records, trail and manifest embedded.

    `attachments` say where the bytes of the evidence items are; one that cannot be read becomes a gap.
    `certificate_sha256` is the fingerprint of the certificate that will sign the result.
    """
    asked = {item.reference for item in pack.evidence if item.sha256 and not item.not_embedded}
    complete, files = embed(pack, attachments)
    listing = manifest(complete, files, certificate_sha256=certificate_sha256)
    digest = pack_hash(listing)
    html = page_source(complete, digest, files, certificate_sha256)
    everything = sorted((*files, listing), key=lambda file: file.name)
    with patient_collector():
        pdf, pages, tools = draw(complete.meta.as_of, html, everything, digest)
    lost = tuple(
        (item.reference, item.not_embedded)
        for item in complete.evidence
        if item.reference in asked and not item.attachment
    )
    return RenderedPack(pdf, digest, complete.sha256(), pages, lost, tools)


def render_in_process(
    snapshot_json: bytes, attachments: Sequence[Attachment] = (), certificate_sha256: str = ""
) -> RenderedPack:
    """`render` for a process pool: takes and returns only values that can be pickled."""
    return render(from_json(snapshot_json), attachments, certificate_sha256=certificate_sha256)


def page_source(
    pack: SystemPack, digest: str, files: Sequence[EmbeddedFile], certificate_sha256: str = ""
) -> str:
    """The HTML of a pack, before layout. `digest` is the pack hash, `files` what will be embedded."""
    presenter = present.Presenter(printed_references(pack))
    summary = summarise(pack)
    assessment = current_assessment(pack)
    pictures = {
        "readiness": figures.readiness(summary),
        "findings": figures.findings(summary),
        "levels": figures.levels(summary),
        "red_lines": figures.red_lines(summary),
        "signatures": figures.signatures(summary),
        "stages": figures.stages(pack),
        "matrix": figures.matrix(assessment) if assessment else "",
        "qr": figures.qr(f"{pack.meta.reference} sha256:{digest}", f"Pack hash {digest}"),
    }
    template = environment(presenter).get_template("system.html")
    return template.render(
        pack=pack,
        meta=pack.meta,
        system=pack.identity,
        summary=summary,
        assessment=assessment,
        sections=SECTIONS,
        facts_of={entry.section: entry.facts for entry in pack.facts},
        blocks_of=figures.blocks_by_section(pack),
        took_part=figures.took_part,
        # The figures are our own SVG; charts.py escapes every label in them.
        pictures={name: Markup(picture) for name, picture in pictures.items()},  # noqa: S704
        pack_hash=digest,
        certificate_sha256=certificate_sha256,
        files=sorted(files, key=lambda file: file.name),
        registry_name=REGISTRY,
        manifest_name=MANIFEST,
    )


def draw(as_of: datetime, html: str, files: Sequence[EmbeddedFile], digest: str) -> tuple[bytes, int, str]:
    """Lay out and write the PDF; gives back its bytes, the number of pages and what drew it. `digest` is the pack hash."""
    assets: dict[str, tuple[bytes, str]] = {
        _STYLE: ((templates_dir() / "packs" / "pack.css").read_bytes(), "text/css")
    }
    attached = []
    fetcher = PackFetcher(assets)
    for number, file in enumerate(files):
        # By address rather than as bytes: only so does WeasyPrint take over the media type.
        address = f"asset:file-{number}"
        assets[address] = (file.data, file.media_type)
        attached.append(
            weasyprint.Attachment(
                url=address,
                url_fetcher=fetcher,
                name=file.name,
                description=file.description,
                created=as_of,
                modified=as_of,
                relationship=file.relationship,
            )
        )
    options = {"pdf_variant": VARIANT, "pdf_identifier": bytes.fromhex(digest[:32])}
    document = weasyprint.HTML(string=drawn_alike(html), url_fetcher=fetcher).render(
        font_config=Typefaces(), **options
    )
    with warnings.catch_warnings():
        # WeasyPrint 70 leaves the file of its colour profile open until it is collected.
        warnings.simplefilter("ignore", ResourceWarning)
        pdf: bytes = document.write_pdf(attachments=attached, finisher=_list_files_once, **options)
    return pdf, len(document.pages), drawn_with(document)


def _list_files_once(_document: object, pdf: Any) -> None:
    """WeasyPrint 70 names every embedded file twice in the catalogue's AF array; once is right."""
    files = pdf.catalog.get("AF")
    if files:
        pdf.catalog["AF"] = type(files)(dict.fromkeys(files))


@contextmanager
def patient_collector() -> Iterator[None]:
    """Fewer runs of the garbage collector during layout, which keeps nearly everything that it allocates.

    Measured on a pack of 98 pages: 0.83 of the processor time.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
