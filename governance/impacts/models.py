"""AI system impact assessments with their impacts and the measures against harm."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.assessments.models import AssessmentState
from governance.core.records import Base, Record, content_of
from governance.core.types import BigId, Choice, Json
from governance.systems.models import AiSystem, SystemVersion


class Triage(StrEnum):
    """What the triage found (42005, 5.7)."""

    FULL = "full"
    SCREENING_ONLY = "screening_only"
    NOT_REQUIRED = "not_required"


class Effect(StrEnum):
    """Whether an impact is good or bad for the people concerned."""

    BENEFIT = "benefit"
    HARM = "harm"


class Publication(StrEnum):
    """Who may read the result."""

    INTERNAL = "internal"
    SUMMARY = "summary"
    WHOLE = "whole"


class ImpactAssessment(Record):
    """Effects of one system version on individuals, groups and society (ISO/IEC 42005; 6.1.4, 8.4). Approved, it is immutable."""

    __tablename__ = "impact_assessment"

    PREFIX = "IMP"
    NOUN = "impact assessment"
    PATH = "impact-assessments"
    FROZEN = frozenset({AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM, AssessmentState.SUPERSEDED})
    FREE = frozenset({"approved_on", "state_reason"})

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("system_version.id"))
    revision: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("impact_assessment.id"))
    trigger: Mapped[str] = mapped_column(default="")
    contexts: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    team: Mapped[str] = mapped_column(default="", active_history=True)
    assumptions: Mapped[str] = mapped_column(default="", active_history=True)
    triage: Mapped[dict[str, bool]] = mapped_column(Json, default=dict, active_history=True)
    triage_result: Mapped[Triage] = mapped_column(Choice(Triage), active_history=True)
    triage_reason: Mapped[str] = mapped_column(default="", active_history=True)
    answers: Mapped[dict[str, str]] = mapped_column(Json, default=dict, active_history=True)
    facets: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    unaffected: Mapped[dict[str, str]] = mapped_column(Json, default=dict, active_history=True)
    """Affected groups without a material impact, each with the reason (INV-IA2)."""
    publication: Mapped[Publication] = mapped_column(
        Choice(Publication), default=Publication.INTERNAL, active_history=True
    )
    started_on: Mapped[date]
    next_review_on: Mapped[date] = mapped_column(active_history=True)
    rules_hash: Mapped[str] = mapped_column(String(64))
    approved_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    system_version: Mapped[SystemVersion | None] = relationship(foreign_keys=[version_id])
    impacts: Mapped[list["Impact"]] = relationship(back_populates="assessment", order_by="Impact.number")

    __mapper_args__ = {
        "polymorphic_identity": "impact_assessment",
        "inherit_condition": id == Record.__table__.c.id,
    }

    def field(self, name: str) -> Any:
        """An answer by the name its form uses, or a column."""
        return self.answers.get(name, "") if name[:1] == "S" and "_" in name else super().field(name)

    def signed_content(self) -> dict[str, Any]:
        """The assessment with its impacts and measures."""
        return {**super().signed_content(), "impacts": [item.signed_content() for item in self.impacts]}


class Impact(Base):
    """A benefit or harm to a group in one dimension. Called IMP-0003.2 by assessment and number."""

    __tablename__ = "impact"
    __table_args__ = (UniqueConstraint("assessment_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("impact_assessment.id"))
    number: Mapped[int]
    group: Mapped[str] = mapped_column("affected_group", String(200))
    dimension: Mapped[str] = mapped_column(String(40))
    effect: Mapped[Effect] = mapped_column(Choice(Effect))
    description: Mapped[str]
    cause: Mapped[str] = mapped_column(String(20))
    severity: Mapped[int]
    likelihood: Mapped[int]
    scale: Mapped[str] = mapped_column(String(20))
    reversibility: Mapped[str] = mapped_column(String(20))
    duration: Mapped[str] = mapped_column(String(20))
    distribution: Mapped[str] = mapped_column(default="")
    evidence_note: Mapped[str] = mapped_column(default="")
    confidence: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(20))
    residual_severity: Mapped[int | None]
    residual_likelihood: Mapped[int | None]
    residual_level: Mapped[str] = mapped_column(String(20), default="")
    risk_reference: Mapped[str] = mapped_column(String(24), default="")
    """The risk that takes this harm up, such as RSK-0001.2."""

    assessment: Mapped[ImpactAssessment] = relationship(back_populates="impacts")
    measures: Mapped[list["ImpactMeasure"]] = relationship(
        back_populates="impact", order_by="ImpactMeasure.id", cascade="all, delete-orphan"
    )

    def whole(self) -> Record:
        """The assessment."""
        return self.assessment

    @property
    def reference(self) -> str:
        """How people call it."""
        return f"{self.assessment.reference}.{self.number}"

    def signed_content(self) -> dict[str, Any]:
        """The impact with its measures; database ids are left out, the number names it."""
        measures = [content_of(item, {"id", "impact_id"}) for item in self.measures]
        return {**content_of(self, {"id", "assessment_id"}), "measures": measures}


class ImpactMeasure(Base):
    """What is done about a harm. Its progress goes on after the assessment is approved."""

    __tablename__ = "impact_measure"

    FREE = frozenset({"done_on", "effect"})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    impact_id: Mapped[int] = mapped_column(ForeignKey("impact.id"), index=True)
    measure: Mapped[str]
    control: Mapped[str] = mapped_column(String(40), default="")
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date]
    expected_effect: Mapped[str] = mapped_column(default="")
    done_on: Mapped[date | None]
    effect: Mapped[str] = mapped_column(default="")

    impact: Mapped[Impact] = relationship(back_populates="measures")

    def whole(self) -> Record:
        """The assessment."""
        return self.impact.assessment
