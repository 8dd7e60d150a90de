"""A system's part of a management-system pack: its snapshot without what changes from pack to pack, and its cache key.

A pack of its own prints the tree head and the reference of the pack, which no two packs share. The part leaves both to
the bag, where they stand once; so it is the same for as long as nothing that it shows has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from governance.core.canonical import canonical, sha256_hex
from governance.core.hidden import safe_file_name
from governance.core.paths import templates_dir
from governance.packs.content.assurance import EvidenceItem
from governance.packs.content.summary import findings_by_age
from governance.packs.content.system_pack import Gap, SystemPack
from governance.packs.content.tools import tools

EVIDENCE: Final = "data/evidence/"
_NO_MOMENT: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What draws: a new release of any of them may break lines elsewhere.
_LIBRARIES: Final = ("weasyprint", "pydyf", "tinycss2", "tinyhtml5", "fonttools", "jinja2", "segno")
_DRAWS: Final = ("packs", "core")


def part_of(pack: SystemPack, unreadable: Mapping[str, str]) -> SystemPack:
    """The part: the snapshot without pack reference, asker, tree head and proofs; its evidence files stand in the bag.

    `unreadable` says, by reference, why an evidence file cannot be in the bag; each becomes a gap of the part.
    """
    meta = replace(pack.meta, reference=pack.identity.reference, generated_by="AIMS Registry")
    lost = tuple(
        missing_file(item, unreadable[item.reference])
        for item in pack.evidence
        if item.reference in unreadable
    )
    return replace(
        pack,
        meta=replace(meta, status="draft" if lost else meta.status),
        evidence=tuple(
            replace(item, not_embedded=unreadable.get(item.reference) or evidence_path(item))
            if item.sha256
            else item
            for item in pack.evidence
        ),
        gaps=pack.gaps + lost,
        trail=tuple(replace(event, inclusion_proof=()) for event in pack.trail),
        checkpoint=None,
    )


def evidence_path(item: EvidenceItem) -> str:
    """Where the file of an evidence item stands in a bag; the reference keeps two files of one name apart."""
    return f"{EVIDENCE}{item.reference} {safe_file_name(item.filename)}"


def part_key(part: SystemPack, certificate_sha256: str) -> str:
    """The key that a drawn part is kept under: its content, what draws it, and who seals it.

    The moment itself is left out, so that a part drawn last month is found; what the moment changes on the pages (the
    ages of findings) is in.
    """
    day = part.meta.as_of.astimezone(UTC).date()
    timeless = replace(part, meta=replace(part.meta, as_of=_NO_MOMENT))
    ages = [[label, major, other] for label, major, other in findings_by_age(part.findings, day)]
    return sha256_hex(timeless.to_json() + canonical([ages, certificate_sha256, renderer_version()]))


@cache
def renderer_version() -> str:
    """SHA-256 over everything that makes pages out of a snapshot: our modules, templates and fonts, and the libraries.

    Those of the system, too: after an update of Pango lines may break elsewhere.
    """
    package = Path(__file__).resolve().parents[2]
    files = [path for room in _DRAWS for path in (package / room).rglob("*.py")]
    files += [path for path in (templates_dir() / "packs").rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.as_posix()):
        digest.update(f"{path.name}\n{sha256_hex(path.read_bytes())}\n".encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    digest.update("\n".join(tools()).encode())
    return digest.hexdigest()


def missing_file(item: EvidenceItem, problem: str) -> Gap:
    """The gap of an evidence file that is not in the bag."""
    return Gap(
        check_id="packs.evidence_not_in_bag",
        clause="7.5.3",
        severity="major",
        title=f"{item.reference} ({item.title}) is not in the bag: {problem}",
        where=item.reference,
        section=19,
    )
