"""Findings and corrective actions."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core import clock
from governance.core.canonical import plain
from governance.core.errors import Refused
from governance.core.records import Record
from governance.core.types import BigId, Choice, Json
from governance.improvement.catalogue import due
from governance.systems.models import AiSystem

Moves = Mapping[str, AbstractSet[str]]


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
    DISPUTED = "disputed"
    IN_ACTION = "in_action"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


FINDING_MOVES: Moves = {
    FindingState.ISSUED: {
        FindingState.ACCEPTED,
        FindingState.DISPUTED,
        FindingState.IN_ACTION,
        FindingState.CLOSED,
        FindingState.WITHDRAWN,
    },
    FindingState.ACCEPTED: {FindingState.IN_ACTION, FindingState.CLOSED, FindingState.WITHDRAWN},
    FindingState.DISPUTED: {FindingState.ACCEPTED, FindingState.WITHDRAWN},
    FindingState.IN_ACTION: {FindingState.CLOSED},
}


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
    clauses: Mapped[list[str]] = mapped_column(Json, default=list)
    controls: Mapped[list[str]] = mapped_column(Json, default=list)
    auditee_response: Mapped[str] = mapped_column(default="")
    repeat_of_id: Mapped[int | None] = mapped_column(ForeignKey("finding.id"))
    due_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    ruling: Mapped[str] = mapped_column(default="")
    """What the compliance officer decided about a dispute, and why."""
    rules_hash: Mapped[str] = mapped_column(String(64), default="")
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

    @property
    def requirements(self) -> list[str]:
        """The clauses and controls it is about."""
        return [*self.clauses, *self.controls]

    @property
    def is_open(self) -> bool:
        """Whether something still has to happen."""
        return self.state not in self.FROZEN

    @property
    def days_left(self) -> int | None:
        """Days until it is to be closed, negative when overdue; None when it is over or has no date."""
        return (self.due_on - clock.today()).days if self.is_open and self.due_on else None

    def step_due(self, step: str) -> date:
        """The day by which `contain`, `plan`, `implement` or `close` is due for its grade."""
        return due(self.created_at.date(), self.grade, step)


class ActionState(StrEnum):
    """Life of a corrective action: no way around cause, evidence and the effectiveness check (10.2)."""

    OPEN = "open"
    CONTAINED = "contained"
    CAUSE_AGREED = "cause_agreed"
    PLANNED = "planned"
    IMPLEMENTED = "implemented"
    EFFECTIVENESS_CHECK = "effectiveness_check"
    CLOSED = "closed"
    REOPENED = "reopened"


ACTION_MOVES: Moves = {
    ActionState.OPEN: {ActionState.CONTAINED},
    ActionState.CONTAINED: {ActionState.CAUSE_AGREED},
    ActionState.CAUSE_AGREED: {ActionState.PLANNED},
    ActionState.PLANNED: {ActionState.IMPLEMENTED},
    ActionState.IMPLEMENTED: {ActionState.EFFECTIVENESS_CHECK},
    ActionState.EFFECTIVENESS_CHECK: {ActionState.CLOSED, ActionState.REOPENED},
    ActionState.REOPENED: {ActionState.CAUSE_AGREED},
}
BEFORE_DONE = (
    ActionState.OPEN,
    ActionState.CONTAINED,
    ActionState.CAUSE_AGREED,
    ActionState.PLANNED,
    ActionState.REOPENED,
)
"""States in which the action itself is still to be carried out, so that its date counts."""

CAUSE_POLICY = "corrective_action_cause"
PLAN_POLICY = "corrective_action_plan"
EXTENSION_POLICIES = ("corrective_action_extension_1", "corrective_action_extension_2")
CLOSE_POLICY = "corrective_action_close"
_CAUSE = ("whys", "root_cause", "cause_method", "cause_class", "why_not_detected", "similar_cases")
_PLAN = ("title", "root_cause", "action", "effectiveness_criterion")


class CorrectiveAction(Record):
    """Correction, root cause, action and its verified effectiveness; `owner` does it, `verifier` is somebody else (INV-COR1)."""

    __tablename__ = "corrective_action"

    PREFIX = "CAR"
    NOUN = "corrective action"
    PATH = "corrective-actions"
    FROZEN = frozenset({ActionState.CLOSED})
    # Steps that signatures of others bring about: whoever signs one is not the author of the next.
    FREE = frozenset({"cause_agreed_on", "planned_on", "due_on", "extensions"})
    WAY_OUT = "Record a new corrective action."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"), index=True)
    correction: Mapped[str] = mapped_column(default="", active_history=True)
    containment: Mapped[str] = mapped_column(default="", active_history=True)
    contained_on: Mapped[date | None]
    whys: Mapped[str] = mapped_column(default="", active_history=True)
    """The five whys or the tree of causes, a line each."""
    root_cause: Mapped[str] = mapped_column(default="", active_history=True)
    cause_method: Mapped[str] = mapped_column(String(40), default="")
    cause_class: Mapped[str] = mapped_column(String(40), default="")
    why_not_detected: Mapped[str] = mapped_column(default="")
    similar_cases: Mapped[str] = mapped_column(default="")
    cause_agreed_on: Mapped[date | None]
    action: Mapped[str] = mapped_column(default="", active_history=True)
    effectiveness_criterion: Mapped[str] = mapped_column(default="")
    planned_on: Mapped[date | None]
    due_on: Mapped[date] = mapped_column(active_history=True)
    original_due_on: Mapped[date]
    extensions: Mapped[int] = mapped_column(default=0)
    extensions_asked: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    """Later dates that were asked for, in order: {"from", "to", "reason"}; those up to `extensions` are granted."""
    done_on: Mapped[date | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    done_note: Mapped[str] = mapped_column(default="")
    check_from: Mapped[date | None]
    """The first day on which its effect may be judged."""
    verifier_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verified_on: Mapped[date | None]
    effectiveness_note: Mapped[str] = mapped_column(default="")
    times_reopened: Mapped[int] = mapped_column(default=0)
    reopened_at: Mapped[datetime | None]

    finding: Mapped[Finding] = relationship(back_populates="actions", foreign_keys=[finding_id])

    __mapper_args__ = {"polymorphic_identity": "corrective_action"}

    @property
    def system(self) -> AiSystem | None:
        """The AI system concerned, if one is."""
        return self.finding.system

    @property
    def contain_by(self) -> date:
        """The day by which it is to be contained."""
        return self.finding.step_due("contain")

    @property
    def asked_extension(self) -> dict[str, str] | None:
        """The later date that was asked for and is not granted yet."""
        return self.extensions_asked[-1] if len(self.extensions_asked) > self.extensions else None

    def content_signed_under(self, policy: str) -> dict[str, Any]:
        """Cause, plan and each extension are signed alone; the last signature binds the whole."""
        if policy in EXTENSION_POLICIES:
            place = EXTENSION_POLICIES.index(policy)
            asked = self.extensions_asked[place : place + 1]
            return {"title": self.title, "first_due_on": plain(self.original_due_on), "extension": asked}
        if policy in (CAUSE_POLICY, PLAN_POLICY):
            names = _CAUSE if policy == CAUSE_POLICY else _PLAN
            return {name: plain(getattr(self, name)) for name in names}
        return self.signed_content()


def _keep_to(moves: Moves) -> Callable[[Record, str, Any, Any], None]:
    """Refuse a state that does not follow the one before, whatever code sets it."""

    def refuse(record: Record, new: str, old: Any, _: Any) -> None:
        if isinstance(old, str) and new != old and new not in moves.get(old, frozenset()):
            raise Refused(f"{record.reference} cannot go from {_say(old)} to {_say(new)} (10.2).")

    return refuse


def _say(state: str) -> str:
    return str(state).replace("_", " ")


event.listen(Finding.state, "set", _keep_to(FINDING_MOVES))
event.listen(CorrectiveAction.state, "set", _keep_to(ACTION_MOVES))
