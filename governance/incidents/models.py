"""Incidents with their steps and notices, and concerns that anybody may report."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.canonical import content_hash
from governance.core.records import Base, Record
from governance.core.types import BigId, Json
from governance.incidents.catalogue import rules
from governance.systems.models import AiSystem, SystemVersion


class IncidentState(StrEnum):
    """Life of an incident."""

    REPORTED = "reported"
    TRIAGED = "triaged"
    CONTAINED = "contained"
    INVESTIGATING = "investigating"
    RESOLVED = "resolved"
    IN_REVIEW = "in_review"
    CLOSED = "closed"


class Incident(Record):
    """Something went wrong with an AI system, or nearly did (A.8.4, INV-INC1 to INV-INC3)."""

    __tablename__ = "incident"

    PREFIX = "INC"
    NOUN = "incident"
    PATH = "incidents"
    FROZEN = frozenset({IncidentState.CLOSED})
    WAY_OUT = "Report a new incident that follows from this one."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("system_version.id"))
    source_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("record.id"), index=True)
    """The red-line check or concern it came from."""
    incident_kind: Mapped[str] = mapped_column(String(40), active_history=True)
    severity: Mapped[str] = mapped_column(String(4), default="", active_history=True)
    description: Mapped[str] = mapped_column(active_history=True)
    affected: Mapped[str] = mapped_column(default="", active_history=True)
    occurred_at: Mapped[datetime | None]
    aware_at: Mapped[datetime] = mapped_column(active_history=True)
    clocks: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    containment: Mapped[str] = mapped_column(default="", active_history=True)
    cause: Mapped[str] = mapped_column(default="", active_history=True)
    lessons: Mapped[str] = mapped_column(default="", active_history=True)
    communication: Mapped[str] = mapped_column(default="", active_history=True)
    """Who is told what, or why nobody is (A.8.4)."""

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    system_version: Mapped[SystemVersion | None] = relationship(foreign_keys=[version_id])
    source: Mapped[Record | None] = relationship(foreign_keys=[source_id])
    steps: Mapped[list["IncidentStep"]] = relationship(back_populates="incident", order_by="IncidentStep.id")
    notices: Mapped[list["IncidentNotice"]] = relationship(
        back_populates="incident", order_by="IncidentNotice.due_at"
    )

    __mapper_args__ = {
        "polymorphic_identity": "incident",
        "inherit_condition": id == Record.__table__.c.id,
    }

    def due_at(self, clock_id: str) -> datetime:
        """When a duty to tell is over: hours after we became aware."""
        return self.aware_at + timedelta(hours=rules().clocks[clock_id].hours)


class IncidentStep(Base):
    """Something that was done about an incident, when and by whom."""

    __tablename__ = "incident_step"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]

    incident: Mapped[Incident] = relationship(back_populates="steps")

    def whole(self) -> Record:
        """The incident."""
        return self.incident


class IncidentNotice(Base):
    """A duty to tell somebody: told, or not due with the reason."""

    __tablename__ = "incident_notice"
    __table_args__ = (UniqueConstraint("incident_id", "clock"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    clock: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    not_due_because: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    incident: Mapped[Incident] = relationship(back_populates="notices")

    @property
    def is_settled(self) -> bool:
        """Whether somebody was told or need not be."""
        return self.told_at is not None or bool(self.not_due_because)

    def whole(self) -> Record:
        """The incident."""
        return self.incident


class ConcernState(StrEnum):
    """Life of a concern."""

    RECEIVED = "received"
    ASSESSED = "assessed"
    IN_HANDLING = "in_handling"
    ANSWERED = "answered"
    IN_REVIEW = "in_review"
    CLOSED = "closed"


# The trail has its hash, and no registry rebuilt as of an earlier day shows it: who may read it is decided today (INV-CNC1).
_FOR_HANDLERS = {"digest": True, "today": True}


class Concern(Record):
    """A concern that somebody reported (A.3.3). Its text and reporter are for handlers only; the title is neutral (INV-CNC1)."""

    __tablename__ = "concern"
    __table_args__ = (Index("ix_concern_receipt", "receipt_hash", unique=True),)

    PREFIX = "CRN"
    NOUN = "concern"
    PATH = "concerns"
    FROZEN = frozenset({ConcernState.CLOSED})
    WAY_OUT = "A new concern may be reported at any time."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("ai_system.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(info=_FOR_HANDLERS)
    text: Mapped[str] = mapped_column(info=_FOR_HANDLERS)
    reporter: Mapped[str] = mapped_column(default="", info=_FOR_HANDLERS)
    """What the reporter chose to say about themselves; empty is anonymous."""
    receipt_hash: Mapped[str] = mapped_column(String(64), info={"secret": True})
    received_at: Mapped[datetime]
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), active_history=True)
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The person it is about, if it is about one: they never handle or close it (SD-9)."""
    assessment: Mapped[str] = mapped_column(default="", info=_FOR_HANDLERS)
    harm_plausible: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(default="", info=_FOR_HANDLERS)
    answered_at: Mapped[datetime | None]

    system: Mapped[AiSystem | None] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {
        "polymorphic_identity": "concern",
        "inherit_condition": id == Record.__table__.c.id,
    }

    def signed_content(self) -> dict[str, Any]:
        """What closing a concern binds: hashes of the texts, so that no signature, page or pack repeats them."""
        content = super().signed_content()
        texts = {name: content_hash(content[name]) for name in ("about", "text", "assessment", "outcome")}
        return {
            name: value for name, value in content.items() if name not in ("reporter", "receipt_hash")
        } | texts


class ConcernTry(Base):
    """A report from the public page, kept for a day to slow down floods; the address only as a salted hash."""

    __tablename__ = "concern_try"
    __audited__ = False

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]
