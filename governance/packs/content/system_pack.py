"""The whole content of an evidence pack of one AI system, as one frozen value that becomes registry.json.

A collector fills `SystemPack` from the database; everything after that (render, seal, verify) needs only
this value. Nothing here imports the database or the web framework.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final, Literal

from pydantic import TypeAdapter, ValidationError

from governance.core.canonical import canonical, sha256_hex
from governance.packs.content.assurance import (
    Audit,
    AuditSchedule,
    Checkpoint,
    Consultation,
    ControlTrace,
    EvidenceItem,
    Finding,
    RedLineCheck,
    RiskAssessment,
    SignOff,
    TrailEventLine,
)
from governance.packs.content.blocks import RecordBlock
from governance.packs.content.system import (
    Classification,
    DataUse,
    DeclaredClaim,
    Gate,
    Identity,
    Oversight,
    SectionFacts,
    StageEntry,
    Supplier,
    SystemVersion,
)

SCHEMA: Final = "aims-system-pack/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackMeta:
    """Front matter. The moment of rendering is left out on purpose: the same cut-off must give the same
    hash.
    """

    reference: str
    organisation: str
    as_of: datetime
    generated_by: str
    software_version: str
    status: Literal["draft", "final"] = "draft"
    confidentiality: str = "Confidential"
    recipient: str = ""
    purpose: str = ""
    scope_statement_version: str = ""
    predecessor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that is missing or expired: what a check reported, in words (section 2).

    `where` names the record or page that mends it; `section` is the pack section where its subject is
    printed.
    """

    check_id: str
    clause: str
    severity: str
    title: str
    where: str = ""
    section: int = 2
    mandatory: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaReadiness:
    """Answers of the checks of one area or control group: counts of checks."""

    area: str
    met: int
    missing: int
    waived: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDate:
    """A date that somebody has to keep."""

    on: date
    what: str
    reference: str = ""
    state: Literal["upcoming", "overdue"] = "upcoming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Something left out of the pack, with the reason (personal data, or not visible to the exporter)."""

    reference: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPack:
    """Everything that an evidence pack of one AI system contains, as of one moment."""

    EVIDENCE_SECTION: ClassVar[int] = 19

    meta: PackMeta
    identity: Identity
    classification: Classification | None
    data_use: DataUse
    oversight: Oversight
    stages: tuple[StageEntry, ...] = ()
    gaps: tuple[Gap, ...] = ()
    areas: tuple[AreaReadiness, ...] = ()
    next_dates: tuple[NextDate, ...] = ()
    controls: tuple[ControlTrace, ...] = ()
    gates: tuple[Gate, ...] = ()
    red_lines: tuple[RedLineCheck, ...] = ()
    assessments: tuple[RiskAssessment, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    claims: tuple[DeclaredClaim, ...] = ()
    facts: tuple[SectionFacts, ...] = ()
    audits: tuple[Audit, ...] = ()
    findings: tuple[Finding, ...] = ()
    schedules: tuple[AuditSchedule, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    versions: tuple[SystemVersion, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    trail: tuple[TrailEventLine, ...] = ()
    checkpoint: Checkpoint | None = None
    redactions: tuple[Redaction, ...] = ()
    blocks: tuple[RecordBlock, ...] = ()
    schema: str = SCHEMA

    def to_json(self) -> bytes:
        """The pack as canonical JSON (RFC 8785, UTF-8): exactly the bytes of registry.json."""
        return canonical(self)

    def sha256(self) -> str:
        """Hash of `to_json()`: the cache key of a rendering and an entry of the manifest."""
        return sha256_hex(self.to_json())


_READER: Final[TypeAdapter[SystemPack]] = TypeAdapter(SystemPack)


class UnreadableSnapshotError(ValueError):
    """The JSON is not a system pack of this schema; the message names the first field that does not fit."""


def json_schema() -> bytes:
    """JSON Schema (2020-12) of registry.json, indented for readers: docs/registry.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA}",
        **_READER.json_schema(),
    }
    return json.dumps(schema, indent=1, sort_keys=True).encode() + b"\n"


def from_json(data: bytes) -> SystemPack:
    """Read `to_json()` back. Raises UnreadableSnapshotError when a field is missing or of the wrong type."""
    try:
        pack = _READER.validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(whole document)"
        raise UnreadableSnapshotError(
            f"registry.json does not fit {SCHEMA}: {field}: {first['msg']}"
        ) from error
    if pack.schema != SCHEMA:
        raise UnreadableSnapshotError(
            f"registry.json says schema {pack.schema!r}; this program reads {SCHEMA!r}."
        )
    return pack
