"""What waits for a person: each room declares the duties it knows of, My work and Home ask for all of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.core import clock
from governance.core.records import Record, kinds_that_run_out

SOON_DAYS = 30
_FAR = date.max
_MOST = 100


@dataclass(frozen=True)
class Duty:
    """One thing that waits for a person: what to do, on which record, until when if there is a date.

    `area` is the heading under which it stands; `path` the page where it is done, if it is not the record's own.
    """

    area: str
    what: str
    record: Record
    due_on: date | None = None
    path: str = ""

    @property
    def url(self) -> str:
        """The page where it is done."""
        return self.path or self.record.path

    @property
    def overdue(self) -> bool:
        """Whether its date is past."""
        return self.due_on is not None and self.due_on < clock.today()


Source = Callable[[Session, Actor], Iterable[Duty]]
_sources: list[Source] = []


def duties(source: Source) -> Source:
    """Declare what a room knows to wait for a person."""
    _sources.append(source)
    return source


def of_person(session: Session, actor: Actor) -> tuple[Duty, ...]:
    """Everything that waits for this person: what is due first comes first, what has no date comes last."""
    found = [duty for source in _sources for duty in source(session, actor)]
    return tuple(
        sorted(found, key=lambda item: (item.due_on or _FAR, item.area, item.record.reference, item.what))
    )


@duties
def what_runs_out(session: Session, actor: Actor) -> Iterable[Duty]:
    """Records of the person that count no more after a date that is near or past (INV-G8)."""
    for kind in kinds_that_run_out():
        ends = getattr(kind, kind.RUNS_OUT)
        mine = select(kind).where(
            Record.kind == kind.__mapper__.polymorphic_identity,
            kind.owner_id == actor.person_id,
            kind.state.in_(kind.STANDS),
            ends <= soon(),
        )
        for item in session.scalars(mine.order_by(ends).limit(_MOST)):
            yield Duty("What runs out", f"Renew or end: {item.title}", item, getattr(item, kind.RUNS_OUT))


def soon() -> date:
    """The day up to which something that runs out is a duty already."""
    return clock.today() + timedelta(days=SOON_DAYS)
