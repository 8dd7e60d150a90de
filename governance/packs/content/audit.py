"""The whole content of the pack of one audit, as one frozen value that becomes registry.json.

Texts are plain strings as a reader should see them; times are aware UTC datetimes; an unknown value is None or an empty
string. Nothing here imports the database or the web framework.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from governance.core.canonical import canonical, sha256_hex
from governance.packs.content.assurance import Checkpoint, EvidenceItem, SignOff, TrailEventLine
from governance.packs.content.system_pack import (
    Gap,
    NextDate,
    PackMeta,
    Redaction,
    SystemPack,
    UnreadableSnapshotError,
    from_json,
)

SCHEMA: Final = "aims-audit-pack/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The entry of the audit programme that made the audit: its rule in words and its next days."""

    reference: str
    title: str
    state: str
    rule: str
    time_zone: str
    starts_on: date
    scope: str
    lead_days: int
    grace_days: int
    working_days: str
    catch_up: str
    follows_tier: bool = False
    next_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedSystem:
    """An AI system in the scope of the audit, as the register has it at the cut-off."""

    reference: str
    name: str
    status: str
    stage: str
    tier: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditIdentity:
    """The audit itself: what, why, against what, when, and with what conclusion."""

    reference: str
    name: str
    record_version: int
    kind: str
    state: str
    state_reason: str = ""
    client: str = ""
    lead_auditor: str = ""
    objectives: str = ""
    criteria: tuple[str, ...] = ()
    scope: str = ""
    method: str = ""
    checklist: str = ""
    checklist_sha256: str = ""
    occurs_on: date | None = None
    due_on: date | None = None
    grace_until: date | None = None
    made_late: bool = False
    held_from: date | None = None
    held_until: date | None = None
    announced_at: datetime | None = None
    announcement: str = ""
    started_at: datetime | None = None
    reported_at: datetime | None = None
    closed_at: datetime | None = None
    conclusion: str = ""
    content_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """A training record that showed an auditor's competence on the day of the audit."""

    reference: str
    competence: str
    kind: str
    state: str
    completed_on: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person who took part, in which role, what they stated about their impartiality and when."""

    name: str
    role: str
    must_be_independent: bool
    statement: str = ""
    attested_at: datetime | None = None
    competence: tuple[Competence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensation:
    """Why somebody audited who is not fully independent, and what the person found who looked over their work."""

    auditor: str
    objection: str
    reason: str
    reviewer: str
    arranged_by: str
    arranged_at: datetime
    reviewed_at: datetime | None = None
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question of the checklist with its answer; `finding` is what it led to."""

    position: int
    question_id: str
    question: str
    requirements: tuple[str, ...]
    wanted: str
    verdict: str = ""
    note: str = ""
    evidence: tuple[str, ...] = ()
    answered_by: str = ""
    answered_at: datetime | None = None
    finding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleItem:
    """A record that was drawn, and what it showed."""

    reference: str
    result: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSample:
    """A sample with everything that drawing it again needs."""

    number: int
    purpose: str
    kind: str
    in_state: str
    since: date | None
    population: tuple[str, ...]
    population_sha256: str
    seed: str
    items: tuple[SampleItem, ...]
    drawn_by: str
    drawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A corrective action from containment to its verified effect (10.2)."""

    reference: str
    title: str
    finding: str
    state: str
    correction: str = ""
    containment: str = ""
    contained_on: date | None = None
    whys: str = ""
    root_cause: str = ""
    cause_method: str = ""
    cause_class: str = ""
    why_not_detected: str = ""
    similar_cases: str = ""
    cause_agreed_on: date | None = None
    action: str = ""
    owner: str = ""
    due_on: date | None = None
    planned_on: date | None = None
    first_due_on: date | None = None
    extensions: tuple[str, ...] = ()
    done_on: date | None = None
    done_by: str = ""
    done_note: str = ""
    effective_if: str = ""
    check_from: date | None = None
    times_reopened: int = 0
    effect: str = ""
    verified_by: str = ""
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """A finding: requirement, evidence, gap, grade with its reason, and the response of those who were audited."""

    reference: str
    title: str
    grade: str
    grade_reason: str
    state: str
    state_reason: str
    criterion: str
    evidence: str
    gap: str
    question: str = ""
    system: str = ""
    owner: str = ""
    requirements: tuple[str, ...] = ()
    response: str = ""
    ruling: str = ""
    repeats: str = ""
    raised_on: date | None = None
    due_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedRecord:
    """A record that an answer cites as evidence, with the hash of its content at the cut-off."""

    reference: str
    title: str
    kind: str
    state: str
    record_version: int
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of the report: for whom, since when, and when they confirmed having read it."""

    name: str
    sent_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFile:
    """Everything that the pack of one audit contains, as of one moment."""

    EVIDENCE_SECTION: ClassVar[int] = 10

    meta: PackMeta
    identity: AuditIdentity
    programme: Programme | None = None
    systems: tuple[ScopedSystem, ...] = ()
    members: tuple[Member, ...] = ()
    compensations: tuple[Compensation, ...] = ()
    answers: tuple[Answer, ...] = ()
    samples: tuple[DrawnSample, ...] = ()
    findings: tuple[AuditFinding, ...] = ()
    actions: tuple[FollowUp, ...] = ()
    copies: tuple[Copy, ...] = ()
    next_dates: tuple[NextDate, ...] = ()
    cited: tuple[CitedRecord, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    gaps: tuple[Gap, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    trail: tuple[TrailEventLine, ...] = ()
    checkpoint: Checkpoint | None = None
    schema: str = SCHEMA

    def to_json(self) -> bytes:
        """The pack as canonical JSON (RFC 8785, UTF-8): exactly the bytes of registry.json."""
        return canonical(self)

    def sha256(self) -> str:
        """Hash of `to_json()`, an entry of the manifest."""
        return sha256_hex(self.to_json())


AnyPack = TypeVar("AnyPack", SystemPack, AuditFile)
_READER: Final[TypeAdapter[AuditFile]] = TypeAdapter(AuditFile)


def json_schema() -> bytes:
    """JSON Schema (2020-12) of an audit pack's registry.json: docs/audit-pack.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA}",
        **_READER.json_schema(),
    }
    return json.dumps(schema, indent=1, sort_keys=True).encode() + b"\n"


def audit_from_json(data: bytes) -> AuditFile:
    """Read an audit pack's `to_json()` back. Raises UnreadableSnapshotError when a field is missing or of the wrong type."""
    try:
        return _READER.validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(whole document)"
        raise UnreadableSnapshotError(
            f"registry.json does not fit {SCHEMA}: {field}: {first['msg']}"
        ) from error


def pack_from_json(data: bytes) -> SystemPack | AuditFile:
    """The registry.json of a system's or an audit's pack. Raises UnreadableSnapshotError."""
    content = json.loads(data)
    says = content.get("schema") if isinstance(content, dict) else None
    return audit_from_json(data) if says == SCHEMA else from_json(data)
