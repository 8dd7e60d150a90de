"""What audits do by themselves: occurrences are made on time, once; what passed its grace is recorded as missed."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from governance.audits import recurrence, reminders, service
from governance.audits.models import Audit, AuditSchedule, AuditState, ScheduleState
from governance.jobs.registry import recurring
from governance.systems.models import AiSystem


@recurring("audits.materialise", every_seconds=60)
def materialise(session: Session, now: datetime) -> None:
    """Make every occurrence that is due within its lead time, and mark missed ones. Running it again changes nothing."""
    session.info["verb"] = "audits.materialise"
    active = select(AuditSchedule).where(AuditSchedule.state == ScheduleState.ACTIVE)
    for item in session.scalars(active.options(joinedload(AuditSchedule.system))).all():
        if item.system.state in AiSystem.FROZEN:
            item.state, item.state_reason = (
                ScheduleState.ENDED,
                f"{item.system.reference} is {item.system.state}.",
            )
        else:
            _make_due(session, item, now)
    _mark_missed(session, now)


def _make_due(session: Session, item: AuditSchedule, now: datetime) -> None:
    today = recurrence.today_in(item.zone, now)
    made = set(session.scalars(select(Audit.period_key).where(Audit.schedule_id == item.id)))
    for due in recurrence.until(item.rule, item.starts_on, today + timedelta(days=item.lead_days)):
        if recurrence.period_key(due) not in made:
            try:
                with session.begin_nested():
                    service.make_occurrence(session, item, due, today)
            except IntegrityError:
                # Another worker was faster; the unique (schedule, period) keeps one.
                continue


def _mark_missed(session: Session, now: datetime) -> None:
    late = select(Audit).where(Audit.state == AuditState.PLANNED, Audit.grace_until < now.date())
    for audit in session.scalars(late):
        audit.state = AuditState.MISSED
        audit.state_reason = f"Not started by {audit.grace_until}."
        reminders.tell_missed(session, audit)
