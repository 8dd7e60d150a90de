"""Reminders: each room declares what it reminds of, and here each is told once, also after days off and by two workers at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.core.records import Record
from governance.notifications import queries
from governance.notifications.catalogue import DueRules, rules
from governance.notifications.service import News


@dataclass(frozen=True)
class Step:
    """One reminder of a record: which kind it is, and the day on which it falls."""

    kind: str
    day: date


@dataclass(frozen=True)
class Reminder:
    """What to remind whom of. Told once per record, kind and day."""

    record: Record
    step: Step
    people: tuple[int | None, ...]
    topic: str
    subject: str


Source = Callable[[Session, date], Iterable[Reminder]]
_sources: list[Source] = []


def reminders(source: Source) -> Source:
    """Declare what a room reminds of: for a day, each record's latest step up to it, told already or not."""
    _sources.append(source)
    return source


def before_and_after(due: date, lead_days: int, after_days: int, today: date) -> Step | None:
    """The latest of the steps for those who have to do something: at lead time, on the day, some days after.

    Only the latest, so that after days off nobody gets a heap. None while it is too early for the first.
    """
    steps = (
        Step("overdue", due + timedelta(days=after_days)),
        Step("due", due),
        Step("lead", due - timedelta(days=lead_days)),
    )
    return next((step for step in steps if step.day <= today), None)


def again_and_again(kind: str, first: date, every_days: int, today: date) -> Step | None:
    """The latest step of a reminder that comes on a first day and then every so many days."""
    if today < first:
        return None
    rounds = (today - first).days // every_days
    return Step(kind, first + timedelta(days=rounds * every_days))


def escalation(due: date, rule: DueRules, today: date) -> Step | None:
    """The latest step for those who have to know what is overdue."""
    return again_and_again(
        "escalation", due + timedelta(days=rule.overdue_after_days), rule.again_after_days, today
    )


def officers(session: Session) -> tuple[int, ...]:
    """Who is told of what is overdue."""
    return tuple(item.id for item in people.with_role(session, *rules().escalate_to))


def was_told(session: Session, record: Record, step: Step) -> bool:
    """Whether anybody was told of this step; who is told of it is told in one transaction.

    For sources to whom finding the people is dear.
    """
    return queries.is_begun(session, record.reference, f"{_key(record, step)}:")


def _key(record: Record, step: Step) -> str:
    return f"{record.reference}:{step.kind}:{step.day.isoformat()}"


def wanted(session: Session, today: date) -> list[tuple[tuple[int | None, ...], News]]:
    """Everything that has to have been told by the end of a day; `service.tell_all` leaves out what was told."""
    return [(item.people, _news(item, today)) for source in _sources for item in source(session, today)]


def _news(item: Reminder, today: date) -> News:
    day = item.step.day
    # What was recorded after its reminder would have been due is not late.
    late = today > max(day, item.record.created_at.date())
    return News(
        topic=item.topic,
        subject=item.subject,
        key=_key(item.record, item.step),
        record=item.record,
        text=f"Late: this reminder was for {day.isoformat()}." if late else "",
        late=late,
    )
