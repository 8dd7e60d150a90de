"""Findings and corrective actions."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Record
from governance.core.types import BigId, Choice
from governance.systems.models import AiSystem


class Grade(StrEnum):
    """How grave a finding is (config/audit_programme.yaml, grading)."""

    MAJOR = "major"
    MINOR = "minor"
    OBSERVATION = "observation"
    OPPORTUNITY = "opportunity"


class FindingState(StrEnum):
    """Life of a finding."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    IN_ACTION = "in_action"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Finding(Record):
    """A graded statement: criterion, evidence and gap. Missing any of the three it cannot be a nonconformity."""

    __tablename__ = "finding"

    PREFIX = "FND"
    NOUN = "finding"
    PATH = "findings"
    FROZEN = frozenset({FindingState.CLOSED, FindingState.WITHDRAWN})
    FREE = frozenset({"auditee_response", "state_reason"})
    WAY_OUT = "Record a new finding that repeats this one."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("ai_system.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("record.id"), index=True)
    """The audit or red-line check it came from."""
    question_id: Mapped[str] = mapped_column(String(40), default="")
    grade: Mapped[Grade] = mapped_column(Choice(Grade), active_history=True)
    grade_reason: Mapped[str] = mapped_column(default="")
    criterion: Mapped[str]
    evidence_statement: Mapped[str]
    gap: Mapped[str]
    auditee_response: Mapped[str] = mapped_column(default="")
    repeat_of_id: Mapped[int | None] = mapped_column(ForeignKey("finding.id"))
    due_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem | None] = relationship(foreign_keys=[system_id])
    source: Mapped[Record | None] = relationship(foreign_keys=[source_id])
    actions: Mapped[list["CorrectiveAction"]] = relationship(
        back_populates="finding", foreign_keys="CorrectiveAction.finding_id", order_by="CorrectiveAction.id"
    )

    __mapper_args__ = {
        "polymorphic_identity": "finding",
        "inherit_condition": id == Record.__table__.c.id,
    }


class ActionState(StrEnum):
    """Life of a corrective action: no way around the effectiveness check (10.2)."""

    OPEN = "open"
    PLANNED = "planned"
    IMPLEMENTED = "implemented"
    CLOSED = "closed"
    REOPENED = "reopened"


class CorrectiveAction(Record):
    """Correction, root cause, action and its verified effectiveness; `owner` does it, `verifier` is somebody else (INV-COR1)."""

    __tablename__ = "corrective_action"

    PREFIX = "CAR"
    NOUN = "corrective action"
    PATH = "corrective-actions"
    FROZEN = frozenset({ActionState.CLOSED})
    WAY_OUT = "Record a new corrective action."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"), index=True)
    correction: Mapped[str] = mapped_column(default="", active_history=True)
    root_cause: Mapped[str] = mapped_column(default="", active_history=True)
    cause_method: Mapped[str] = mapped_column(String(40), default="")
    similar_cases: Mapped[str] = mapped_column(default="")
    action: Mapped[str] = mapped_column(default="", active_history=True)
    effectiveness_criterion: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date] = mapped_column(active_history=True)
    original_due_on: Mapped[date]
    extensions: Mapped[int] = mapped_column(default=0)
    done_on: Mapped[date | None]
    done_note: Mapped[str] = mapped_column(default="")
    verifier_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verified_on: Mapped[date | None]
    effectiveness_note: Mapped[str] = mapped_column(default="")

    finding: Mapped[Finding] = relationship(back_populates="actions", foreign_keys=[finding_id])

    __mapper_args__ = {"polymorphic_identity": "corrective_action"}

    @property
    def system(self) -> AiSystem | None:
        """The AI system concerned, if one is."""
        return self.finding.system
