"""Audits by a certification body, whom it sends, what is shared with them, what they ask, and everything they looked at."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.access.models import Person
from governance.core import clock
from governance.core.records import Base, Record
from governance.core.types import BigId, Choice
from governance.evidence.models import Evidence


class ExternalKind(StrEnum):
    """Which audit of the certification cycle it is (ISO/IEC 17021-1)."""

    STAGE_1 = "stage_1"
    STAGE_2 = "stage_2"
    SURVEILLANCE_1 = "surveillance_1"
    SURVEILLANCE_2 = "surveillance_2"
    RECERTIFICATION = "recertification"
    SPECIAL = "special"


SURVEILLANCE = (ExternalKind.SURVEILLANCE_1, ExternalKind.SURVEILLANCE_2)
BEGINS_A_CYCLE = (ExternalKind.STAGE_2, ExternalKind.RECERTIFICATION)


class ExternalState(StrEnum):
    """Life of an external audit."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    REPORTED = "reported"
    CLOSED = "closed"
    CANCELLED = "cancelled"


HELD = (ExternalState.REPORTED, ExternalState.CLOSED)


class Outcome(StrEnum):
    """What the audit team recommends."""

    READY = "ready"
    NOT_READY = "not_ready"
    RECOMMENDED = "recommended"
    RECOMMENDED_AFTER_CORRECTIONS = "recommended_after_corrections"
    NOT_RECOMMENDED = "not_recommended"


class Decision(StrEnum):
    """What the certification body decided."""

    GRANTED = "granted"
    MAINTAINED = "maintained"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


class ExternalAudit(Record):
    """An audit of the management system by a certification body, with its report and, where one follows, the certificate."""

    __tablename__ = "external_audit"

    PREFIX = "EXA"
    NOUN = "external audit"
    PATH = "external-audits"
    YEARLY = True
    RUNS_OUT = "expires_on"
    STANDS = frozenset(HELD)
    FROZEN = frozenset({ExternalState.CLOSED, ExternalState.CANCELLED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Plan another external audit."
    SEARCHED = ("body", "certificate_number")

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    audit_kind: Mapped[ExternalKind] = mapped_column(Choice(ExternalKind), index=True)
    standard: Mapped[str] = mapped_column(String(100), active_history=True)
    body: Mapped[str] = mapped_column(String(200), active_history=True)
    body_id: Mapped[int | None] = mapped_column(ForeignKey("supplier.id"))
    """The certification body as a third party, if it is registered as one."""
    lead_auditor: Mapped[str] = mapped_column(String(200), default="", active_history=True)
    scope_text: Mapped[str] = mapped_column(default="", active_history=True)
    starts_on: Mapped[date] = mapped_column(active_history=True)
    ends_on: Mapped[date] = mapped_column(active_history=True)
    outcome: Mapped[Outcome | None] = mapped_column(Choice(Outcome))
    conclusion: Mapped[str] = mapped_column(default="")
    report_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    decision: Mapped[Decision | None] = mapped_column(Choice(Decision))
    decided_on: Mapped[date | None]
    certificate_number: Mapped[str] = mapped_column(String(100), default="")
    expires_on: Mapped[date | None]
    state_reason: Mapped[str] = mapped_column(default="")

    report: Mapped[Evidence | None] = relationship(foreign_keys=[report_id])
    guests: Mapped[list["RoomGuest"]] = relationship(back_populates="audit", order_by="RoomGuest.id")
    shares: Mapped[list["Share"]] = relationship(back_populates="audit", order_by="Share.id")

    __mapper_args__ = {
        "polymorphic_identity": "external_audit",
        "inherit_condition": id == Record.__table__.c.id,
    }


class RoomGuest(Base):
    """An auditor of the certification body who may enter the auditor's room until a day."""

    __tablename__ = "room_guest"
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("external_audit.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    until_on: Mapped[date]
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    invited_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]

    audit: Mapped[ExternalAudit] = relationship(back_populates="guests")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])

    def whole(self) -> Record:
        """The external audit."""
        return self.audit

    @property
    def is_live(self) -> bool:
        """Whether the room is open to this person today."""
        return (
            self.ended_at is None
            and clock.today() <= self.until_on
            and self.audit.state not in ExternalAudit.FROZEN
        )


class Reach(StrEnum):
    """How much of what stands around a record is shared with it."""

    RECORD = "record"
    WITH_EVIDENCE = "with_evidence"
    WITH_RELATED = "with_related"


class Share(Base):
    """A record that the auditors of an external audit may see, from a day until a day; withdrawn at any time."""

    __tablename__ = "share"
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("external_audit.id"), index=True)
    record_id: Mapped[int] = mapped_column(BigId, ForeignKey("record.id"))
    reach: Mapped[Reach] = mapped_column(Choice(Reach))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    request_id: Mapped[int | None] = mapped_column(ForeignKey("audit_request.id"))
    """The request that it answers, if it came that way."""
    shared_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    shared_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]

    audit: Mapped[ExternalAudit] = relationship(back_populates="shares", foreign_keys=[audit_id])
    record: Mapped[Record] = relationship(foreign_keys=[record_id])

    def whole(self) -> Record:
        """The external audit."""
        return self.audit

    @property
    def is_live(self) -> bool:
        """Whether it shows anything today."""
        today = clock.today()
        return (
            self.withdrawn_at is None
            and self.from_on <= today
            and (self.until_on is None or today <= self.until_on)
        )


class RequestState(StrEnum):
    """Life of a request of an external auditor."""

    ASKED = "asked"
    PROVIDED = "provided"
    ACCEPTED = "accepted"
    FLAGGED = "flagged"
    WITHDRAWN = "withdrawn"


WAITS_FOR_US = (RequestState.ASKED, RequestState.FLAGGED)


class AuditRequest(Record):
    """Something the certification body wants to see. `owner` finds it; the auditor accepts it or says why it is not enough."""

    __tablename__ = "audit_request"

    PREFIX = "ARQ"
    NOUN = "audit request"
    PATH = "audit-requests"
    FROZEN = frozenset({RequestState.ACCEPTED, RequestState.WITHDRAWN})
    WAY_OUT = "Ask anew."
    SEARCHED = ("text", "clause")

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("external_audit.id"), index=True)
    text: Mapped[str]
    clause: Mapped[str] = mapped_column(String(100), default="")
    due_on: Mapped[date]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    audit: Mapped[ExternalAudit] = relationship(foreign_keys=[audit_id])
    exchanges: Mapped[list["RequestExchange"]] = relationship(
        back_populates="request", order_by="RequestExchange.id"
    )

    __mapper_args__ = {
        "polymorphic_identity": "audit_request",
        "inherit_condition": id == Record.__table__.c.id,
    }

    @property
    def overdue(self) -> bool:
        """Whether it waits for us past its day."""
        return self.state in WAITS_FOR_US and self.due_on < clock.today()


class RequestExchange(Base):
    """One step of a request: who asked, answered, accepted or flagged, and with which words."""

    __tablename__ = "request_exchange"
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("audit_request.id"), index=True)
    act: Mapped[RequestState] = mapped_column(Choice(RequestState))
    text: Mapped[str]
    record_references: Mapped[list[str]] = mapped_column(default=list)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    request: Mapped[AuditRequest] = relationship(back_populates="exchanges")

    def whole(self) -> Record:
        """The request."""
        return self.request


class VisitAct(StrEnum):
    """What an external auditor did, or tried."""

    VIEWED = "viewed"
    DOWNLOADED = "downloaded"
    REFUSED = "refused"


class RoomVisit(Base):
    """One page or file that an external auditor opened or was refused; the trail has each of them (domain: external auditor)."""

    __tablename__ = "room_visit"
    __table_args__ = (Index("ix_room_visit_audit", "audit_id", "id"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int | None] = mapped_column(ForeignKey("external_audit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    act: Mapped[VisitAct] = mapped_column(Choice(VisitAct))
    address: Mapped[str] = mapped_column(String(300))

    audit: Mapped[ExternalAudit | None] = relationship()

    def whole(self) -> Record | None:
        """The external audit, if the person is invited to one."""
        return self.audit
