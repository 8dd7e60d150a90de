"""Subscriptions of the audit calendar, and what the calendar looks audits up by."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.access.models import Person
from governance.audits.models import Audit, AuditSchedule
from governance.core import clock
from governance.core.records import Base, table_of
from governance.core.types import BigId, Json

# Every page of the calendar is a stretch of days; dates still to be made are looked up by recurrence and occurrence.
Index("ix_audit_due_on", table_of(Audit).c.due_on, table_of(Audit).c.system_id)
Index("ix_audit_period_key", table_of(Audit).c.period_key, table_of(Audit).c.schedule_id)
_SCHEDULE = table_of(AuditSchedule)
Index("ix_audit_schedule_rhythm", _SCHEDULE.c.starts_on, _SCHEDULE.c.rule, _SCHEDULE.c.lead_auditor_id)


class CalendarFeed(Base):
    """A secret link with which a person's calendar program reads their choice of audits. Only its SHA-256 is kept."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info={"secret": True})
    chosen: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    language: Mapped[str] = mapped_column(String(10), default="en")
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class CalendarFetch(Base):
    """When a link was last read, what its file was (SHA-256), and since when the file is as it is. Machinery, not on the trail."""

    __tablename__ = "calendar_fetch"
    __audited__ = False

    feed_id: Mapped[int] = mapped_column(ForeignKey("calendar_feed.id"), primary_key=True)
    fetched_at: Mapped[datetime]
    content: Mapped[str] = mapped_column(String(64))
    content_since: Mapped[datetime]
