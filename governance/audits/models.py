"""Recurring audits: the schedule, each occurrence as an audit, what is in its scope, and the checklist with its answers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.audits.conduct_models import (
    AuditMember,
    CompensatingReview,
    MemberRole,
    ReportCopy,
    Sample,
)
from governance.core.records import Base, Record, content_of
from governance.core.types import BigId, Choice, Json
from governance.systems.models import AiSystem


class ScheduleState(StrEnum):
    """Life of a schedule."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Shift(StrEnum):
    """Where an occurrence goes whose day is no working day."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


class CatchUp(StrEnum):
    """What happens to occurrences that fell due while nobody made them: each is held, or the latest stands for all."""

    EACH = "each"
    LATEST = "latest"


class AuditSchedule(Record):
    """A recurrence rule (RFC 5545) that makes audits (9.2.2). Due dates come from the rule, never from completion.

    It is about one system, or about the systems that a rule finds when the occurrence is made, or, with neither, about
    the management system as a whole.
    """

    __tablename__ = "audit_schedule"
    __table_args__ = (Index("ix_audit_schedule_system", "system_id"),)

    PREFIX = "ASC"
    NOUN = "audit schedule"
    PATH = "audit-schedules"
    FROZEN = frozenset({ScheduleState.ENDED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Make a new schedule."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("ai_system.id"))
    systems_where: Mapped[dict[str, str] | None] = mapped_column(Json, active_history=True)
    """Filter of the register by which the systems in scope are found."""
    audit_type: Mapped[str] = mapped_column(String(40))
    checklist: Mapped[str] = mapped_column(String(40))
    rule: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    zone: Mapped[str] = mapped_column(String(60))
    lead_days: Mapped[int] = mapped_column(default=30)
    grace_days: Mapped[int] = mapped_column(default=14)
    shift: Mapped[Shift] = mapped_column(Choice(Shift), default=Shift.NONE)
    holidays: Mapped[str] = mapped_column(String(12), default="")
    """Country, or country and part of it, whose public holidays are no working days: DE, DE-BE."""
    catch_up: Mapped[CatchUp] = mapped_column(Choice(CatchUp), default=CatchUp.EACH)
    by_tier: Mapped[bool] = mapped_column(default=False)
    """Whether a rising tier or a major finding shortens the interval by itself."""
    lead_auditor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem | None] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "audit_schedule"}


class ScheduleProgress(Base):
    """The day on which the worker has to look at a schedule again: machinery, so that most schedules cost nothing."""

    __tablename__ = "schedule_progress"
    __audited__ = False

    schedule_id: Mapped[int] = mapped_column(ForeignKey("audit_schedule.id"), primary_key=True)
    look_again_on: Mapped[date] = mapped_column(index=True)


class AuditState(StrEnum):
    """Life of an audit. A missed occurrence is recorded as missed and does not vanish."""

    PLANNED = "planned"
    ANNOUNCED = "announced"
    IN_PROGRESS = "in_progress"
    REPORTING = "reporting"
    CLOSED = "closed"
    MISSED = "missed"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Audit(Record):
    """One audit (ISO 19011): of one system, of the systems in its scope, or of the management system."""

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("schedule_id", "period_key"),
        Index("ix_audit_system", "system_id", "due_on"),
    )

    PREFIX = "AUD"
    NOUN = "audit"
    PATH = "audits"
    YEARLY = True
    FROZEN = frozenset({AuditState.CLOSED, AuditState.CANCELLED, AuditState.MERGED})
    FREE = frozenset({"state_reason", "reported_at", "closed_at"})
    WAY_OUT = "Facts that came later belong into a follow-up audit (INV-AUD2)."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("audit_schedule.id"))
    period_key: Mapped[str] = mapped_column(String(40), default="")
    """The day that the rule names, before any shift to a working day; empty for an audit outside a schedule."""
    system_id: Mapped[int | None] = mapped_column(ForeignKey("ai_system.id"))
    audit_type: Mapped[str] = mapped_column(String(40))
    checklist: Mapped[str] = mapped_column(String(40))
    checklist_hash: Mapped[str] = mapped_column(String(64))
    objectives: Mapped[str] = mapped_column(default="")
    criteria: Mapped[list[str]] = mapped_column(Json, default=list)
    scope_text: Mapped[str] = mapped_column(default="")
    method: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date] = mapped_column(active_history=True)
    grace_until: Mapped[date]
    created_late: Mapped[bool] = mapped_column(default=False)
    lead_auditor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), active_history=True)
    impartiality_statement: Mapped[str] = mapped_column(default="")
    held_from: Mapped[date | None]
    held_until: Mapped[date | None]
    announced_at: Mapped[datetime | None]
    announcement: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime | None]
    conclusion: Mapped[str] = mapped_column(default="", active_history=True)
    reported_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem | None] = relationship(foreign_keys=[system_id])
    schedule: Mapped[AuditSchedule | None] = relationship(foreign_keys=[schedule_id])
    answers: Mapped[list["ChecklistAnswer"]] = relationship(
        back_populates="audit", order_by="ChecklistAnswer.position"
    )
    scope: Mapped[list["AuditScope"]] = relationship(back_populates="audit", order_by="AuditScope.system_id")
    members: Mapped[list[AuditMember]] = relationship(back_populates="audit", order_by=AuditMember.id)
    samples: Mapped[list[Sample]] = relationship(back_populates="audit", order_by=Sample.number)
    reviews: Mapped[list[CompensatingReview]] = relationship(
        back_populates="audit", order_by=CompensatingReview.id
    )
    copies: Mapped[list[ReportCopy]] = relationship(back_populates="audit", order_by=ReportCopy.id)

    __mapper_args__ = {"polymorphic_identity": "audit"}

    @property
    def occurs_on(self) -> date:
        """The day that the rule of its schedule names, before any shift to a working day."""
        return date.fromisoformat(self.period_key) if self.period_key else self.due_on

    @property
    def due_month(self) -> str:
        """Year and month in which it is due."""
        return self.due_on.strftime("%Y-%m")

    @property
    def systems(self) -> tuple[AiSystem, ...]:
        """The systems that are audited; none if it is about the management system as a whole."""
        return (self.system,) if self.system else tuple(item.system for item in self.scope)

    @property
    def auditor_ids(self) -> frozenset[int]:
        """Persons who answer its questions: the lead auditor and the auditors of the team."""
        team = {item.person_id for item in self.members if item.role is MemberRole.AUDITOR}
        return frozenset(team | {self.lead_auditor_id}) if self.lead_auditor_id else frozenset(team)

    @property
    def team_ids(self) -> frozenset[int]:
        """Persons who must be independent of what is audited: auditors and technical experts."""
        independent = (MemberRole.AUDITOR, MemberRole.TECHNICAL_EXPERT)
        return self.auditor_ids | {item.person_id for item in self.members if item.role in independent}

    def signed_content(self) -> dict[str, Any]:
        """The audit with its scope, team, samples, compensating reviews and answers."""
        answers = [
            {
                "question": item.question_id,
                "verdict": item.verdict,
                "note": item.note,
                "evidence": item.evidence_references,
            }
            for item in self.answers
        ]
        own = {"id", "audit_id"}
        return {
            **super().signed_content(),
            "answers": answers,
            "scope": [item.system_id for item in self.scope],
            "members": [content_of(item, own) for item in self.members],
            "samples": [content_of(item, own) for item in self.samples],
            "compensating_reviews": [content_of(item, own) for item in self.reviews],
        }


class AuditScope(Base):
    """A system in the scope of an audit by rule, as the rule found it when the audit was made or started."""

    __tablename__ = "audit_scope"
    __table_args__ = (UniqueConstraint("audit_id", "system_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"))
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)

    audit: Mapped[Audit] = relationship(back_populates="scope")
    system: Mapped[AiSystem] = relationship()

    def whole(self) -> Record:
        """The audit."""
        return self.audit


class Verdict(StrEnum):
    """An auditor's verdict on a question."""

    CONFORMS = "conforms"
    MINOR = "minor"
    MAJOR = "major"
    OBSERVATION = "observation"
    OPPORTUNITY = "opportunity"
    NOT_APPLICABLE = "not_applicable"
    NOT_AUDITED = "not_audited"


class ChecklistAnswer(Base):
    """One question of the checklist as it stood when the audit was made, and its answer."""

    __tablename__ = "checklist_answer"
    __table_args__ = (UniqueConstraint("audit_id", "question_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"))
    position: Mapped[int]
    question_id: Mapped[str] = mapped_column(String(40))
    question: Mapped[str]
    refs: Mapped[list[str]] = mapped_column(Json, default=list)
    wanted: Mapped[str] = mapped_column(default="")
    verdict: Mapped[Verdict | None] = mapped_column(Choice(Verdict), active_history=True)
    note: Mapped[str] = mapped_column(default="")
    evidence_references: Mapped[list[str]] = mapped_column(Json, default=list)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)
    """Counts the answers given, so that two auditors do not lose each other's."""

    audit: Mapped[Audit] = relationship(back_populates="answers")

    def whole(self) -> Record:
        """The audit."""
        return self.audit
