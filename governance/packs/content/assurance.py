"""What a pack says about assurance: red lines, risks, consultations, audits, sign-offs, evidence, trail.

Texts are plain strings as a reader should see them; times are aware UTC datetimes; hashes are lower-case
hexadecimal SHA-256; an unknown value is None or an empty string.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRecord:
    """A record that evidences a control."""

    reference: str
    title: str = ""
    state: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTrace:
    """One control or clause and what evidences it (section 3). `gap` in words when something is missing."""

    control: str
    title: str
    group: str
    records: tuple[TraceRecord, ...] = ()
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLineCheck:
    """Attestation of the system against one red line (section 5)."""

    code: str
    statement: str
    result: Literal["passed", "breached", "inconclusive", "not checked"]
    in_date: bool
    method: str = ""
    performed_on: date | None = None
    valid_until: date | None = None
    performed_by: str = ""
    system_version: str = ""
    reference: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCriteria:
    """The scales in force: five labels each, and `matrix[severity - 1][likelihood - 1]` → level."""

    version: str
    likelihood: tuple[str, ...]
    severity: tuple[str, ...]
    matrix: tuple[tuple[str, ...], ...]
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskScore:
    """Likelihood and severity, both 1–5, and the level that the criteria make of them."""

    likelihood: int
    severity: int
    level: str
    dimension: str = ""
    basis: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What is done about a risk."""

    option: str
    action: str
    reference: str = ""
    controls: tuple[str, ...] = ()
    owner: str = ""
    due_on: date | None = None
    done_on: date | None = None
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Who accepted what remains, and until when."""

    accepted_by: str
    role: str
    accepted_at: datetime
    expires_on: date | None
    state: Literal["in force", "expired", "stale", "withdrawn"]
    sign_off: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One risk of an assessment (section 6)."""

    reference: str
    title: str
    source: str = ""
    event: str = ""
    consequence: str = ""
    affected_groups: tuple[str, ...] = ()
    owner: str = ""
    state: str = ""
    inherent: RiskScore | None = None
    residual: RiskScore | None = None
    existing_controls: tuple[str, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    acceptance: Acceptance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAssessment:
    """A risk assessment with its risks; superseded revisions come without risks."""

    reference: str
    revision: int
    state: str
    title: str = ""
    scope: str = ""
    method: str = ""
    system_version: str = ""
    assessor: str = ""
    started_on: date | None = None
    approved_by: str = ""
    approved_at: datetime | None = None
    next_review_on: date | None = None
    content_sha256: str = ""
    criteria: RiskCriteria | None = None
    risks: tuple[Risk, ...] = ()
    sign_offs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHeard:
    """An interested party in a consultation; counts are people or organisations, None when not kept."""

    name: str
    reference: str = ""
    how_reached: str = ""
    vulnerable: bool | None = None
    invited: int | None = None
    took_part: int | None = None
    share_of_invited: str = ""
    share_of_group: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A concern heard and what became of it. `raised_by` names a group, never a person."""

    text: str
    reference: str = ""
    raised_by: str = ""
    value: str = ""
    disposition: str = ""
    reason: str = ""
    change: str = ""
    change_reference: str = ""
    severity: int | None = None
    touches_red_line: bool = False
    minority_view: bool = False
    merged_into: str = ""
    escalation: str = ""
    decided_by: str = ""
    decided_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """A consultation of people affected (section 8)."""

    reference: str
    title: str
    state: str
    purpose: str = ""
    method: str = ""
    level: str = ""
    owner: str = ""
    facilitator: str = ""
    facilitator_independent: bool | None = None
    decision_it_can_change: str = ""
    informs_gate: str = ""
    late_because: str = ""
    questions: tuple[str, ...] = ()
    lawful_basis: str = ""
    anonymity: str = ""
    plan_approval: str = ""
    contributions: int | None = None
    contributions_withdrawn: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    groups: tuple[GroupHeard, ...] = ()
    representativeness: str = ""
    missing_voices: str = ""
    concerns: tuple[Concern, ...] = ()
    feedback: str = ""
    feedback_on: date | None = None
    content_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectiveAction:
    """A corrective action from containment to verified effectiveness (10.2)."""

    reference: str
    state: str
    correction: str = ""
    containment: str = ""
    root_cause: str = ""
    cause_class: str = ""
    why_not_detected: str = ""
    similar_cases: str = ""
    action: str = ""
    owner: str = ""
    first_due_on: date | None = None
    due_on: date | None = None
    done_on: date | None = None
    check_from: date | None = None
    effectiveness: str = ""
    verified_by: str = ""
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding of an audit, with its corrective actions."""

    reference: str
    title: str
    grade: str
    state: str
    audit: str = ""
    clause: str = ""
    requirements: tuple[str, ...] = ()
    repeats: str = ""
    statement: str = ""
    evidence: tuple[str, ...] = ()
    response: str = ""
    ruling: str = ""
    raised_on: date | None = None
    due_on: date | None = None
    closed_on: date | None = None
    actions: tuple[CorrectiveAction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit that touched the system (section 16); the counts are checklist questions.

    `requirements` are the clauses and controls that they are about.
    """

    reference: str
    title: str
    kind: str
    state: str
    criteria: str = ""
    scope: str = ""
    lead_auditor: str = ""
    independence: str = ""
    planned_on: date | None = None
    started_on: date | None = None
    closed_on: date | None = None
    questions: int = 0
    answered: int = 0
    conforms: int = 0
    conclusion: str = ""
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSchedule:
    """A recurring audit: the rule in words, the next occurrences, and those that are overdue."""

    reference: str
    title: str
    rule: str
    time_zone: str = "UTC"
    checklist: str = ""
    lead_auditor: str = ""
    next_on: tuple[date, ...] = ()
    overdue_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A signature: what was signed, by whom, how, and whether it still holds (section 17)."""

    reference: str
    meaning: str
    subject: str
    signer: str
    role: str
    state: str
    slot: str = ""
    subject_version: int | None = None
    signed_at: datetime | None = None
    method: str = ""
    content_sha256: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """One evidence item (section 19). `attachment` is its name inside the PDF, or empty with the reason."""

    reference: str
    title: str
    kind: str
    state: str
    filename: str = ""
    sha256: str = ""
    size: int | None = None
    media_type: str = ""
    owner: str = ""
    confidentiality: str = ""
    covers_from: date | None = None
    covers_to: date | None = None
    collected_on: date | None = None
    valid_until: date | None = None
    supports: tuple[str, ...] = ()
    attachment: str = ""
    not_embedded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEventLine:
    """One event of the audit trail (section 20).

    `index` is the leaf's position in the tree (from 0), `leaf` the exact text that was hashed
    (leaf_hash = SHA-256(0x00 ‖ UTF-8 of leaf), RFC 9162, 2.1.1) or None when it is withheld;
    `inclusion_proof` the sibling hashes from the leaf up to the checkpoint's root (RFC 9162, 2.1.3).
    """

    sequence: int
    index: int
    at: datetime
    actor: str
    verb: str
    subject: str
    leaf_hash: str
    changes: tuple[str, ...] = ()
    source: str = ""
    leaf: str | None = None
    inclusion_proof: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierHead:
    """The tree head of an earlier pack, with the proof that this one's trail goes on from it (RFC 9162, 2.1.4)."""

    tree_size: int
    root_hash: str
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Signed tree head. `text` is the whole signed note (C2SP tlog-checkpoint), or empty when unsigned.

    `keys` are the registry's verifier keys, oldest first, and `handovers` the notes that a retired key and the next one
    both signed.
    """

    tree_size: int
    root_hash: str
    origin: str = ""
    made_at: datetime | None = None
    text: str = ""
    earlier: tuple[EarlierHead, ...] = ()
    keys: tuple[str, ...] = ()
    handovers: tuple[str, ...] = ()
