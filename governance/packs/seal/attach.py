"""The files inside the PDF: evidence read and checked, records as JSON, the trail and its checkpoint."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from governance.core.canonical import canonical, sha256_hex
from governance.core.hidden import safe_file_name, safe_media_type, visible
from governance.packs.content.assurance import Checkpoint, EvidenceItem, TrailEventLine
from governance.packs.content.audit import AnyPack, AuditFile
from governance.packs.content.system_pack import Gap, SystemPack

REGISTRY: Final = "registry.json"
MANIFEST: Final = "manifest.json"
TRAIL: Final = "trail.jsonl"
CHECKPOINT: Final = "checkpoint.txt"

LARGEST_FILE: Final = 50_000_000
LARGEST_TOTAL: Final = 250_000_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where the bytes of one evidence item come from: given as they are, or read from a file when needed."""

    reference: str
    data: bytes | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file as it goes into the PDF; `relationship` is its AFRelationship (ISO 32000-2, 7.11.3)."""

    name: str
    data: bytes
    media_type: str
    relationship: str
    description: str
    reference: str = ""


def embed(pack: AnyPack, attachments: Sequence[Attachment]) -> tuple[AnyPack, tuple[EmbeddedFile, ...]]:
    """Read the evidence files; give back the pack that says what is embedded, and all files but the manifest.

    An item whose file is absent, unreadable, too large, or not the one that was registered (another
    SHA-256) stays in the index with the reason, and the reason is also a gap in section 2.
    """
    sources = {attachment.reference: attachment for attachment in attachments}
    items: list[EvidenceItem] = []
    files: list[EmbeddedFile] = []
    gaps: list[Gap] = []
    room = LARGEST_TOTAL
    for item in pack.evidence:
        if item.not_embedded or not item.sha256:
            items.append(replace(item, attachment="", not_embedded=item.not_embedded or "it is not a file"))
            continue
        data, problem = _read(item, sources, room)
        if data is None:
            items.append(replace(item, attachment="", not_embedded=problem))
            gaps.append(_gap(item, problem, pack.EVIDENCE_SECTION))
            continue
        room -= len(data)
        name = f"{item.reference} {safe_file_name(item.filename)}"
        items.append(replace(item, attachment=name))
        media_type = safe_media_type(item.media_type)
        description = visible(item.title)
        files.append(EmbeddedFile(name, data, media_type, "Supplement", description, item.reference))
    complete: AnyPack = replace(pack, evidence=tuple(items), gaps=pack.gaps + tuple(gaps))
    return complete, (*files, *record_files(complete))


def record_files(pack: SystemPack | AuditFile) -> tuple[EmbeddedFile, ...]:
    """registry.json, trail.jsonl and checkpoint.txt of a pack."""
    files = [
        EmbeddedFile(
            REGISTRY, pack.to_json(), "application/json", "Data", "Everything printed here, as canonical JSON"
        )
    ]
    if pack.trail:
        lines = b"".join(trail_line(event) + b"\n" for event in pack.trail)
        files.append(
            EmbeddedFile(
                TRAIL, lines, "application/jsonl", "Data", "Events of the audit trail with inclusion proofs"
            )
        )
    if pack.checkpoint:
        text = checkpoint_text(pack.checkpoint).encode()
        files.append(
            EmbeddedFile(CHECKPOINT, text, "text/plain", "Data", "Tree head that the proofs lead to")
        )
    return tuple(files)


def trail_line(event: TrailEventLine) -> bytes:
    """One line of trail.jsonl: the hashed text of the event and the way from its leaf to the root."""
    return canonical(
        {
            "sequence": event.sequence,
            "index": event.index,
            "leaf": event.leaf,
            "leaf_hash": event.leaf_hash,
            "inclusion_proof": event.inclusion_proof,
        }
    )


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The signed note, or the same three lines unsigned: origin, tree size, root in base64 (C2SP tlog-
    checkpoint).
    """
    if checkpoint.text:
        return checkpoint.text
    root = base64.b64encode(bytes.fromhex(checkpoint.root_hash)).decode()
    return f"{checkpoint.origin}\n{checkpoint.tree_size}\n{root}\n"


def _read(item: EvidenceItem, sources: Mapping[str, Attachment], room: int) -> tuple[bytes | None, str]:
    """The bytes of an item, or None and the reason why it cannot be embedded."""
    source = sources.get(item.reference)
    if source is None:
        return None, "the file is not in the evidence store"
    limit = min(LARGEST_FILE, room)
    if item.size is not None and item.size > limit:
        return None, f"at {item.size} bytes it is beyond the limit of this pack; ask for it by its SHA-256"
    try:
        data = source.data if source.data is not None else (source.path or Path()).read_bytes()
    except OSError as error:
        return None, f"the file cannot be read ({error.strerror or type(error).__name__})"
    if len(data) > limit:
        return None, f"at {len(data)} bytes it is beyond the limit of this pack; ask for it by its SHA-256"
    if sha256_hex(data) != item.sha256:
        return None, "the stored file is not the one that was registered: its SHA-256 differs"
    return data, ""


def _gap(item: EvidenceItem, problem: str, section: int) -> Gap:
    return Gap(
        check_id="packs.evidence_not_embedded",
        clause="7.5.3",
        severity="major",
        title=f"{item.reference} ({item.title}) could not be embedded: {problem}",
        where=item.reference,
        section=section,
    )
