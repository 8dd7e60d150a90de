"""Recurring audits: the schedule, each occurrence as an audit, and the checklist with its answers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record
from governance.core.types import BigId, Choice, Json
from governance.systems.models import AiSystem


class ScheduleState(StrEnum):
    """Life of a schedule."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class AuditSchedule(Record):
    """A recurrence rule (RFC 5545) that makes audits of one system (9.2.2). Due dates come from the rule, never from completion."""

    __tablename__ = "audit_schedule"
    __table_args__ = (Index("ix_audit_schedule_system", "system_id"),)

    PREFIX = "ASC"
    NOUN = "audit schedule"
    PATH = "audit-schedules"
    FROZEN = frozenset({ScheduleState.ENDED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Make a new schedule."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    audit_type: Mapped[str] = mapped_column(String(40))
    checklist: Mapped[str] = mapped_column(String(40))
    rule: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    zone: Mapped[str] = mapped_column(String(60))
    lead_days: Mapped[int] = mapped_column(default=30)
    grace_days: Mapped[int] = mapped_column(default=14)
    lead_auditor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "audit_schedule"}


class AuditState(StrEnum):
    """Life of an audit. A missed occurrence is recorded as missed and does not vanish."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    REPORTING = "reporting"
    CLOSED = "closed"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Audit(Record):
    """One audit of one system (ISO 19011)."""

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("schedule_id", "period_key"),
        Index("ix_audit_system", "system_id", "due_on"),
    )

    PREFIX = "AUD"
    NOUN = "audit"
    PATH = "audits"
    YEARLY = True
    FROZEN = frozenset({AuditState.CLOSED, AuditState.CANCELLED})
    FREE = frozenset({"state_reason", "reported_at", "closed_at"})
    WAY_OUT = "Facts that came later belong into a follow-up audit (INV-AUD2)."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("audit_schedule.id"))
    period_key: Mapped[str] = mapped_column(String(40), default="")
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
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
    started_at: Mapped[datetime | None]
    conclusion: Mapped[str] = mapped_column(default="", active_history=True)
    reported_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    schedule: Mapped[AuditSchedule | None] = relationship(foreign_keys=[schedule_id])
    answers: Mapped[list["ChecklistAnswer"]] = relationship(
        back_populates="audit", order_by="ChecklistAnswer.position"
    )

    __mapper_args__ = {"polymorphic_identity": "audit"}

    @property
    def due_month(self) -> str:
        """Year and month in which it is due."""
        return self.due_on.strftime("%Y-%m")

    def signed_content(self) -> dict[str, Any]:
        """The audit with its answers."""
        answers = [
            {
                "question": item.question_id,
                "verdict": item.verdict,
                "note": item.note,
                "evidence": item.evidence_references,
            }
            for item in self.answers
        ]
        return {**super().signed_content(), "answers": answers}


class Verdict(StrEnum):
    """An auditor's verdict on a question."""

    CONFORMS = "conforms"
    MINOR = "minor"
    MAJOR = "major"
    OPPORTUNITY = "opportunity"
    NOT_APPLICABLE = "not_applicable"


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

    audit: Mapped[Audit] = relationship(back_populates="answers")

    def whole(self) -> Record:
        """The audit."""
        return self.audit
