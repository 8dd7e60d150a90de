"""Reminders of corrective actions, and who is told of new findings and actions."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core.records import Record
from governance.improvement.models import BEFORE_DONE, CorrectiveAction, Finding
from governance.notifications import service as notifications
from governance.notifications.catalogue import rules
from governance.notifications.reminders import (
    Reminder,
    before_and_after,
    escalation,
    officers,
    reminders,
)
from governance.notifications.service import News


@reminders
def of_actions(session: Session, today: date) -> Iterable[Reminder]:
    """Actions that are not carried out: to the owner before, on and after the day, then to those above."""
    rule, above = rules().reminders.corrective_actions, officers(session)
    near = select(CorrectiveAction).where(
        Record.kind == "corrective_action",
        CorrectiveAction.state.in_(BEFORE_DONE),
        CorrectiveAction.due_on <= today + timedelta(days=rule.lead_days),
    )
    for item in session.scalars(near):
        what, day = f"{item.title} ({item.reference})", item.due_on.isoformat()
        if step := before_and_after(item.due_on, rule.lead_days, rule.overdue_after_days, today):
            # By the day on which it is read, not by the step: a late reminder must not say "today".
            if today < item.due_on:
                said = f"Your corrective action is due on {day}: {what}"
            elif today == item.due_on:
                said = f"Your corrective action is due today: {what}"
            else:
                said = f"Your corrective action was due on {day}: {what}"
            yield Reminder(item, step, (item.owner_id,), "action", said)
        if higher := escalation(item.due_on, rule, today):
            late = f"Corrective action not carried out since {day}: {what}"
            yield Reminder(item, higher, above, "escalation", late)


def tell_of_finding(session: Session, finding: Finding) -> None:
    """Tell the owner of the system that there is a finding."""
    subject = f"A finding on your system: {finding.title} ({finding.reference})"
    news = News("finding", subject, f"{finding.reference}:issued", finding)
    notifications.tell(session, [finding.owner_id], news)


def tell_of_action(session: Session, action: CorrectiveAction) -> None:
    """Tell owner and verifier of a new corrective action."""
    what, day = f"{action.title} ({action.reference})", action.due_on.isoformat()
    mine = News(
        "assigned", f"You carry out a corrective action by {day}: {what}", f"{action.reference}:owner", action
    )
    notifications.tell(session, [action.owner_id], mine)
    theirs = News(
        "assigned", f"You will verify a corrective action: {what}", f"{action.reference}:verifier", action
    )
    notifications.tell(session, [action.verifier_id], theirs)


def tell_carried_out(session: Session, action: CorrectiveAction) -> None:
    """Tell the verifier from when on they can look whether an action works."""
    what = f"{action.title} ({action.reference})"
    subject = f"From {action.check_from} on, see whether this corrective action works: {what}"
    key = f"{action.reference}:implemented:{action.version}"
    notifications.tell(session, [action.verifier_id], News("assigned", subject, key, action))
