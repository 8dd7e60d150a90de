"""What audits do by themselves: occurrences are made on time, once; what passed its grace is missed; tiers shorten intervals."""

import logging
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.orm import Session, joinedload

from governance.audits import catalogue, making, queries, recurrence, reminders, retiming
from governance.audits.models import Audit, AuditSchedule, AuditState, ScheduleProgress, ScheduleState
from governance.core.errors import DomainError, Refused
from governance.core.records import Record, table_of
from governance.improvement import service as findings
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.jobs.registry import recurring
from governance.systems.models import AiSystem
from governance.trail.capture import before_seal

_log = logging.getLogger("aims.audits")

# Somewhere on earth it is this much later than in UTC.
_EARLIEST_ZONE = timedelta(hours=14)
# How many schedules are loaded at once.
_PORTION = 200


@recurring("audits.materialise", every_seconds=60)
def materialise(session: Session, now: datetime) -> None:
    """Make every occurrence that is due within its lead time, and mark missed ones. Running it again changes nothing.

    A schedule whose occurrence cannot be made is logged and tried again the next day; it does not keep others waiting.
    """
    session.info["verb"] = "audits.materialise"
    for item in _to_look_at(session, now):
        today = recurrence.today_in(item.zone, now)
        try:
            with session.begin_nested():
                _look_at(session, item, today)
        except DomainError as error:
            _log.error("Occurrences of %s cannot be made: %s", item.reference, error.message)
            making.look_again(session, item, today + timedelta(days=1))
    _mark_missed(session, Audit.schedule_id.is_(None), now.date())


def _to_look_at(session: Session, now: datetime) -> Iterator[AuditSchedule]:
    """Schedules of which something may be due or missed. Those that another worker is looking at are left to it."""
    noted = (
        select(ScheduleProgress.schedule_id, ScheduleProgress.look_again_on, AuditSchedule.zone)
        .select_from(table_of(ScheduleProgress).join(table_of(AuditSchedule)))
        .where(ScheduleProgress.look_again_on <= (now + _EARLIEST_ZONE).date())
        .order_by(ScheduleProgress.look_again_on)
    )
    # Sorted here: in the order of ids, SQLite would walk through all of them.
    near = sorted(id for id, day, zone in session.execute(noted) if day <= recurrence.today_in(zone, now))
    for start in range(0, len(near), _PORTION):
        statement = (
            select(AuditSchedule)
            .where(AuditSchedule.id.in_(near[start : start + _PORTION]))
            .options(joinedload(AuditSchedule.system))
            .order_by(AuditSchedule.id)
            .with_for_update(skip_locked=True, key_share=True, of=_tables(AuditSchedule))
        )
        yield from session.scalars(statement).all()


def _tables(kind: type[Record]) -> tuple[Table, ...]:
    return (table_of(Record), table_of(kind))


def _look_at(session: Session, item: AuditSchedule, today: date) -> None:
    horizon = today + timedelta(days=item.lead_days)
    if item.state == ScheduleState.ACTIVE and item.system and item.system.state in AiSystem.FROZEN:
        item.state = ScheduleState.ENDED
        item.state_reason = f"{item.system.reference} is {item.system.state}."
    elif item.state == ScheduleState.ACTIVE:
        making.make_due(session, item, today, horizon)
    _mark_missed(session, Audit.schedule_id == item.id, today)
    making.look_again(session, item, making.next_look(session, item, horizon))


def _mark_missed(session: Session, which: ColumnElement[bool], today: date) -> None:
    waiting = Audit.state.in_((AuditState.PLANNED, AuditState.ANNOUNCED))
    statement = select(Audit).where(which, waiting, Audit.grace_until < today)
    for audit in session.scalars(
        statement.with_for_update(skip_locked=True, key_share=True, of=_tables(Audit))
    ):
        audit.state = AuditState.MISSED
        audit.state_reason = f"Not started by {audit.grace_until}."
        reminders.tell_missed(session, audit)


@before_seal
def _system_is_gone(session: Session, changed: Iterable[Record]) -> None:
    """Let the worker look at the schedules of systems that are not audited any more, which ends them."""
    gone = [item for item in changed if isinstance(item, AiSystem) and item.state in AiSystem.FROZEN]
    for system in gone:
        for item in queries.schedules_of(session, system.id):
            if item.state == ScheduleState.ACTIVE:
                making.look_again(session, item, date.min)


@recurring("audits.retime", every_seconds=3600)
def retime(session: Session, now: datetime) -> None:
    """Shorten the interval of schedules whose system rose a tier or has an open major finding (never lengthens by itself)."""
    session.info["verb"] = "audits.retime"
    following = select(AuditSchedule).where(
        AuditSchedule.state == ScheduleState.ACTIVE, AuditSchedule.by_tier.is_(True)
    )
    schedules = session.scalars(following.options(joinedload(AuditSchedule.system))).all()
    majors = retiming.open_majors(session, schedules)
    for item in schedules:
        wanted = retiming.wanted_months(item, majors)
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
        if grave is None:
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
