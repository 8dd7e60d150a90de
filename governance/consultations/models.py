"""Consultations: the groups asked, the concerns heard, what became of each."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record
from governance.core.types import BigId, Choice, Json
from governance.systems.models import AiSystem


class ConsultationState(StrEnum):
    """Life of a consultation (config/consultation.yaml)."""

    PLANNED = "planned"
    OPEN = "open"
    RESPONDING = "responding"
    FEEDBACK_GIVEN = "feedback_given"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Disposition(StrEnum):
    """What becomes of a concern."""

    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    DECLINED = "declined"
    DEFERRED = "deferred"
    OUT_OF_SCOPE = "out_of_scope"


class Consultation(Record):
    """An engagement with people affected by a system (ISO/IEC 42005; A.5.4). `title` is its name."""

    __tablename__ = "consultation"

    PREFIX = "CON"
    NOUN = "consultation"
    PATH = "consultations"
    FROZEN = frozenset({ConsultationState.CLOSED, ConsultationState.CANCELLED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Plan a new consultation."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    purpose: Mapped[str] = mapped_column(active_history=True)
    decision_it_can_change: Mapped[str] = mapped_column(default="")
    level: Mapped[int] = mapped_column(active_history=True)
    """Participation level 0 to 5 of config/consultation.yaml."""
    method: Mapped[str] = mapped_column(String(40))
    languages: Mapped[list[str]] = mapped_column(Json, default=list)
    accessibility: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    representativeness: Mapped[str] = mapped_column(default="")
    missing_voices: Mapped[str] = mapped_column(default="")
    feedback_told: Mapped[str] = mapped_column(default="")
    feedback_channel: Mapped[str] = mapped_column(default="")
    feedback_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    groups: Mapped[list["ConsultedGroup"]] = relationship(
        back_populates="consultation", order_by="ConsultedGroup.id"
    )
    concerns: Mapped[list["ConsultationConcern"]] = relationship(
        back_populates="consultation", order_by="ConsultationConcern.number"
    )

    __mapper_args__ = {"polymorphic_identity": "consultation"}


class ConsultedGroup(Base):
    """A group of people affected: how many were invited and took part."""

    __tablename__ = "consulted_group"
    __table_args__ = (UniqueConstraint("consultation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    name: Mapped[str] = mapped_column(String(200))
    how_reached: Mapped[str] = mapped_column(default="")
    vulnerable: Mapped[bool] = mapped_column(default=False)
    invited: Mapped[int] = mapped_column(default=0)
    took_part: Mapped[int] = mapped_column(default=0)

    consultation: Mapped[Consultation] = relationship(back_populates="groups")

    def whole(self) -> Record:
        """The consultation."""
        return self.consultation


class ConsultationConcern(Base):
    """A concern or position heard; said under a group's name or anonymously, never with a person's (CON-4)."""

    __tablename__ = "consultation_concern"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    said_by: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str]
    value: Mapped[str] = mapped_column(String(60), default="")
    strength: Mapped[str] = mapped_column(String(20), default="")
    suggested_change: Mapped[str] = mapped_column(default="")
    disposition: Mapped[Disposition | None] = mapped_column(Choice(Disposition), active_history=True)
    disposition_reason: Mapped[str] = mapped_column(default="")
    change_reference: Mapped[str] = mapped_column(String(20), default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_on: Mapped[date | None]

    consultation: Mapped[Consultation] = relationship(back_populates="concerns")

    def whole(self) -> Record:
        """The consultation."""
        return self.consultation
