"""What the management system itself keeps: scope, policies, objectives, training, management reviews."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record, content_of
from governance.core.types import BigId, Json


class DocumentState(StrEnum):
    """Life of a policy or of the scope statement."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


_FIXED = frozenset(
    {DocumentState.APPROVED, DocumentState.EFFECTIVE, DocumentState.SUPERSEDED, DocumentState.WITHDRAWN}
)


class Policy(Record):
    """A policy in one of its versions (5.2, A.2). The scope statement of the management system is one too (4.3)."""

    __tablename__ = "policy"

    PREFIX = "POL"
    NOUN = "policy"
    PATH = "policies"
    FROZEN = _FIXED
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Draft its next version."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), index=True)
    policy_kind: Mapped[str] = mapped_column(String(20), default="policy")
    revision: Mapped[int] = mapped_column(default=1)
    text: Mapped[str] = mapped_column(active_history=True)
    audience: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    effective_from: Mapped[date] = mapped_column(active_history=True)
    review_due_on: Mapped[date] = mapped_column(active_history=True)
    state_reason: Mapped[str] = mapped_column(default="")

    __mapper_args__ = {"polymorphic_identity": "policy"}


class Acknowledgement(Base):
    """Somebody has read a version of a policy and will keep to it (7.3)."""

    __tablename__ = "acknowledgement"
    __table_args__ = (UniqueConstraint("policy_id", "person_id"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]

    policy: Mapped[Policy] = relationship()

    def whole(self) -> Record:
        """The policy."""
        return self.policy


class ObjectiveState(StrEnum):
    """Life of an objective; between approval and its end the results say how it stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    ACHIEVED = "achieved"
    MISSED = "missed"
    CANCELLED = "cancelled"


RUNNING = (ObjectiveState.APPROVED, ObjectiveState.ON_TRACK, ObjectiveState.AT_RISK)


class Objective(Record):
    """A measurable objective with who, what, by when, and its results (6.2). `title` is the objective itself."""

    __tablename__ = "objective"

    PREFIX = "OBJ"
    NOUN = "objective"
    PATH = "objectives"
    FROZEN = frozenset({*RUNNING, ObjectiveState.ACHIEVED, ObjectiveState.MISSED, ObjectiveState.CANCELLED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Cancel it with the reason and set another."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    measure: Mapped[str] = mapped_column(active_history=True)
    unit: Mapped[str] = mapped_column(String(60), default="")
    baseline: Mapped[float]
    target: Mapped[float]
    starts_on: Mapped[date]
    due_on: Mapped[date] = mapped_column(active_history=True)
    plan: Mapped[str] = mapped_column(default="", active_history=True)
    resources: Mapped[str] = mapped_column(default="", active_history=True)
    state_reason: Mapped[str] = mapped_column(default="")

    results: Mapped[list["ObjectiveResult"]] = relationship(
        back_populates="objective", order_by="ObjectiveResult.on"
    )

    __mapper_args__ = {"polymorphic_identity": "objective"}


class ObjectiveResult(Base):
    """A measured value of an objective on a day."""

    __tablename__ = "objective_result"
    __table_args__ = (UniqueConstraint("objective_id", "on_day"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"))
    on: Mapped[date] = mapped_column("on_day")
    value: Mapped[float]
    note: Mapped[str] = mapped_column(default="")

    objective: Mapped[Objective] = relationship(back_populates="results")

    def whole(self) -> Record:
        """The objective."""
        return self.objective


class TrainingState(StrEnum):
    """Life of a training record."""

    COMPLETED = "completed"
    VERIFIED = "verified"


class TrainingRecord(Record):
    """Proof that a person has a competence until a date (7.2, INV-TRN1). `owner` is the person trained."""

    __tablename__ = "training_record"

    PREFIX = "TRN"
    NOUN = "training record"
    PATH = "training"
    FROZEN = frozenset({TrainingState.VERIFIED})
    WAY_OUT = "Record the training that renews it."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    competence: Mapped[str] = mapped_column(String(40))
    training_kind: Mapped[str] = mapped_column(String(40))
    completed_on: Mapped[date]
    expires_on: Mapped[date]
    proof: Mapped[str] = mapped_column(default="")
    """What shows that the person can do it, not only that they were there."""
    effect: Mapped[str] = mapped_column(default="")

    __mapper_args__ = {"polymorphic_identity": "training_record"}


class ReviewState(StrEnum):
    """Life of a management review."""

    PLANNED = "planned"
    HELD = "held"
    IN_REVIEW = "in_review"
    MINUTES_APPROVED = "minutes_approved"


class ManagementReview(Record):
    """Top management looks at the whole system: inputs of 9.3.2, decisions that become actions (9.3)."""

    __tablename__ = "management_review"

    PREFIX = "MRV"
    NOUN = "management review"
    PATH = "management-reviews"
    FROZEN = frozenset({ReviewState.MINUTES_APPROVED})
    WAY_OUT = "What is new belongs into the next review."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    planned_on: Mapped[date]
    period_from: Mapped[date]
    held_on: Mapped[date | None]
    attendees: Mapped[str] = mapped_column(default="", active_history=True)
    inputs: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, active_history=True)
    """Frozen when the review is held: clause, title, what the registry knew, what was said about it."""
    conclusions: Mapped[str] = mapped_column(default="", active_history=True)

    decisions: Mapped[list["ReviewDecision"]] = relationship(
        back_populates="review", order_by="ReviewDecision.id"
    )

    __mapper_args__ = {"polymorphic_identity": "management_review"}

    def signed_content(self) -> dict[str, Any]:
        """The minutes with their decisions."""
        decisions = [content_of(item, {"id", "review_id"}) for item in self.decisions]
        return {**super().signed_content(), "decisions": decisions}


class ReviewDecision(Base):
    """A decision of a review that somebody carries out until a date (INV-MR2)."""

    __tablename__ = "review_decision"

    FREE = frozenset({"done_on", "done_note"})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("management_review.id"), index=True)
    text: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    done_note: Mapped[str] = mapped_column(default="")

    review: Mapped[ManagementReview] = relationship(back_populates="decisions")

    def whole(self) -> Record:
        """The review."""
        return self.review
