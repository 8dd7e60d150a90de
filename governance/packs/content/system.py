"""What a pack says about the AI system itself: identity, classification, gates, versions, suppliers, claims.

Texts are plain strings as a reader should see them (labels, not codes). Times are aware UTC datetimes; an
unknown value is None or an empty string, an empty list an empty tuple: the renderer prints both in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalId:
    """The system's key in another inventory, so that a re-import finds it."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The inventory entry of one AI system (section 1)."""

    reference: str
    name: str
    record_version: int
    status: str
    stage: str
    stage_basis: Literal["gate", "declared"]
    marks: tuple[str, ...] = ()
    owner: str = ""
    technical_owner: str = ""
    unit: str = ""
    purpose: str = ""
    intended_use: str = ""
    excluded_uses: str = ""
    foreseeable_misuse: str = ""
    outputs: str = ""
    techniques: tuple[str, ...] = ()
    decision_effect: str = ""
    users: str = ""
    affected_groups: tuple[str, ...] = ()
    organisation_roles: tuple[str, ...] = ()
    sourcing: str = ""
    regions: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    interfaces: str = ""
    in_aims_scope: bool | None = None
    scope_reason: str = ""
    version_in_operation: str = ""
    operational_since: date | None = None
    next_review_on: date | None = None
    registered_at: datetime | None = None
    changed_at: datetime | None = None
    external_ids: tuple[ExternalId, ...] = ()
    content_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WizardAnswer:
    """One question of the EU AI Act wizard with the answer given and the article that it rests on."""

    question: str
    answer: str
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """EU AI Act class and the organisation's own tier, with everything that led there."""

    eu_class: str
    tier: str
    state: str
    rule_version: str = ""
    answers: tuple[WizardAnswer, ...] = ()
    tier_reasons: tuple[str, ...] = ()
    override_reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUse:
    """The data that the system uses, as far as the register keeps it (section 9)."""

    categories: tuple[str, ...] = ()
    personal_data: bool | None = None
    special_categories: tuple[str, ...] = ()
    demographic_features: tuple[str, ...] = ()
    provenance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """How people stay in charge (section 12)."""

    mode: str = ""
    description: str = ""
    fallback: str = ""
    appeal_route: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEntry:
    """A stretch of the life cycle; `left_on` None means that the system is still there (timeline, section
    1).
    """

    stage: str
    entered_on: date
    left_on: date | None = None
    basis: Literal["gate", "declared"] = "gate"
    gate_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateItem:
    """One required item of a gate with the answer frozen at the decision."""

    check_id: str
    clause: str
    title: str
    state: Literal["passed", "missing", "waived", "not applicable"]
    reason: str = ""
    blocker: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A signed exception, limited in time, that let a missing item pass."""

    reference: str
    item: str
    reason: str
    compensating_measure: str
    signed_by: tuple[str, ...]
    signed_at: datetime | None
    expires_on: date
    state: Literal["in force", "expired", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisHash:
    """A record that a decision relied on, with the SHA-256 of its content at that moment."""

    reference: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One attempt at a life-cycle gate, or a gate that is still ahead (section 4)."""

    code: str
    name: str
    from_stage: str
    to_stage: str
    state: Literal["passed", "passed with waiver", "refused", "open", "not requested"]
    reference: str = ""
    requested_by: str = ""
    requested_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    conditions: str = ""
    items: tuple[GateItem, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    sign_offs: tuple[str, ...] = ()
    basis: tuple[BasisHash, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemVersion:
    """One version of the system (section 18)."""

    label: str
    reference: str = ""
    released_on: date | None = None
    in_operation_from: date | None = None
    in_operation_to: date | None = None
    change: str = ""
    material: bool | None = None
    link: str = ""
    artefact_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A third party and what it is answerable for (section 14)."""

    name: str
    reference: str = ""
    supplies: str = ""
    contract_reference: str = ""
    duties: str = ""
    state: str = ""
    assessed_on: date | None = None
    next_review_on: date | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredClaim:
    """What an imported inventory asserted; nobody here has verified it, and it passes no gate.

    `section` is the number of the pack section that it belongs to; `row` counts as in the source file.
    """

    topic: str
    answer: str
    section: int
    wording: str = ""
    column: str = ""
    source_file: str = ""
    row: int | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled value for a section that has no table of its own yet."""

    label: str
    value: str
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionFacts:
    """Facts for one section by its catalogue number."""

    section: int
    facts: tuple[Fact, ...]
