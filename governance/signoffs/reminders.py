"""Who is told that a signature is wanted: at once, and again while it is not given."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.core.records import Record
from governance.notifications import service as notifications
from governance.notifications.catalogue import rules
from governance.notifications.reminders import Reminder, again_and_again, reminders, was_told
from governance.notifications.service import News
from governance.signoffs.catalogue import rules as slots
from governance.signoffs.models import SignOff, SignOffState
from governance.signoffs.routes import may_fill


@reminders
def of_signatures(session: Session, today: date) -> Iterable[Reminder]:
    """Signatures that were asked for days ago and not given, to everybody who could give them."""
    rule = rules().reminders.signatures
    asked = (
        select(SignOff)
        .where(Record.kind == "sign_off", SignOff.state == SignOffState.REQUESTED)
        .order_by(SignOff.created_at)
    )
    for item in session.scalars(asked):
        first = item.created_at.date() + timedelta(days=rule.first_after_days)
        step = again_and_again("signature", first, rule.again_after_days, today)
        if step is not None and not was_told(session, item, step):
            day = item.created_at.date().isoformat()
            said = f"Your signature is wanted since {day}: {item.subject.title} ({item.subject.reference})"
            yield Reminder(item, step, signers(session, item), "signature", said)


def tell_wanted(session: Session, items: Iterable[SignOff]) -> None:
    """Tell everybody who could sign that a signature is wanted."""
    for item in items:
        subject = f"Your signature is wanted: {item.subject.title} ({item.subject.reference})"
        news = News("signature", subject, f"{item.reference}:asked", item)
        notifications.tell(session, signers(session, item), news)


def signers(session: Session, item: SignOff) -> tuple[int, ...]:
    """Active persons who could fill the slot now."""
    slot, subject = slots().slots[item.slot], item.subject
    places = (subject, getattr(subject, "system", None))
    related: set[int | None] = {
        getattr(place, f"{name}_id", None) for place in places for name in slot.relations
    }
    could = {person.id: person for person in people.with_role(session, *slot.roles)}
    for person_id in related:
        if person_id is not None and person_id not in could:
            could[person_id] = people.person(session, person_id)
    return tuple(
        person.id
        for person in could.values()
        if person.is_active and not may_fill(session, people.actor_for(person), item)
    )
