"""Intervals that follow the tier of a system and a major finding (config/audit_programme.yaml). They only ever shorten by themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from governance.audits import catalogue, making, queries, recurrence, service
from governance.audits.models import Audit, AuditSchedule, AuditState
from governance.improvement import queries as improvement


@dataclass(frozen=True)
class Interval:
    """Months between two audits, and why so many."""

    months: int
    why: str


def open_majors(session: Session, schedules: Iterable[AuditSchedule]) -> dict[int, str]:
    """The reference of an open major finding by the id of its system, of the systems of these schedules."""
    ids = {item.system_id for item in schedules if item.system_id is not None}
    return improvement.open_majors_by_system(session, sorted(ids))


def wanted_months(item: AuditSchedule, majors: Mapping[int, str]) -> Interval | None:
    """The interval that the programme asks of the system now; None if its tier is audited on a trigger only."""
    if item.system is None or item.system.tier is None:
        return None
    rules = catalogue.programme()
    months = rules.interval_months[item.audit_type][item.system.tier]
    if months is None:
        return None
    if major := majors.get(item.system.id):
        return Interval(max(1, months // rules.after_major_factor), f"Major finding {major} is open.")
    return Interval(months, f"{item.system.reference} is in tier {item.system.tier}.")


def present_months(item: AuditSchedule) -> int:
    """The interval of a schedule in months."""
    every, unit, _ = recurrence.in_words(item.rule)
    return every * 12 if unit == "years" else every


def shorten(session: Session, item: AuditSchedule, months: int, now: datetime) -> list[Audit]:
    """Let a schedule recur more often at once. Returns the planned audits that are cancelled by it.

    The next audit is due on the earlier of its present day and the last one held or due plus the new interval, but not
    before today (audit programme, schedule rules).
    """
    today = recurrence.today_in(item.zone, now)
    making.make_what_fell_due(session, item)
    coming = recurrence.following(item.rule, item.starts_on, today, 1)
    last = _last_day(session, item, today)
    soonest = max(today, last + relativedelta(months=months)) if last else today
    _, _, on = recurrence.in_words(item.rule)
    starts_on = min([soonest, *coming])
    return service.recur(session, item, recurrence.build_rule(months, "months", on), starts_on)


def _last_day(session: Session, item: AuditSchedule, today: date) -> date | None:
    gone = (AuditState.CANCELLED, AuditState.MISSED, AuditState.MERGED)
    made = [audit for audit in queries.of_schedule(session, item) if audit.state not in gone]
    return max((audit.occurs_on for audit in made if audit.occurs_on <= today), default=None)
