"""Values with their interpretations and norms, and checks of the red lines that may never be crossed."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.consultations.models import Consultation
from governance.core.records import Base, Record
from governance.core.types import BigId, Json
from governance.systems.models import AiSystem, SystemVersion


class ValueState(StrEnum):
    """Life of a shared value (INV-VAL1)."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    ADOPTED = "adopted"
    RETIRED = "retired"


class Value(Record):
    """A shared value of the organisation. `title` is its name, `owner` its steward."""

    __tablename__ = "value"

    PREFIX = "VAL"
    NOUN = "value"
    PATH = "values"
    FROZEN = frozenset({ValueState.ADOPTED, ValueState.RETIRED})
    FREE = frozenset({"state_reason", "adopted_on"})
    WAY_OUT = "Retire it with the reason and adopt another; readings of it by context are interpretations."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    """V01 to V12 of config/values.yaml, or the organisation's own."""
    statement: Mapped[str] = mapped_column(active_history=True)
    why: Mapped[str] = mapped_column(default="", active_history=True)
    sources: Mapped[str] = mapped_column(default="", active_history=True)
    adopted_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")

    interpretations: Mapped[list["Interpretation"]] = relationship(
        back_populates="value", order_by="Interpretation.id", foreign_keys="Interpretation.value_id"
    )

    __mapper_args__ = {"polymorphic_identity": "value"}


class InterpretationState(StrEnum):
    """Life of an interpretation; a new one supersedes the one in force for the same context."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class Interpretation(Record):
    """What a value means in a context: region, sector, community; an empty part means everywhere (INV-VIN1, INV-VIN2)."""

    __tablename__ = "interpretation"

    PREFIX = "INT"
    NOUN = "interpretation"
    PATH = "interpretations"
    RUNS_OUT = "valid_until"
    STANDS = frozenset({InterpretationState.APPROVED})
    FROZEN = frozenset({InterpretationState.APPROVED, InterpretationState.SUPERSEDED})
    FREE = frozenset({"state_reason", "approved_on"})
    WAY_OUT = "Draft a new interpretation for this context; it supersedes this one when approved."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    value_id: Mapped[int] = mapped_column(ForeignKey("value.id"), index=True)
    region: Mapped[str] = mapped_column(String(200), default="")
    sector: Mapped[str] = mapped_column(String(200), default="")
    community: Mapped[str] = mapped_column(String(200), default="")
    reading: Mapped[str] = mapped_column(active_history=True)
    legal_refs: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), active_history=True)
    why_not_consulted: Mapped[str] = mapped_column(default="", active_history=True)
    red_lines_kept: Mapped[str] = mapped_column(default="", active_history=True)
    """Which red lines and laws of the place were looked at, and that none is weakened (INV-VIN2)."""
    valid_until: Mapped[date | None] = mapped_column(active_history=True)
    approved_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")

    value: Mapped[Value] = relationship(back_populates="interpretations", foreign_keys=[value_id])
    consultation: Mapped[Consultation | None] = relationship(foreign_keys=[consultation_id])
    norms: Mapped[list["Norm"]] = relationship(
        back_populates="interpretation", order_by="Norm.id", foreign_keys="Norm.interpretation_id"
    )

    __mapper_args__ = {"polymorphic_identity": "interpretation"}

    @property
    def steward_id(self) -> int | None:
        """Who answers for the value."""
        return self.value.owner_id

    @property
    def context(self) -> str:
        """Where it holds, in words."""
        return ", ".join(part for part in (self.region, self.sector, self.community) if part) or "everywhere"


class NormState(StrEnum):
    """Life of a norm."""

    IN_FORCE = "in_force"
    RETIRED = "retired"


class Norm(Record):
    """What must hold if an interpretation is taken seriously. `title` is the norm itself, in one sentence."""

    __tablename__ = "norm"

    PREFIX = "NRM"
    NOUN = "norm"
    PATH = "norms"
    FROZEN = frozenset({NormState.RETIRED})
    FREE = frozenset({"state_reason"})

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    interpretation_id: Mapped[int] = mapped_column(ForeignKey("interpretation.id"), index=True)
    explanation: Mapped[str] = mapped_column(default="", active_history=True)
    state_reason: Mapped[str] = mapped_column(default="")

    interpretation: Mapped[Interpretation] = relationship(
        back_populates="norms", foreign_keys=[interpretation_id]
    )

    __mapper_args__ = {"polymorphic_identity": "norm"}


class ValueClaim(Base):
    """A system claims to keep a value; dropped with a reason, never removed."""

    __tablename__ = "value_claim"
    __table_args__ = (UniqueConstraint("system_id", "value_id"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    value_id: Mapped[int] = mapped_column(ForeignKey("value.id"), index=True)
    dropped_because: Mapped[str] = mapped_column(default="", active_history=True)

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    value: Mapped[Value] = relationship(foreign_keys=[value_id])

    def whole(self) -> Record:
        """The system."""
        return self.system


class TensionState(StrEnum):
    """Life of a tension between values."""

    OPEN = "open"
    DELIBERATING = "deliberating"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    REVISITED = "revisited"


class Tension(Record):
    """Two values pull against each other in a system: options, the choice, why, who disagreed, who signed (INV-TEN1, INV-TEN2)."""

    __tablename__ = "value_tension"

    PREFIX = "TEN"
    NOUN = "tension"
    PATH = "tensions"
    RUNS_OUT = "review_on"
    STANDS = frozenset({TensionState.DECIDED})
    FROZEN = frozenset({TensionState.DECIDED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Revisit it with the reason; the decision stays in the history."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    first_value_id: Mapped[int] = mapped_column(ForeignKey("value.id"))
    second_value_id: Mapped[int] = mapped_column(ForeignKey("value.id"))
    description: Mapped[str] = mapped_column(active_history=True)
    positions: Mapped[str] = mapped_column(default="", active_history=True)
    options: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    crossing_options: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    """Options that would cross a red line; they can never be decided."""
    decision: Mapped[str] = mapped_column(default="", active_history=True)
    reasons: Mapped[str] = mapped_column(default="", active_history=True)
    dissent: Mapped[str] = mapped_column(default="", active_history=True)
    gave_way_id: Mapped[int | None] = mapped_column(ForeignKey("value.id"), active_history=True)
    still_measured_by: Mapped[str] = mapped_column(default="", active_history=True)
    review_on: Mapped[date | None] = mapped_column(active_history=True)
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    first_value: Mapped[Value] = relationship(foreign_keys=[first_value_id])
    second_value: Mapped[Value] = relationship(foreign_keys=[second_value_id])
    gave_way: Mapped[Value | None] = relationship(foreign_keys=[gave_way_id])

    __mapper_args__ = {"polymorphic_identity": "tension"}


class RedLineState(StrEnum):
    """Result of a red-line check. A breach is neither waivable nor acceptable as a risk (INV-RLC2)."""

    SCREENED = "screened"
    """Answered by desk review at registration; counts for G0 only."""
    PASSED = "passed"
    BREACHED = "breached"
    CLEARED = "cleared"
    """A breach that a clean new check and two signatures lifted."""


class RedLineCheck(Record):
    """A system version against one red line of config/values.yaml. Corrected by a newer check, never edited."""

    __tablename__ = "red_line_check"
    __table_args__ = (Index("ix_red_line_check_system", "system_id", "red_line"),)

    PREFIX = "RLC"
    NOUN = "red-line check"
    PATH = "red-line-checks"
    FROZEN = frozenset(RedLineState)
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Record a new check."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("system_version.id"))
    red_line: Mapped[str] = mapped_column(String(40))
    method: Mapped[str]
    probes: Mapped[int] = mapped_column(default=0)
    violations: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    performed_on: Mapped[date]
    valid_until: Mapped[date]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    system_version: Mapped[SystemVersion | None] = relationship(foreign_keys=[version_id])

    __mapper_args__ = {"polymorphic_identity": "red_line_check"}
