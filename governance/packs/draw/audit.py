"""The pack of one audit: its snapshot and evidence files in, PDF/A-3a out; knows neither the database nor the web framework."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from governance.core.charts import Bar, Part, bars
from governance.packs.content.audit import AuditFile, audit_from_json
from governance.packs.content.audit_sections import AUDIT_SECTIONS
from governance.packs.draw import figures, present
from governance.packs.draw.source import environment
from governance.packs.draw.system import RenderedPack, draw, patient_collector
from governance.packs.seal.attach import MANIFEST, REGISTRY, Attachment, EmbeddedFile, embed
from governance.packs.seal.manifest import manifest, pack_hash

VERDICTS: Final = (
    "conforms", "minor", "major", "observation", "opportunity", "not applicable", "not audited", "not answered",
)  # fmt: skip
_KIND: Final = {"conforms": "met", "minor": "missing", "major": "missing", "not answered": "waived"}


def render_audit(
    pack: AuditFile, attachments: Sequence[Attachment] = (), *, certificate_sha256: str = ""
) -> RenderedPack:
    """Draw an audit's pack as PDF/A-3a with its evidence files, records, trail and manifest embedded.

    Deterministic and without any way out, as `render` is; an evidence file that cannot be read becomes a gap.
    """
    complete, files = embed(pack, attachments)
    listing = manifest(complete, files, certificate_sha256=certificate_sha256)
    digest = pack_hash(listing)
    html = audit_source(complete, digest, files, certificate_sha256)
    everything = sorted((*files, listing), key=lambda file: file.name)
    with patient_collector():
        pdf, pages, tools = draw(complete.meta.as_of, html, everything, digest)
    wanted = {item.reference for item in pack.evidence if item.sha256 and not item.not_embedded}
    lost = tuple(
        (item.reference, item.not_embedded)
        for item in complete.evidence
        if item.reference in wanted and not item.attachment
    )
    return RenderedPack(pdf, digest, complete.sha256(), pages, lost, tools)


def render_audit_in_process(
    snapshot_json: bytes, attachments: Sequence[Attachment] = (), certificate_sha256: str = ""
) -> RenderedPack:
    """`render_audit` for a process pool: takes and returns only values that can be pickled."""
    return render_audit(audit_from_json(snapshot_json), attachments, certificate_sha256=certificate_sha256)


def audit_source(
    pack: AuditFile, digest: str, files: Sequence[EmbeddedFile], certificate_sha256: str = ""
) -> str:
    """The HTML of an audit's pack, before layout. `digest` is the pack hash, `files` what will be embedded."""
    presenter = present.Presenter(reference for reference in _printed(pack) if reference)
    counts = verdicts(pack)
    pictures = {
        "verdicts": _bars(counts),
        "qr": figures.qr(f"{pack.meta.reference} sha256:{digest}", f"Pack hash {digest}"),
    }
    return environment(presenter).get_template("audit.html").render(
        pack=pack,
        meta=pack.meta,
        audit=pack.identity,
        system=pack.identity,
        sections=AUDIT_SECTIONS,
        verdicts=counts,
        # The figures are our own SVG; charts.py escapes every label in them.
        pictures={name: Markup(picture) for name, picture in pictures.items()},  # noqa: S704
        pack_hash=digest,
        certificate_sha256=certificate_sha256,
        files=sorted(files, key=lambda file: file.name),
        registry_name=REGISTRY,
        manifest_name=MANIFEST,
        facts_of={},
        blocks_of={},
    )  # fmt: skip


def verdicts(pack: AuditFile) -> tuple[tuple[str, int], ...]:
    """How many questions have which verdict; a verdict that nobody gave is left out."""
    counts = Counter(item.verdict or "not answered" for item in pack.answers)
    return tuple((verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict])


def _bars(counts: Sequence[tuple[str, int]]) -> str:
    rows = [
        Bar(label=verdict, parts=(Part(count, _KIND.get(verdict, "waived"), verdict),), note=str(count))
        for verdict, count in counts
    ]
    desc = "; ".join(f"{row.label}: {row.note}" for row in rows)
    return bars(rows, title="Answers by verdict", desc=desc, width=650, label_width=120) if rows else ""


def _printed(pack: AuditFile) -> Iterator[str]:
    """The references that have a place of their own in this pack."""
    yield pack.identity.reference
    if pack.programme:
        yield pack.programme.reference
    for records in (pack.systems, pack.findings, pack.actions, pack.cited, pack.sign_offs, pack.evidence):
        yield from (record.reference for record in records)
    for member in pack.members:
        yield from (item.reference for item in member.competence)
