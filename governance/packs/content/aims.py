"""What the pack of a whole management system says of itself, as one frozen value: data/registry.json and index.pdf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from governance.core.canonical import canonical, sha256_hex
from governance.packs.content.assurance import Checkpoint
from governance.packs.content.blocks import RecordBlock
from governance.packs.content.system_pack import Gap, PackMeta

SCHEMA: Final = "aims-management-system-pack/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLine:
    """A system of the pack with its part. `as_of` is the moment the part was drawn; nothing in it has changed since."""

    reference: str
    name: str
    status: str
    stage: str
    tier: str
    owner: str
    draft: bool
    critical: int
    major: int
    minor: int
    file: str
    file_sha256: str
    snapshot_sha256: str
    pages: int
    as_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """An evidence item of the pack; `file` is empty with the reason in `missing`, or for a link."""

    reference: str
    title: str
    file: str
    file_sha256: str
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCount:
    """A question that systems of this pack fail: how many, and the first of them."""

    check_id: str
    clause: str
    severity: str
    title: str
    count: int
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AimsPack:
    """Everything that the index prints."""

    meta: PackMeta
    selection: str
    blocks: tuple[RecordBlock, ...]
    systems: tuple[SystemLine, ...]
    evidence: tuple[EvidenceLine, ...]
    unreadable: tuple[Gap, ...]
    gaps: tuple[GapCount, ...]
    checkpoint: Checkpoint
    schema: str = SCHEMA

    def to_json(self) -> bytes:
        """Canonical JSON (RFC 8785): exactly the bytes of data/registry.json."""
        return canonical(self)

    def sha256(self) -> str:
        """Hash of `to_json()`, printed on the cover and in every footer of the index."""
        return sha256_hex(self.to_json())


_READER: Final[TypeAdapter[AimsPack]] = TypeAdapter(AimsPack)


def aims_from_json(data: bytes) -> AimsPack:
    """Read `to_json()` back. Raises pydantic's ValidationError if it is something else."""
    return _READER.validate_json(data)
