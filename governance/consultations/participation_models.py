"""Who is affected, who is invited, what they said in their own words, and the decisions that need a signature."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.consultations.models import (
    SMALLEST_GROUP,
    Consultation,
    ConsultationConcern,
    ConsultedGroup,
)
from governance.core.records import Base, Record
from governance.core.types import BigId, Choice, Json
from governance.systems.models import AiSystem


class StakeholderState(StrEnum):
    """Life of an entry of the stakeholder register."""

    IDENTIFIED = "identified"
    CONFIRMED = "confirmed"
    INACTIVE = "inactive"


class StakeholderKind(StrEnum):
    """What kind of party it is."""

    AFFECTED_PEOPLE = "affected_people"
    USERS = "users"
    EMPLOYEES = "employees"
    COMMUNITY = "community"
    INDEPENDENT_ADVOCATE = "independent_advocate"
    SUPPLIER = "supplier"
    AUTHORITY = "authority"
    SOCIETY = "society"
    OTHER = "other"


class Relation(StrEnum):
    """How close the party is to the system's effects."""

    DIRECTLY_AFFECTED = "directly_affected"
    INDIRECTLY_AFFECTED = "indirectly_affected"
    SPEAKS_FOR_OTHERS = "speaks_for_others"


class Stakeholder(Record):
    """A group that systems help, harm or concern, listed whether it was consulted or not (INV-STK1). `title` is its name."""

    __tablename__ = "stakeholder"

    PREFIX = "STK"
    NOUN = "stakeholder"
    PATH = "stakeholders"
    FREE = frozenset({"state_reason"})

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    party: Mapped[StakeholderKind] = mapped_column(Choice(StakeholderKind), active_history=True)
    relation: Mapped[Relation] = mapped_column(Choice(Relation), active_history=True)
    description: Mapped[str] = mapped_column(default="")
    size: Mapped[int | None] = mapped_column(active_history=True, info={"least": SMALLEST_GROUP})
    vulnerable: Mapped[bool] = mapped_column(default=False, active_history=True)
    representative: Mapped[str] = mapped_column(String(200), default="")
    contact: Mapped[str] = mapped_column(default="", info={"secret": True})
    """How to reach them; shown only to who may edit the entry, and never written to the trail (INV-G11)."""
    confirmed_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")

    systems: Mapped[list["StakeholderSystem"]] = relationship(
        back_populates="stakeholder", order_by="StakeholderSystem.id"
    )

    __mapper_args__ = {"polymorphic_identity": "stakeholder"}


class StakeholderSystem(Base):
    """That a system concerns a stakeholder."""

    __tablename__ = "stakeholder_system"
    __table_args__ = (UniqueConstraint("stakeholder_id", "system_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"))
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)

    stakeholder: Mapped[Stakeholder] = relationship(back_populates="systems")
    system: Mapped[AiSystem] = relationship()

    def whole(self) -> Record:
        """The stakeholder."""
        return self.stakeholder


class InvitationKind(StrEnum):
    """Whether a link is for a whole group or for one person once."""

    GROUP = "group"
    ONE_PERSON = "one_person"


class Invitation(Base):
    """A secret link to take part without an account. The link itself is kept nowhere, only its SHA-256."""

    __tablename__ = "invitation"
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("consulted_group.id"))
    kind: Mapped[InvitationKind] = mapped_column(Choice(InvitationKind))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info={"secret": True})
    language: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    uses_allowed: Mapped[int]
    expires_on: Mapped[date]
    revoked_on: Mapped[date | None]

    consultation: Mapped[Consultation] = relationship()
    group: Mapped[ConsultedGroup] = relationship()

    def whole(self) -> Record:
        """The consultation."""
        return self.consultation


class Contribution(Base):
    """What one participant said. Withdrawing erases the words and keeps number, date, group and the fact (CON-3).

    The words stand in one value together with a random number, and the trail has only the hash of both: once the value is
    erased, nobody can find out by guessing what was said. Which group it came from is not written to the trail (CON-5).
    """

    __tablename__ = "contribution"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("consulted_group.id"), index=True, info={"secret": True})
    invitation_id: Mapped[int | None] = mapped_column(
        ForeignKey("invitation.id"), index=True, info={"secret": True}
    )
    number: Mapped[int]
    received_on: Mapped[date]
    consent_version: Mapped[str] = mapped_column(String(40), default="")
    content: Mapped[dict[str, Any] | None] = mapped_column(Json, info={"digest": True})
    receipt_hash: Mapped[str] = mapped_column(String(64), unique=True, info={"secret": True})
    set_aside: Mapped[str] = mapped_column(default="")
    """Why it led to no concern."""
    withdrawn_on: Mapped[date | None]
    erased_on: Mapped[date | None]

    consultation: Mapped[Consultation] = relationship()
    group: Mapped[ConsultedGroup] = relationship()
    concerns: Mapped[list["ContributionConcern"]] = relationship(back_populates="contribution")

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has read it yet: it stands, and led to no concern and was not set aside."""
        return self.withdrawn_on is None and not self.concerns and not self.set_aside

    def whole(self) -> Record:
        """The consultation."""
        return self.consultation


class ContributionConcern(Base):
    """That a concern was heard in a contribution."""

    __tablename__ = "contribution_concern"
    __table_args__ = (UniqueConstraint("contribution_id", "concern_id"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contribution.id"))
    concern_id: Mapped[int] = mapped_column(ForeignKey("consultation_concern.id"), index=True)

    contribution: Mapped[Contribution] = relationship(back_populates="concerns")
    concern: Mapped[ConsultationConcern] = relationship()

    def whole(self) -> Record:
        """The consultation."""
        return self.contribution.consultation


class DecisionKind(StrEnum):
    """What is signed about a consultation before it may go on."""

    PLAN = "plan"
    ESCALATION = "escalation"


class DecisionState(StrEnum):
    """Life of such a decision."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    VOID = "void"


class ConsultationDecision(Record):
    """A plan approved before anybody is asked, or a grave concern turned down with the knowledge of top management (CON-6).

    What is signed is frozen here, because the consultation itself goes on.
    """

    __tablename__ = "consultation_decision"

    PREFIX = "COD"
    NOUN = "decision on a consultation"
    PATH = "consultation-decisions"
    FROZEN = frozenset({DecisionState.APPROVED, DecisionState.REFUSED, DecisionState.VOID})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Ask for a new decision."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    what: Mapped[DecisionKind] = mapped_column(Choice(DecisionKind))
    concern_number: Mapped[int | None]
    subject: Mapped[dict[str, Any]] = mapped_column(Json)
    """The plan, or the concern with its disposition, as it stood when the signature was asked for."""
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    consultation: Mapped[Consultation] = relationship(foreign_keys=[consultation_id])

    __mapper_args__ = {"polymorphic_identity": "consultation_decision"}


class PublicAttempt(Base):
    """That something was sent from outside, to slow down floods. It says when, and a hash that changes every day."""

    __tablename__ = "public_attempt"
    __audited__ = False
    __table_args__ = (Index("ix_public_attempt_key", "key", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
