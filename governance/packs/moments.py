"""What a pack is collected from: the registry now, or as it was at the end of the day that was asked for."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.core import clock
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.records import Record
from governance.core.settings import Settings
from governance.packs.models import Pack
from governance.trail import moments, rebuild

Waiting = Callable[[], None]


def cut_off(session: Session, day: date | None, about: Record | None = None) -> datetime | None:
    """The last instant of the day that a pack is asked for as of; None for now.

    Raises Refused for a day to come, one before the trail begins, and one on which the record was not there yet.
    """
    if day is None:
        return None
    moment = moments.at(session, day)
    if about is not None and about.created_at > moment.until:
        raise Refused(
            "{reference} was not in the registry then; it came on {day}.",
            field="as_of",
            reference=about.reference,
            day=about.created_at.date().isoformat(),
        )
    # The end of today is still to come: what is asked for is now.
    return moment.until if moment.until < clock.now() else None


def earlier(session: Session, day: date | None, as_of: date | None) -> date | None:
    """The day since which a pack says what changed. Raises Refused if it is not before the pack's own, or before the trail."""
    if day is None:
        return None
    if day >= (as_of or clock.today()):
        raise Refused("What changed since a day needs a day before that of the pack.", field="since")
    return moments.at(session, day, field="since").day


@dataclass(frozen=True)
class Source:
    """A database to read from in one transaction, with the clock at the pack's moment."""

    database: Database
    at: datetime | None

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[Session]:
        """One read transaction at that moment."""
        with (
            clock.looking_back(self.at),
            self.database.transaction(actor, readonly=True) as session,
        ):
            yield session


@contextmanager
def source(live: Database, settings: Settings, pack: Pack, waiting: Waiting) -> Iterator[Source]:
    """Where a requested pack is collected from; an earlier day is rebuilt for it alone, from the first event on.

    A kept file of that day is no proof of anything, so a pack never rests on one. `waiting` is called every few thousand
    events meanwhile, and may raise to end it.
    """
    if pack.as_of is None:
        yield Source(live, None)
        return
    folder = settings.packs_dir / "cache" / f"work-then-{pack.reference}"
    shutil.rmtree(folder, ignore_errors=True)
    path = folder / "registry.db"
    try:
        with live.transaction(readonly=True) as session:
            moment = moments.at(session, pack.as_of.date())
            rebuild.rebuild(
                session, moment.size, path, until=moment.until, progress=lambda _done, _total: waiting()
            )
        database = Database.of_file(path)
        try:
            yield Source(database, moment.until)
        finally:
            database.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
