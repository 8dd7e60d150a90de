"""Reminders of audits: at lead time, on the day, a week after to the lead auditor; then weekly to the compliance officers."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from governance.audits.models import Audit, AuditSchedule, AuditState
from governance.notifications import service as notifications
from governance.notifications.catalogue import rules
from governance.notifications.reminders import (
    Reminder,
    Step,
    before_and_after,
    escalation,
    officers,
    reminders,
)
from governance.notifications.service import News

_UNFINISHED = (
    AuditState.PLANNED,
    AuditState.ANNOUNCED,
    AuditState.IN_PROGRESS,
    AuditState.REPORTING,
    AuditState.MISSED,
)


@reminders
def of_audits(session: Session, today: date) -> Iterable[Reminder]:
    """Audits that are near or overdue. One without a lead auditor is for the compliance officers, who assign one."""
    rule, above = rules().reminders.audits, officers(session)
    of_schedules = session.execute(select(func.max(AuditSchedule.lead_days))).scalar() or 0
    longest = max(rule.lead_days, of_schedules)
    near = (
        select(Audit)
        .where(Audit.state.in_(_UNFINISHED), Audit.due_on <= today + timedelta(days=longest))
        .options(joinedload(Audit.schedule))
    )
    for audit in session.scalars(near):
        lead_days = audit.schedule.lead_days if audit.schedule else rule.lead_days
        step = before_and_after(audit.due_on, lead_days, rule.overdue_after_days, today)
        if step is not None:
            yield _to_do(audit, step, above, today)
        if higher := escalation(audit.due_on, rule, today):
            said = f"Audit not finished since {audit.due_on.isoformat()}: {audit.title} ({audit.reference})"
            yield Reminder(audit, higher, above, "escalation", said)


def _to_do(audit: Audit, step: Step, above: tuple[int, ...], today: date) -> Reminder:
    what, day = f"{audit.title} ({audit.reference})", audit.due_on.isoformat()
    if audit.lead_auditor_id is None:
        return Reminder(
            audit, step, above, "escalation", f"Audit without a lead auditor, due on {day}: {what}"
        )
    # By the day on which it is read, not by the step: a late reminder must not say "today".
    if today < audit.due_on:
        said = f"You lead an audit that is due on {day}: {what}"
    elif today == audit.due_on:
        said = f"The audit you lead is due today: {what}"
    else:
        said = f"The audit you lead was due on {day}: {what}"
    return Reminder(audit, step, (audit.lead_auditor_id,), "audit", said)


def tell_assigned(session: Session, audit: Audit) -> None:
    """Tell the lead auditor that they are it."""
    day = audit.due_on.isoformat()
    subject = f"You are the lead auditor of {audit.title} ({audit.reference}), due on {day}"
    key = f"{audit.reference}:assigned:{audit.lead_auditor_id}:{audit.version}"
    notifications.tell(session, [audit.lead_auditor_id], News("assigned", subject, key, audit))


def tell_member(session: Session, audit: Audit, person_id: int) -> None:
    """Tell somebody that they take part in an audit."""
    subject = (
        f"You take part in an audit, due on {audit.due_on.isoformat()}: {audit.title} ({audit.reference})"
    )
    key = f"{audit.reference}:member:{person_id}:{audit.version}"
    notifications.tell(session, [person_id], News("assigned", subject, key, audit))


def tell_reviewer(session: Session, audit: Audit, person_id: int) -> None:
    """Tell somebody that they look over the work of an auditor who is not independent."""
    subject = f"You look over the work of an auditor: {audit.title} ({audit.reference})"
    key = f"{audit.reference}:reviewer:{person_id}:{audit.version}"
    notifications.tell(session, [person_id], News("assigned", subject, key, audit))


def tell_missed(session: Session, audit: Audit) -> None:
    """Tell those above that an audit was not started within its grace."""
    subject = (
        f"Audit missed, not started by {audit.grace_until.isoformat()}: {audit.title} ({audit.reference})"
    )
    key = f"{audit.reference}:missed:{audit.grace_until.isoformat()}"
    notifications.tell(session, officers(session), News("escalation", subject, key, audit))
