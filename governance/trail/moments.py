"""Moments of the registry: which state a day stands for, and the rebuilt files of those that were looked at."""

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core import clock
from governance.core.canonical import content_hash
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.records import Base, table_of
from governance.trail import queries, rebuild
from governance.trail.models import TrailEvent
from governance.trail.replay import Plan, is_revealed, plans

# So many rebuilt files are kept; the one that was not looked at for longest goes first.
KEPT = 8


@dataclass(frozen=True)
class Moment:
    """The registry at the end of a day (UTC): the first `size` events of the trail."""

    day: date
    size: int

    @property
    def until(self) -> datetime:
        """The last instant of the day."""
        return datetime.combine(self.day, time.max, UTC)

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"{self.day.isoformat()}-{self.size}.db"


def at(live: Session, day: date, *, field: str = "as_of") -> Moment:
    """The moment that a day stands for. Raises Refused, at the input `field`, for a day to come and one before the first event."""
    if day > clock.today():
        raise Refused("That day is still to come.", field=field)
    events = table_of(TrailEvent).c
    first = live.execute(select(events.at).order_by(events.seq).limit(1)).scalar_one_or_none()
    if first is None or day < first.date():
        begun = first.date().isoformat() if first else "–"
        raise Refused("The trail begins on {begun}; there was nothing before.", field=field, begun=begun)
    until = datetime.combine(day, time.max, UTC)
    last = select(events.seq).where(events.at <= until).order_by(events.seq.desc()).limit(1)
    return Moment(day, live.execute(last).scalar_one())


class Moments:
    """The rebuilt files of a folder, and the databases that are open on them. Safe in threads and between processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _shape()
        self._open: OrderedDict[Path, Database] = OrderedDict()
        self._checked: dict[Path, int] = {}
        self._lock = threading.Lock()

    def is_ready(self, live: Session, moment: Moment) -> bool:
        """Whether the file is there, and nothing that it shows in words was erased since it was made."""
        path = self._folder / moment.name
        try:
            since = self._checked.get(path) or _made_at(path)
        except sqlite3.Error:
            return False
        size = queries.head(live)[0]
        if _hidden_changed(live, since, size):
            self._forget(path)
            return False
        self._checked[path] = size
        return True

    def make(
        self, live: Session, moment: Moment, progress: Callable[[int, int], None] = lambda _done, _total: None
    ) -> None:
        """Rebuild the registry of a moment unless it is there, and let go of what was not looked at for long."""
        if not self.is_ready(live, moment):
            rebuild.rebuild(
                live, moment.size, self._folder / moment.name, until=moment.until, progress=progress
            )
        self.prune(live)

    def database(self, moment: Moment) -> Database:
        """The database of a moment whose file is there; read-only."""
        path = self._folder / moment.name
        with self._lock:
            found = self._open.pop(path, None) or Database.of_file(path)
            self._open[path] = found
            if len(self._open) > KEPT:
                self._open.popitem(last=False)[1].dispose()
        path.touch()
        return found

    def prune(self, live: Session) -> None:
        """Remove files that show what was erased since, those of earlier schemas, and all but the last ones looked at."""
        size = queries.head(live)[0]
        for path in self._folder.parent.glob("*/*.db"):
            if path.parent != self._folder or _hidden_changed(live, _made_at(path), size):
                self._forget(path)
        for path in sorted(self._folder.glob("*.db"), key=_looked_at, reverse=True)[KEPT:]:
            self._forget(path)

    def _forget(self, path: Path) -> None:
        with self._lock:
            open_one = self._open.pop(path, None)
            self._checked.pop(path, None)
        if open_one is not None:
            open_one.dispose()
        path.unlink(missing_ok=True)


def _looked_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _made_at(path: Path) -> int:
    """How long the living trail was when the file was made. Raises sqlite3.Error if there is no such file."""
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(file.execute("SELECT live_size FROM moment_made").fetchone()[0])
    finally:
        file.close()


@cache
def _shape() -> str:
    """Names the present schema, so that no file of an earlier one is opened."""
    tables = Base.metadata.sorted_tables
    return content_hash({table.name: [column.name for column in table.columns] for table in tables})[:12]


@cache
def _hidden() -> dict[str, frozenset[str]]:
    """Columns that a rebuilt file may show in words although the trail does not, by kind."""
    found = {kind: frozenset(_shown(plan)) for kind, plan in plans().items()}
    return {kind: names for kind, names in found.items() if names}


def _shown(plan: Plan) -> Iterable[str]:
    for name, attribute in plan.attributes.items():
        if attribute.is_hidden and is_revealed(attribute.column):
            yield name


def _hidden_changed(live: Session, since: int, size: int) -> bool:
    """Whether an event after number `since` changed or removed such a column."""
    events = table_of(TrailEvent).c
    wanted = select(events.kind, events.body).where(
        events.seq > since, events.seq <= size, events.kind.in_(_hidden())
    )
    for kind, text in live.execute(wanted):
        body: dict[str, Any] = json.loads(text)
        if body["op"] != "create" and _hidden()[kind] & set(body["changes"]):
            return True
    return False
