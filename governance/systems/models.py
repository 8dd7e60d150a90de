"""The register's tables: AI systems with their versions, classifications, gates and waivers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from governance.core.records import Base, Record
from governance.core.types import BigId, Choice, Json
from governance.systems.supplier_models import SystemSupplier


class Status(StrEnum):
    """Where a system stands in the register (field.md)."""

    DRAFT = "draft"
    REGISTERED = "registered"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"
    REJECTED = "rejected"


class Stage(StrEnum):
    """Life-cycle stage (ISO/IEC 22989)."""

    INCEPTION = "inception"
    DESIGN_DEVELOPMENT = "design_development"
    VERIFICATION_VALIDATION = "verification_validation"
    DEPLOYMENT = "deployment"
    OPERATION_MONITORING = "operation_monitoring"
    RETIREMENT = "retirement"


class StageBasis(StrEnum):
    """Why the registry believes the stage: a passed gate, or only somebody's declaration."""

    GATE = "gate"
    DECLARED = "declared"


class Tier(StrEnum):
    """The organisation's own risk tier; critical and high demand more."""

    CRITICAL = "critical"
    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"


class EuClass(StrEnum):
    """Class under Regulation (EU) 2024/1689."""

    PROHIBITED = "prohibited"
    HIGH_RISK_ANNEX_III = "high_risk_annex_iii"
    HIGH_RISK_ANNEX_I_A = "high_risk_annex_i_a"
    HIGH_RISK_ANNEX_I_B = "high_risk_annex_i_b"
    NOT_HIGH_RISK_BY_FILTER = "not_high_risk_by_filter"
    TRANSPARENCY = "transparency"
    MINIMAL = "minimal"
    OUT_OF_SCOPE = "out_of_scope"


class Oversight(StrEnum):
    """Human oversight mode."""

    IN_THE_LOOP = "in_the_loop"
    ON_THE_LOOP = "on_the_loop"
    OVER_THE_LOOP = "over_the_loop"
    NONE = "none"


class Autonomy(StrEnum):
    """What the system does by itself, and to whom (rows of the tier rule in config/risk.yaml)."""

    ACTS_ALONE_LEGAL_EFFECT = "acts_alone_legal_effect"
    ACTS_ALONE_MINOR_EFFECT = "acts_alone_minor_effect"
    HUMAN_DECIDES = "human_decides"
    ADVICE_ONLY = "advice_only"


class Sourcing(StrEnum):
    """Where the system comes from."""

    IN_HOUSE = "in_house"
    SUPPLIER = "supplier"
    OPEN_SOURCE = "open_source"
    MIXED = "mixed"


class Scope(StrEnum):
    """Whether the system is in the scope of the AI management system (ISO/IEC 42001, 4.3)."""

    UNDECIDED = "undecided"
    IN_SCOPE = "in_scope"
    OUT_OF_SCOPE = "out_of_scope"


class Answer(StrEnum):
    """Yes, no, or not known."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def _text() -> Mapped[str]:
    return mapped_column(default="", active_history=True)


def _texts() -> Mapped[list[str]]:
    return mapped_column(Json, default=list, active_history=True)


class AiSystem(Record):
    """An AI system: the governed unit. `title` is its name, `state` its status, `owner` the accountable owner."""

    __tablename__ = "ai_system"
    __table_args__ = (
        Index("ix_ai_system_stage", "stage", "tier"),
        Index("ix_ai_system_tier", "tier"),
        Index("ix_ai_system_unit", "unit"),
    )

    PREFIX = "SYS"
    NOUN = "AI system"
    PATH = "systems"
    FROZEN = frozenset({Status.RETIRED, Status.REJECTED})
    WAY_OUT = "A retired or rejected system stays as it was; register a new one."
    # Results of gates, wizards and reviews, not what a signature on the register entry binds.
    FREE = frozenset(
        {
            "stage",
            "stage_basis",
            "tier",
            "tier_override",
            "eu_class",
            "next_review_on",
            "under_reassessment",
            "suspended_because",
            "retired_on",
            "owner_accepted_at",
            "retain_until",
        }
    )
    SEARCHED = ("organisation", "unit", "intended_purpose", "external_ids")

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    description: Mapped[str] = _text()
    intended_purpose: Mapped[str] = _text()
    benefits: Mapped[str] = _text()
    excluded_uses: Mapped[str] = _text()
    outputs: Mapped[str] = _text()
    techniques: Mapped[list[str]] = _texts()
    organisation: Mapped[str] = mapped_column(String(200), default="", index=True, active_history=True)
    unit: Mapped[str] = _text()
    technical_owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), active_history=True)
    contact: Mapped[str] = _text()
    sector: Mapped[str] = _text()
    regions: Mapped[list[str]] = _texts()
    languages: Mapped[list[str]] = _texts()
    users: Mapped[str] = _text()
    affected_groups: Mapped[list[str]] = _texts()
    org_roles: Mapped[list[str]] = _texts()
    sourcing: Mapped[Sourcing | None] = mapped_column(Choice(Sourcing), active_history=True)
    human_oversight: Mapped[Oversight | None] = mapped_column(Choice(Oversight), active_history=True)
    autonomy: Mapped[Autonomy | None] = mapped_column(Choice(Autonomy), active_history=True)
    decision_effect: Mapped[str] = _text()
    fallback: Mapped[str] = _text()
    appeal_route: Mapped[str] = _text()
    data_description: Mapped[str] = _text()
    data_provenance: Mapped[str] = _text()
    personal_data: Mapped[Answer] = mapped_column(Choice(Answer), default=Answer.UNKNOWN, active_history=True)
    special_category_data: Mapped[Answer] = mapped_column(
        Choice(Answer), default=Answer.UNKNOWN, active_history=True
    )
    demographic_features: Mapped[list[str]] = _texts()
    interfaces: Mapped[str] = _text()
    operational_since: Mapped[str] = _text()
    retired_on: Mapped[str] = _text()
    external_ids: Mapped[list[str]] = _texts()
    links: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list, active_history=True)
    declared_class: Mapped[str] = mapped_column(String(60), default="", active_history=True)
    scope: Mapped[Scope] = mapped_column(Choice(Scope), default=Scope.UNDECIDED, active_history=True)
    scope_reason: Mapped[str] = _text()
    stage: Mapped[Stage] = mapped_column(Choice(Stage), default=Stage.INCEPTION, active_history=True)
    stage_basis: Mapped[StageBasis] = mapped_column(
        Choice(StageBasis), default=StageBasis.GATE, active_history=True
    )
    tier: Mapped[Tier | None] = mapped_column(Choice(Tier), active_history=True)
    tier_override: Mapped[str] = _text()
    eu_class: Mapped[EuClass | None] = mapped_column(Choice(EuClass), active_history=True)
    under_reassessment: Mapped[str] = _text()
    suspended_because: Mapped[str] = _text()
    next_review_on: Mapped[date | None] = mapped_column(active_history=True)
    owner_accepted_at: Mapped[datetime | None] = mapped_column(active_history=True)
    """When the accountable owner said that they answer for it; empty again after a change of owner (INV-SYS1)."""
    retain_until: Mapped[date | None] = mapped_column(active_history=True)
    """Until when its records are kept after retirement (INV-SYS6; EU AI Act, Art. 18: ten years for high-risk systems)."""

    versions: Mapped[list["SystemVersion"]] = relationship(
        back_populates="system", order_by="SystemVersion.number"
    )
    supplied: Mapped[list[SystemSupplier]] = relationship(back_populates="system", order_by=SystemSupplier.id)

    __mapper_args__ = {"polymorphic_identity": "ai_system"}

    @validates("owner_id")
    def _owner_has_to_accept(self, _: str, owner_id: int | None) -> int | None:
        if owner_id != self.owner_id:
            self.owner_accepted_at = None
        return owner_id

    @property
    def current_version(self) -> "SystemVersion | None":
        """The latest version that is not withdrawn."""
        kept = [version for version in self.versions if version.state is not VersionState.WITHDRAWN]
        return kept[-1] if kept else None


class VersionState(StrEnum):
    """Life of a system version; frozen content never changes (INV-VER1)."""

    DRAFT = "draft"
    FROZEN = "frozen"
    OPERATING = "operating"
    WITHDRAWN = "withdrawn"


class SystemVersion(Base):
    """An identified release or configuration of a system."""

    __tablename__ = "system_version"
    __table_args__ = (UniqueConstraint("system_id", "number"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    number: Mapped[int]
    label: Mapped[str] = mapped_column(String(100))
    state: Mapped[VersionState] = mapped_column(
        Choice(VersionState), default=VersionState.DRAFT, active_history=True
    )
    what_changed: Mapped[str] = mapped_column(default="")
    material: Mapped[bool] = mapped_column(default=False)
    artefact_hash: Mapped[str] = mapped_column(String(128), default="")
    link: Mapped[str] = mapped_column(default="")
    released_on: Mapped[date | None]
    frozen_at: Mapped[datetime | None]

    system: Mapped[AiSystem] = relationship(back_populates="versions")

    def whole(self) -> Record:
        """The system."""
        return self.system


class ClassificationState(StrEnum):
    """Life of a classification decision."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    TO_RECONFIRM = "to_reconfirm"
    SUPERSEDED = "superseded"


class Classification(Record):
    """EU AI Act class and own tier of a system, with every answer (INV-CLA1)."""

    __tablename__ = "classification"

    PREFIX = "CLS"
    NOUN = "classification"
    PATH = "classifications"
    FROZEN = frozenset(set(ClassificationState) - {ClassificationState.DRAFT, ClassificationState.IN_REVIEW})
    WAY_OUT = "Run the wizard again; the new decision supersedes this one."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    rule_version: Mapped[str] = mapped_column(String(80))
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    reasons: Mapped[str] = mapped_column(default="")
    headline: Mapped[EuClass] = mapped_column(Choice(EuClass))
    classes: Mapped[list[str]] = mapped_column(Json)
    flags: Mapped[list[str]] = mapped_column(Json)
    tier: Mapped[Tier] = mapped_column(Choice(Tier))
    tier_reason: Mapped[str] = mapped_column(default="")
    provisional: Mapped[bool] = mapped_column(default=False)

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "classification"}


class LoweringState(StrEnum):
    """Life of a request to lower a tier."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"


class TierLowering(Record):
    """A tier below the computed one, with its reason; two people other than who asked sign for it (INV-SYS7)."""

    __tablename__ = "tier_lowering"

    PREFIX = "TLO"
    NOUN = "lowering of a tier"
    PATH = "tier-lowerings"
    FROZEN = frozenset({LoweringState.APPROVED, LoweringState.REJECTED})
    WAY_OUT = "Ask again."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    from_tier: Mapped[Tier] = mapped_column(Choice(Tier))
    to_tier: Mapped[Tier] = mapped_column(Choice(Tier))
    reason: Mapped[str]

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "tier_lowering"}


class GateState(StrEnum):
    """Life of a gate decision. Void: something it relied on no longer holds. Reopened: a grave finding is not closed."""

    OPEN = "open"
    PASSED = "passed"
    REOPENED = "reopened"
    REFUSED = "refused"
    VOID = "void"


class LifecycleGate(Record):
    """One decision to let a system pass a gate. While open its items are live; at the decision they are frozen (INV-GAT1)."""

    __tablename__ = "lifecycle_gate"
    __table_args__ = (Index("ix_lifecycle_gate_system", "system_id", "gate"),)

    PREFIX = "GAT"
    NOUN = "gate"
    PATH = "gates"
    FROZEN = frozenset({GateState.PASSED, GateState.REOPENED, GateState.REFUSED, GateState.VOID})
    FREE = frozenset({"state_reason", "decided_at"})
    WAY_OUT = "Open the gate anew."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    gate: Mapped[str] = mapped_column(String(4))
    rules_hash: Mapped[str] = mapped_column(String(64))
    version_label: Mapped[str] = mapped_column(String(100), default="")
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    basis: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    decided_at: Mapped[datetime | None]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "lifecycle_gate"}


class WaiverState(StrEnum):
    """Life of a waiver."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Waiver(Record):
    """A signed, time-limited permission to pass a gate without one required item; printed in every pack."""

    __tablename__ = "waiver"

    PREFIX = "WAI"
    NOUN = "waiver"
    PATH = "waivers"
    RUNS_OUT = "expires_on"
    STANDS = frozenset({WaiverState.APPROVED})
    FROZEN = frozenset({WaiverState.APPROVED, WaiverState.REJECTED, WaiverState.WITHDRAWN})
    WAY_OUT = "Ask for a new waiver."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    gate: Mapped[str] = mapped_column(String(4))
    check_id: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str]
    compensating_measure: Mapped[str]
    expires_on: Mapped[date]

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "waiver"}
