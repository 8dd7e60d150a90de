"""Moments of the registry: which state a day stands for, and the rebuilt files of those that were looked at."""

import contextlib
import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from time import time as seconds
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core import clock
from governance.core.canonical import content_hash
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.records import Base, table_of
from governance.trail import beginnings, queries, rebuild
from governance.trail.beginnings import Beginning
from governance.trail.models import TrailEvent
from governance.trail.replay import Plan, is_revealed, plans

# So many rebuilt files are kept; the one that was not looked at for longest goes first.
KEPT = 8
# So many events are copied with a file while one is replayed.
_COPIED = 8
_ABANDONED = 3600


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
        """Whether the file is there, whole and of this very trail, and nothing that it shows in words was erased since."""
        path, size = self._folder / moment.name, queries.head(live)[0]
        checked = self._checked.get(path, 0)
        if not path.exists():
            return False
        if checked == size:
            return True
        found = _read(live, path)
        # Read whole once in a process: whoever changes a file meanwhile could as well change the registry itself.
        if found is not None and (found.size != moment.size or not (checked or beginnings.is_whole(path))):
            found = None
        # What was looked through once need not be again, unless the trail is not the one of then.
        if found is None or _showing(live, {path: max(found.known[0], checked if checked < size else 0)}):
            self._forget(path)
            return False
        self._checked[path] = size
        return True

    def make(
        self, live: Session, moment: Moment, progress: Callable[[int, int], None] = lambda _done, _total: None
    ) -> None:
        """Rebuild the registry of a moment unless it is there, and let go of what was not looked at for long.

        It goes on from the latest earlier file that shows nothing which was erased since.
        """
        if not self.is_ready(live, moment):
            rebuild.rebuild(
                live,
                moment.size,
                self._folder / moment.name,
                until=moment.until,
                progress=progress,
                starts=self._good(live),
            )
        self.prune(live)

    def effort(self, live: Session, moment: Moment) -> int:
        """How long making a moment takes, in events: those to be replayed, and those in the file that is copied first."""
        start = beginnings.nearest(live, self._good(live), moment.size, moment.until)
        return moment.size - start.size + start.size // _COPIED if start else moment.size

    def _good(self, live: Session) -> list[Path]:
        """The files that are of this very trail, and show nothing in words that was erased since they were made."""
        found = {path: made.known[0] for path in self._folder.glob("*.db") if (made := _read(live, path))}
        bad = _showing(live, found)
        return [path for path in found if path not in bad]

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
        """Remove files that show what was erased since, those of another trail or schema, and all but the last ones looked at."""
        good = self._good(live)
        for path in self._folder.parent.glob("*/*.db"):
            if path not in good:
                self._forget(path)
        for path in sorted(self._folder.glob("*.db"), key=_looked_at, reverse=True)[KEPT:]:
            self._forget(path)
        for path in self._folder.parent.glob("*/*.part"):
            # Who made it was killed: a file that somebody still works at was written to a moment ago.
            if seconds() - _looked_at(path) > _ABANDONED:
                path.unlink(missing_ok=True)

    def _forget(self, path: Path) -> None:
        with self._lock:
            open_one = self._open.pop(path, None)
            self._checked.pop(path, None)
        if open_one is not None:
            open_one.dispose()
        path.unlink(missing_ok=True)
        beginnings.beside(path).unlink(missing_ok=True)


def _looked_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _read(live: Session, path: Path) -> Beginning | None:
    """What a file says of itself, if it is a rebuilt one of this very trail."""
    try:
        found = beginnings.read(path)
    except (sqlite3.Error, ValueError, OSError):
        return None
    return found if beginnings.is_of(live, found) else None


@cache
def _shape() -> str:
    """Names the present schema and way to replay, so that no file of an earlier one is opened or gone on from."""
    tables = Base.metadata.sorted_tables
    shape = {table.name: [column.name for column in table.columns] for table in tables}
    return content_hash([rebuild.WAY, shape])[:12]


@cache
def _hidden() -> dict[str, frozenset[str]]:
    """Columns that a rebuilt file may show in words although the trail does not, by kind."""
    found = {kind: frozenset(_shown(plan)) for kind, plan in plans().items()}
    return {kind: names for kind, names in found.items() if names}


def _shown(plan: Plan) -> Iterable[str]:
    for name, attribute in plan.attributes.items():
        if attribute.is_hidden and is_revealed(attribute.column):
            yield name


def _showing(live: Session, since: dict[Path, int]) -> set[Path]:
    """The files that may show in words what an event changed or removed, each after a number of its own.

    Only where a file has noted that something stands for a hidden value it may show that value: the records of later days
    are not in it.
    """
    events, found = table_of(TrailEvent).c, set[Path]()
    wanted = (
        select(events.seq, events.kind, events.body)
        .where(events.seq > min(since.values(), default=0), events.kind.in_(_hidden()))
        .order_by(events.seq)
        .execution_options(yield_per=500)
    )
    with contextlib.ExitStack() as open_ones:
        files: dict[Path, sqlite3.Connection] = {}
        for path in since:
            try:
                files[path] = open_ones.enter_context(_opened(path))
            except sqlite3.Error:
                found.add(path)
        for seq, kind, text in live.execute(wanted) if files else ():
            body: dict[str, Any] = json.loads(text)
            names = _hidden()[kind] & set(body["changes"]) if body["op"] != "create" else frozenset()
            found.update(
                path
                for path, file in files.items()
                if names
                and seq > since[path]
                and path not in found
                and _notes(file, kind, body["key"], names)
            )
    return found


def _notes(file: sqlite3.Connection, kind: str, key: str, names: frozenset[str]) -> bool:
    """Whether something stands for one of these values in a file, or it cannot be told."""
    try:
        noted = file.execute("SELECT name FROM moment_hidden WHERE kind = ? AND key = ?", (kind, key))
        return any(name in names for (name,) in noted)
    except sqlite3.Error:
        return True


def _opened(path: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))
