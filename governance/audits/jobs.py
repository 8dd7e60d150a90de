"""What audits do by themselves: occurrences are made on time, once; what passed its grace is missed; tiers shorten intervals."""

from datetime import date, datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, joinedload

from governance.audits import catalogue, queries, recurrence, reminders, retiming, service, working_days
from governance.audits.models import (
    Audit,
    AuditSchedule,
    AuditState,
    CatchUp,
    ScheduleProgress,
    ScheduleState,
)
from governance.core.errors import Refused
from governance.core.records import Record
from governance.improvement import queries as improvement
from governance.improvement import service as findings
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.jobs.registry import recurring
from governance.systems.models import AiSystem

# Somewhere on earth it is this much later than in UTC.
_EARLIEST_ZONE = timedelta(hours=14)
# A shift to the working day before moves a due date by less than this.
_SHIFTED_AT_MOST = timedelta(days=31)


@recurring("audits.materialise", every_seconds=60)
def materialise(session: Session, now: datetime) -> None:
    """Make every occurrence that is due within its lead time, and mark missed ones. Running it again changes nothing."""
    session.info["verb"] = "audits.materialise"
    for item in _to_look_at(session, now):
        if item.system and item.system.state in AiSystem.FROZEN:
            item.state, item.state_reason = (
                ScheduleState.ENDED,
                f"{item.system.reference} is {item.system.state}.",
            )
        else:
            _make_due(session, item, now)
    _mark_missed(session, now)


def _to_look_at(session: Session, now: datetime) -> list[AuditSchedule]:
    """Active schedules of which something may be due, or whose system is gone."""
    systems = aliased(Record.__table__)
    gone = exists(
        select(systems.c.id).where(
            systems.c.id == AuditSchedule.system_id, systems.c.state.in_(AiSystem.FROZEN)
        )
    )
    due = or_(
        ScheduleProgress.look_again_on.is_(None),
        ScheduleProgress.look_again_on <= (now + _EARLIEST_ZONE).date(),
        gone,
    )
    statement = (
        select(AuditSchedule)
        .outerjoin(ScheduleProgress, ScheduleProgress.schedule_id == AuditSchedule.id)
        .where(AuditSchedule.state == ScheduleState.ACTIVE, due)
        .options(joinedload(AuditSchedule.system))
        .order_by(AuditSchedule.id)
    )
    return list(session.scalars(statement))


def _make_due(session: Session, item: AuditSchedule, now: datetime) -> None:
    today = recurrence.today_in(item.zone, now)
    horizon = today + timedelta(days=item.lead_days)
    made = set(session.scalars(select(Audit.period_key).where(Audit.schedule_id == item.id)))
    days = recurrence.until(item.rule, item.starts_on, horizon + _SHIFTED_AT_MOST)
    wanted = [
        day
        for day in days
        if recurrence.period_key(day) not in made
        and working_days.shifted(day, item.shift, item.holidays) <= horizon
    ]
    for audit in [_made(session, item, day, today) for day in wanted]:
        if audit and item.catch_up is CatchUp.LATEST and audit.occurs_on < _latest_due(wanted, today):
            audit.state = AuditState.MERGED
            audit.state_reason = f"Merged into the occurrence of {_latest_due(wanted, today)}."
    service.look_again(session, item, _next_look(item, horizon))


def _made(session: Session, item: AuditSchedule, day: date, today: date) -> Audit | None:
    try:
        with session.begin_nested():
            return service.make_occurrence(session, item, day, today)
    except IntegrityError:
        # Another worker was faster; the unique (schedule, period) keeps one.
        return None


def _latest_due(days: list[date], today: date) -> date:
    """The latest day that fell due, of those that are made at once; the first of all if none did."""
    return max((day for day in days if day < today), default=date.min)


def _next_look(item: AuditSchedule, horizon: date) -> date:
    """The day on which the next occurrence that is not made yet comes within the lead time."""
    ahead = recurrence.following(item.rule, item.starts_on, horizon - _SHIFTED_AT_MOST, 64)
    dues = [working_days.shifted(day, item.shift, item.holidays) for day in ahead]
    following = next((due for due in dues if due > horizon), None)
    # A rule without an end always has a following day; a short rule may have more than 64 within the shift.
    return (following or horizon + timedelta(days=1)) - timedelta(days=item.lead_days)


def _mark_missed(session: Session, now: datetime) -> None:
    waiting = Audit.state.in_((AuditState.PLANNED, AuditState.ANNOUNCED))
    for audit in session.scalars(select(Audit).where(waiting, Audit.grace_until < now.date())):
        audit.state = AuditState.MISSED
        audit.state_reason = f"Not started by {audit.grace_until}."
        reminders.tell_missed(session, audit)


@recurring("audits.retime", every_seconds=3600)
def retime(session: Session, now: datetime) -> None:
    """Shorten the interval of schedules whose system rose a tier or has an open major finding (never lengthens by itself)."""
    session.info["verb"] = "audits.retime"
    following = select(AuditSchedule).where(
        AuditSchedule.state == ScheduleState.ACTIVE, AuditSchedule.by_tier.is_(True)
    )
    for item in session.scalars(following.options(joinedload(AuditSchedule.system))).all():
        wanted = retiming.wanted_months(session, item)
        if wanted is not None and wanted.months < retiming.present_months(item):
            session.info["reason"] = wanted.why
            retiming.shorten(session, item, wanted.months, now)
    session.info.pop("reason", None)


@recurring("audits.overdue_findings", every_seconds=3600)
def overdue_findings(session: Session, now: datetime) -> None:
    """Open a minor nonconformity against 9.2 for an audit that is overdue for long on a high tier; once for each audit."""
    session.info["verb"] = "audits.overdue_findings"
    rule = catalogue.programme().overdue_finding
    before = now.date() - timedelta(days=rule.after_days)
    for audit in queries.overdue_before(session, before):
        grave = next((system for system in audit.systems if system.tier in rule.tiers), None)
        if grave is None or improvement.from_source(session, audit):
            continue
        data = RecordFinding(
            title=f"Audit {audit.reference} is overdue for more than {rule.after_days} days",
            grade=Grade.MINOR,
            criterion="ISO/IEC 42001, 9.2.2: audits at planned intervals",
            evidence_statement=f"{audit.reference} was due on {audit.due_on} and is {audit.state}.",
            gap="The audit was not held, and nothing took its place.",
        )
        try:
            findings.record_finding(session, grave, data, source=audit, question_id="overdue")
        except Refused:
            # The system was retired meanwhile; the missed audit stays on record as missed.
            continue
