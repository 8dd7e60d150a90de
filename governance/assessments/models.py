"""Risk assessments with their risks, treatments and the acceptance of what remains."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record, content_of
from governance.core.types import BigId, Json
from governance.systems.models import AiSystem, SystemVersion


class AssessmentState(StrEnum):
    """Life of an assessment."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    TO_RECONFIRM = "to_reconfirm"
    SUPERSEDED = "superseded"


class RiskAssessment(Record):
    """A dated assessment of the risks of one system version (ISO/IEC 42001, 6.1.2 and 8.2). Approved, it is immutable (INV-RA1)."""

    __tablename__ = "risk_assessment"

    PREFIX = "RSK"
    NOUN = "risk assessment"
    PATH = "risk-assessments"
    FROZEN = frozenset({AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM, AssessmentState.SUPERSEDED})
    FREE = frozenset({"approved_on", "state_reason"})

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("system_version.id"))
    revision: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("risk_assessment.id"))
    scope_text: Mapped[str] = mapped_column(active_history=True)
    method: Mapped[str] = mapped_column(default="")
    trigger: Mapped[str] = mapped_column(String(60), default="")
    team: Mapped[str] = mapped_column(default="")
    assessed_on: Mapped[date]
    summary: Mapped[str] = mapped_column(default="", active_history=True)
    criteria_hash: Mapped[str] = mapped_column(String(64))
    next_review_on: Mapped[date]
    approved_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")
    removed_numbers: Mapped[list[int]] = mapped_column(Json, default=list, server_default="[]")
    """Numbers of risks that were taken out of the draft, so that none is given twice."""

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    system_version: Mapped[SystemVersion | None] = relationship(foreign_keys=[version_id])
    risks: Mapped[list["Risk"]] = relationship(back_populates="assessment", order_by="Risk.number")

    __mapper_args__ = {
        "polymorphic_identity": "risk_assessment",
        "inherit_condition": id == Record.__table__.c.id,
    }

    def signed_content(self) -> dict[str, Any]:
        """The assessment with its risks and treatments."""
        return {**super().signed_content(), "risks": [risk.signed_content() for risk in self.risks]}


class Risk(Base):
    """Source, event, consequence; inherent and residual rating. Called RSK-0007.3 by assessment and number."""

    __tablename__ = "risk"
    __table_args__ = (UniqueConstraint("assessment_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("risk_assessment.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(60))
    event: Mapped[str] = mapped_column(default="")
    consequence: Mapped[str] = mapped_column(default="")
    dimension: Mapped[str] = mapped_column(String(40))
    affected_groups: Mapped[list[str]] = mapped_column(Json, default=list)
    likelihood: Mapped[int]
    severity: Mapped[int]
    modifiers: Mapped[list[str]] = mapped_column(Json, default=list)
    level: Mapped[str] = mapped_column(String(20))
    basis: Mapped[str] = mapped_column(String(40), default="")
    confidence: Mapped[str] = mapped_column(String(20), default="")
    residual_likelihood: Mapped[int | None]
    residual_severity: Mapped[int | None]
    residual_level: Mapped[str] = mapped_column(String(20), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    assessment: Mapped[RiskAssessment] = relationship(back_populates="risks")
    treatments: Mapped[list["Treatment"]] = relationship(back_populates="risk", order_by="Treatment.id")

    def whole(self) -> Record:
        """The assessment."""
        return self.assessment

    @property
    def reference(self) -> str:
        """How people call it."""
        return f"{self.assessment.reference}.{self.number}"

    def signed_content(self) -> dict[str, Any]:
        """The risk with its treatments; database ids are left out, the number names it."""
        ids = {"id", "assessment_id"}
        treatments = [content_of(item, {"id", "risk_id"}) for item in self.treatments]
        return {**content_of(self, ids), "treatments": treatments}


class Treatment(Base):
    """What is done about a risk. Its progress goes on after the assessment is approved."""

    __tablename__ = "treatment"

    FREE = frozenset({"done_on", "effect"})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    risk_id: Mapped[int] = mapped_column(ForeignKey("risk.id"), index=True)
    option: Mapped[str] = mapped_column(String(40))
    action: Mapped[str]
    controls: Mapped[list[str]] = mapped_column(Json, default=list)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    effect: Mapped[str] = mapped_column(default="")

    risk: Mapped[Risk] = relationship(back_populates="treatments")

    def whole(self) -> Record:
        """The assessment."""
        return self.risk.assessment


class AcceptanceState(StrEnum):
    """Life of a risk acceptance."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"


class RiskAcceptance(Record):
    """Acceptance of a residual risk by the authority for its level, until a date (6.1.3; INV-RSK4)."""

    __tablename__ = "risk_acceptance"

    PREFIX = "ACC"
    NOUN = "risk acceptance"
    PATH = "risk-acceptances"
    RUNS_OUT = "expires_on"
    STANDS = frozenset({AcceptanceState.ACCEPTED})
    FROZEN = frozenset({AcceptanceState.ACCEPTED, AcceptanceState.REJECTED, AcceptanceState.REVOKED})
    WAY_OUT = "Ask for a new acceptance."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    risk_id: Mapped[int] = mapped_column(ForeignKey("risk.id"), index=True)
    level: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str]
    compensating_measure: Mapped[str] = mapped_column(default="")
    expires_on: Mapped[date]

    risk: Mapped[Risk] = relationship()

    __mapper_args__ = {"polymorphic_identity": "risk_acceptance"}

    @property
    def system(self) -> AiSystem:
        """The AI system concerned."""
        return self.risk.assessment.system
