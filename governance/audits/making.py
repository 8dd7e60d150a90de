"""How occurrences of a schedule are made: each once, with the checklist as it stands, late ones marked, and when to look again."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from governance.audits import catalogue, opening, recurrence, scope, working_days
from governance.audits.models import (
    Audit,
    AuditSchedule,
    AuditScope,
    AuditState,
    CatchUp,
    ScheduleProgress,
    ScheduleState,
)
from governance.core import clock
from governance.core.database import upsert
from governance.core.errors import Refused
from governance.core.records import table_of

# A shift to the working day before moves a due date by less than this.
_SHIFTED_AT_MOST = timedelta(days=31)


def make_occurrence(session: Session, item: AuditSchedule, occurs_on: date, today: date) -> Audit:
    """Make the audit of one occurrence with the checklist as it stands now, due on the day or a working day near it.

    Raises Refused if its checklist is gone, or its rule finds more systems than an audit can list.
    """
    try:
        checklist = catalogue.checklist(item.checklist)
    except KeyError as error:
        raise Refused(f"{item.reference}: there is no checklist {item.checklist} any more.") from error
    due = working_days.shifted(occurs_on, item.shift, item.holidays)
    audit = Audit(
        title=f"{item.title}, due {due.isoformat()}"[:400],
        state=AuditState.PLANNED,
        owner_id=item.system.owner_id if item.system else item.owner_id,
        schedule=item,
        period_key=recurrence.period_key(occurs_on),
        system=item.system,
        audit_type=item.audit_type,
        checklist=checklist.id,
        checklist_hash=checklist.hash,
        criteria=list(checklist.criteria),
        due_on=due,
        grace_until=due + timedelta(days=item.grace_days),
        created_late=due < today,
        lead_auditor_id=item.lead_auditor_id,
    )
    audit.scope = [AuditScope(system=system) for system in scope.of_schedule(session, item)]
    audit.answers = [opening.asked(q, position) for position, q in enumerate(checklist.questions, start=1)]
    session.add(audit)
    session.flush()
    return audit


def make_due(session: Session, item: AuditSchedule, today: date, horizon: date) -> None:
    """Make every occurrence that is due by a day and not there yet. Those before today are marked late.

    Where the latest stands for all, the others that fell due meanwhile are merged into it.
    """
    made = set(session.scalars(select(Audit.period_key).where(Audit.schedule_id == item.id)))
    days = recurrence.until(item.rule, item.starts_on, horizon + _SHIFTED_AT_MOST)
    wanted = [
        day
        for day in days
        if recurrence.period_key(day) not in made
        and working_days.shifted(day, item.shift, item.holidays) <= horizon
    ]
    audits = [audit for day in wanted if (audit := _made(session, item, day, today)) is not None]
    late = [audit for audit in audits if audit.created_late]
    if item.catch_up is CatchUp.LATEST and late:
        latest = max(audit.occurs_on for audit in late)
        for audit in late:
            if audit.occurs_on < latest:
                audit.state, audit.state_reason = (
                    AuditState.MERGED,
                    f"Merged into the occurrence of {latest}.",
                )


def _made(session: Session, item: AuditSchedule, day: date, today: date) -> Audit | None:
    try:
        with session.begin_nested():
            return make_occurrence(session, item, day, today)
    except IntegrityError:
        # Another worker was faster; the unique (schedule, period) keeps one.
        return None


def make_what_fell_due(session: Session, item: AuditSchedule) -> None:
    """Make what fell due up to today, before the schedule becomes another: a standstill of the worker loses nothing."""
    today = recurrence.today_in(item.zone, clock.now())
    make_due(session, item, today, today)


def look_again(session: Session, item: AuditSchedule, on: date) -> None:
    """Note the day, in the schedule's zone, on which the worker has to look at it again."""
    progress = table_of(ScheduleProgress)
    statement = upsert(session, progress).values(schedule_id=item.id, look_again_on=on)
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["schedule_id"], set_={"look_again_on": on})
    )


def next_look(session: Session, item: AuditSchedule, horizon: date) -> date:
    """The day on which the next occurrence comes within the lead time, or an audit of the schedule counts as missed."""
    waiting = select(Audit.grace_until).where(
        Audit.schedule_id == item.id, Audit.state.in_((AuditState.PLANNED, AuditState.ANNOUNCED))
    )
    days = [grace + timedelta(days=1) for grace in session.scalars(waiting)]
    if item.state == ScheduleState.ACTIVE:
        days += _next_due(item, horizon)
    return min(days, default=date.max)


def _next_due(item: AuditSchedule, horizon: date) -> list[date]:
    """When the next occurrence appears that is due after the horizon; nothing after a hundred years."""
    for day in recurrence.occurrences(item.rule, item.starts_on):
        if day > horizon - _SHIFTED_AT_MOST:
            due = working_days.shifted(day, item.shift, item.holidays)
            if due > horizon:
                return [due - timedelta(days=item.lead_days)]
    return []
