"""What a subscription of the calendar shows: audits around today, and what schedules will make within a year and a half."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.audits import calendar_queries, recurrence
from governance.audits.calendar import Layer, Window, dates_of
from governance.audits.calendar_selection import Selection
from governance.audits.models import Audit, AuditSchedule
from governance.core import clock
from governance.core.records import Record, table_of

BACK: Final = timedelta(days=180)
AHEAD: Final = timedelta(days=550)
# A calendar program reads the whole file every few hours.
MOST_AUDITS: Final = 2_000
MOST_SCHEDULES: Final = 500

_AUDIT, _SCHEDULE, _RECORD = (table_of(kind) for kind in (Audit, AuditSchedule, Record))
_OF_SYSTEM, _OF_SCHEDULE = _RECORD.alias("record_of_system"), _RECORD.alias("record_of_schedule")


@dataclass(frozen=True)
class Row:
    """An occurrence as a file shows it. `key` is the same before and after the audit is made."""

    key: str
    day: date
    path: str
    reference: str
    audit_type: str
    state: str
    system: str
    sequence: int
    changed_at: datetime
    lead_days: int | None


def window() -> Window:
    """The days that a subscription shows."""
    today = clock.today()
    return Window(today - BACK, today + AHEAD)


def occurrences(session: Session, actor: Actor, chosen: Selection) -> tuple[list[Row], bool]:
    """What is in the file for somebody, by day, and whether there is more than fits."""
    found = list(_audits(session, chosen)) if chosen.shows_audits else []
    coming, more = _coming(session, chosen) if chosen.shows_projected else ([], False)
    cut = more or len(found) > MOST_AUDITS
    return sorted([*found[:MOST_AUDITS], *coming], key=lambda row: (row.day, row.reference, row.key)), cut


def _audits(session: Session, chosen: Selection) -> Iterator[Row]:
    statement = (
        calendar_queries.audits_in(chosen, window())
        .add_columns(
            _AUDIT.c.period_key,
            _RECORD.c.version,
            _RECORD.c.changed_at,
            _SCHEDULE.c.lead_days,
            _OF_SCHEDULE.c.reference.label("schedule"),
            _OF_SYSTEM.c.title.label("system"),
            _OF_SYSTEM.c.version.label("system_version"),
            _OF_SYSTEM.c.changed_at.label("system_changed_at"),
        )
        .join(_SCHEDULE, _SCHEDULE.c.id == _AUDIT.c.schedule_id, isouter=True)
        .join(_OF_SCHEDULE, _OF_SCHEDULE.c.id == _AUDIT.c.schedule_id, isouter=True)
        .join(_OF_SYSTEM, _OF_SYSTEM.c.id == _AUDIT.c.system_id, isouter=True)
        .order_by(_AUDIT.c.due_on, _AUDIT.c.id)
        .limit(MOST_AUDITS + 1)
    )
    for row in session.execute(statement):
        key = _key(row.schedule, row.period_key, row.system_id) if row.schedule else row.reference
        yield _row(row, key, row.day, Audit.PATH, row.state, row.version + (row.system_version or 0))


def _key(schedule: str, period: str, system_id: int | None) -> str:
    return f"{schedule}.{period}.{system_id or 0}"


def _row(row: Any, key: str, day: date, folder: str, state: str, sequence: int) -> Row:
    changed = max(moment for moment in (row.changed_at, row.system_changed_at) if moment is not None)
    return Row(
        key,
        day,
        f"/{folder}/{row.reference}",
        row.reference,
        row.audit_type,
        state,
        row.system or "",
        # The title of the system stands in the event; both versions only grow.
        sequence,
        changed,
        row.lead_days,
    )


def _coming(session: Session, chosen: Selection) -> tuple[list[Row], bool]:
    """The dates of the first schedules that no audit was made for, and whether there are more schedules."""
    ahead = window().of_the_future(clock.today())
    schedules = session.execute(_schedules(chosen)).all()
    ids = [row.id for row in schedules[:MOST_SCHEDULES]]
    made = session.execute(
        select(_AUDIT.c.schedule_id, _AUDIT.c.period_key).where(
            _AUDIT.c.schedule_id.in_(ids), _AUDIT.c.period_key >= ahead.first.isoformat()
        )
    )
    there = {(schedule, key[:10]) for schedule, key in made}
    found = []
    for row in schedules[:MOST_SCHEDULES]:
        for day in dates_of(row.rule, row.starts_on, ahead):
            if (row.id, day.isoformat()) not in there:
                key = _key(row.reference, recurrence.period_key(day), row.system_id)
                found.append(_row(row, key, day, AuditSchedule.PATH, Layer.PROJECTED.value, 0))
    return found, len(schedules) > MOST_SCHEDULES


def _schedules(chosen: Selection) -> Select[Any]:
    statement: Select[Any] = select(
        _SCHEDULE.c.id,
        _SCHEDULE.c.rule,
        _SCHEDULE.c.starts_on,
        _SCHEDULE.c.audit_type,
        _SCHEDULE.c.system_id,
        _SCHEDULE.c.lead_days,
        _RECORD.c.reference,
        _RECORD.c.changed_at,
        _OF_SYSTEM.c.title.label("system"),
        _OF_SYSTEM.c.changed_at.label("system_changed_at"),
    ).join_from(_SCHEDULE, _RECORD, _RECORD.c.id == _SCHEDULE.c.id)
    return (
        calendar_queries.active(statement, chosen)
        .join(_OF_SYSTEM, _OF_SYSTEM.c.id == _SCHEDULE.c.system_id, isouter=True)
        .order_by(_SCHEDULE.c.id)
        .limit(MOST_SCHEDULES + 1)
    )
