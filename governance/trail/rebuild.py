"""The registry as it was: a SQLite file made from the trail alone, with every audited row as it stood after so many events."""

import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, event, select
from sqlalchemy.orm import Session

from governance.core import search
from governance.core.errors import Refused
from governance.core.records import Base, Record, table_of
from governance.trail import beginnings, queries
from governance.trail.beginnings import NOTHING, Beginning
from governance.trail.capture import as_written, commitment
from governance.trail.merkle import EMPTY_ROOT, Frontier
from governance.trail.models import TrailEvent, TrailNode, TrailOpening
from governance.trail.nodes import Proofs
from governance.trail.replay import Plan, Replay, bare, instead, is_revealed, plans, stored

_BATCH = 2_000
_AT_ONCE = 500
# The verb of events by which a step of the schema's history brought a table inside the trail.
_BEGIN = "trail.begin"
_TELL_EVERY = 1.0
# Counted up with every change of what events lead to, so that nothing goes on from a file that was made otherwise.
WAY = 2

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuilt file holds: the first `size` events, those later than `until` left out of the rows.

    `replayed` is how many of them were replayed: the others stood in the file that it was begun with.
    """

    size: int
    until: datetime | None
    root: str
    replayed: int


def rebuild(
    live: Session,
    size: int,
    target: Path,
    *,
    until: datetime | None = None,
    progress: Progress = lambda _done, _total: None,
    starts: Iterable[Path] = (),
) -> Rebuilt:
    """Make the file `target` from the first `size` events; whole, or not at all.

    `until` leaves out what is dated later, should events not stand in the order of their dates. Tables outside the trail
    are empty, but for those that only grow and are dated. What the trail hides (secrets, digests, small numbers) is taken
    from the present where the trail's hash proves that it is the same, and is absent otherwise: what was erased stays erased.
    It goes on from a copy of the latest of `starts`, earlier rebuilt files, that is whole and of this very trail; what comes
    out is the same. `progress` gets the events replayed and to be replayed, about once a second, and may raise to end it.
    Memory does not grow with the trail. Raises Refused if the events do not lead to the tree's root.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}-", suffix=".part")
    os.close(descriptor)
    path = Path(temporary)
    try:
        begun = beginnings.copy_nearest(live, starts, path, size, until) or _schema(path)
        file = sqlite3.connect(path, isolation_level=None)
        try:
            _hurry(file)
            file.execute("BEGIN")
            made = _Filling(live, file, begun, size, until, progress).run()
            file.execute("COMMIT")
            file.execute("PRAGMA analysis_limit = 1000")
            file.execute("PRAGMA optimize = 0x10002")
        finally:
            file.close()
        beginnings.seal(path, target)
    finally:
        path.unlink(missing_ok=True)
    return made


def _hurry(file: sqlite3.Connection) -> None:
    """The file counts once it is whole; until then nothing in it has to outlive a power cut."""
    for pragma in (
        "journal_mode = OFF",
        "synchronous = OFF",
        "cache_size = -65536",
        "locking_mode = EXCLUSIVE",
    ):
        file.execute(f"PRAGMA {pragma}")


def _schema(path: Path) -> Beginning:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", lambda connection, _: _hurry(connection))
    with engine.begin() as connection:
        bare(Base.metadata).create_all(connection)
        search.install(connection)
    engine.dispose()
    return NOTHING


@dataclass
class _Filling:
    """A file on its way from its beginning to a size."""

    live: Session
    file: sqlite3.Connection
    begun: Beginning
    size: int
    until: datetime | None
    progress: Progress

    def run(self) -> Rebuilt:
        """Bring it there. Raises Refused if the events do not lead to the tree's root."""
        live, file, begun, size = self.live, self.file, self.begun, self.size
        frontier = Frontier(begun.size, [bytes.fromhex(peak) for peak in begun.peaks])
        # Many rows at once are faster without indexes, which are then made in one go.
        indexes = _drop_indexes(file) if size - begun.size > begun.size else ()
        if begun.size:
            _leave_dated(live, file, begun.size)
        link, latest, left_out = self._replay(frontier)
        if frontier.size != size or frontier.root != (Proofs(live, size).root() if size else EMPTY_ROOT):
            raise Refused(
                "The trail's events do not lead to its tree. Run `aims trail verify`: it names what is wrong."
            )
        for statement in indexes:
            file.execute(statement)
        peaks = tuple(peak.hex() for peak in frontier.peaks)
        head = Beginning(size, frontier.root.hex(), peaks, link, latest, left_out, queries.head(live))
        beginnings.write(file, head)
        if latest:
            _copy_dated(live, file, self.until or datetime.fromisoformat(latest).replace(tzinfo=UTC))
        reveal(live, file)
        _index(file)
        return Rebuilt(size, self.until, head.root, size - begun.size)

    def _replay(self, frontier: Frontier) -> tuple[str, str, int]:
        """Replay the events; the last link, the latest date, and how many were left out."""
        link, latest, left_out = self.begun.chain, self.begun.latest, self.begun.left_out
        self._tell(0)
        replay = Replay(self.file)
        insert, converts = _insert(TrailEvent)
        columns = list(table_of(TrailEvent).columns.keys())
        body, at, chain = (columns.index(name) for name in ("body", "at", "chain"))
        until: str | None = None if self.until is None else converts[at](self.until)
        told = time.monotonic()
        for rows in self._batches(converts[at], at):
            frontier.extend([sha256(b"\x00" + row[body].encode()).digest() for row in rows])
            for row in rows:
                if until is not None and row[at] > until:
                    left_out += 1
                    continue
                replay.apply(row[body])
                if row[at] > latest:
                    latest = row[at]
            self.file.executemany(insert, rows)
            if replay.is_full:
                replay.settle()
            _keep_nodes(self.file, frontier)
            link = rows[-1][chain]
            if time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                self._tell(frontier.size - self.begun.size)
        replay.settle()
        self._tell(self.size - self.begun.size)
        return link, latest, left_out

    def _tell(self, done: int) -> None:
        self.progress(done, self.size - self.begun.size)

    def _batches(self, convert: Callable[[Any], Any], at: int) -> Iterator[list[Any]]:
        """Rows of events as SQLite keeps them, in parts."""
        events = table_of(TrailEvent)
        statement = select(events).order_by(events.c.seq).limit(_BATCH)
        last = self.begun.size
        while True:
            wanted = statement.where(events.c.seq > last, events.c.seq <= self.size)
            # The driver's own rows: SQLite has every value as it is kept, and building dates of a million texts takes long.
            cursor = self.live.execute(wanted).cursor  # type: ignore[attr-defined]
            rows = cursor.fetchall()
            cursor.close()
            if not rows:
                return
            last = rows[-1][0]
            is_kept = isinstance(rows[0][at], str)
            yield rows if is_kept else [(*row[:at], convert(row[at]), *row[at + 1 :]) for row in rows]


def _drop_indexes(file: sqlite3.Connection) -> tuple[str, ...]:
    """Drop every index, and return the statements that make them again."""
    found = file.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        file.execute(f'DROP INDEX "{name}"')
    return tuple(statement for _, statement in found)


def _insert(kind: type[Base]) -> tuple[str, list[Callable[[Any], Any]]]:
    columns = table_of(kind).columns
    marks = ", ".join("?" * len(columns))
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f'INSERT INTO "{kind.__tablename__}" ({names}) VALUES ({marks})', [  # noqa: S608 - names of our own schema
        stored(column) for column in columns
    ]


def _keep_nodes(file: sqlite3.Connection, frontier: Frontier) -> None:
    statement, _ = _insert(TrailNode)
    file.executemany(statement, ((level, at, found.hex()) for level, at, found in frontier.finished))
    frontier.finished.clear()


def _copy_dated(live: Session, file: sqlite3.Connection, until: datetime) -> None:
    """Rows that no event made of tables that only grow, up to a moment: their model says by which column they are dated."""
    for mapper in Base.registry.mappers:
        if not (dated := mapper.class_.DATED_BY):
            continue
        table = table_of(mapper.class_)
        statement, converts = _insert(mapper.class_)
        wanted = select(table).where(table.c[dated] <= until)
        if mapper.class_.__audited__:
            wanted = wanted.where(table.c.id.in_(_found_later(live, str(table.name))))
            statement = statement.replace("INSERT", "INSERT OR IGNORE", 1)
        found = live.execute(wanted)
        for rows in found.partitions(_AT_ONCE):
            file.executemany(
                statement, [[turn(value) for turn, value in zip(converts, row, strict=True)] for row in rows]
            )


def _leave_dated(live: Session, file: sqlite3.Connection, size: int) -> None:
    """Take out of a file of so many events what was copied into it besides them: a later moment copies anew, or replays it."""
    for mapper in Base.registry.mappers:
        if not mapper.class_.DATED_BY:
            continue
        name = mapper.class_.__tablename__
        if not mapper.class_.__audited__:
            file.execute(f'DELETE FROM "{name}"')  # noqa: S608 - as above
        elif later := _found_later(live, name, size):
            file.executemany(f'DELETE FROM "{name}" WHERE id = ?', ((key,) for key in later))  # noqa: S608 - as above


def _found_later(live: Session, kind: str, size: int = 0) -> list[int]:
    """The keys of rows that were there before the trail began to hold their table, which it did after so many events."""
    events = table_of(TrailEvent).c
    said = select(events.body).where(
        events.actor_id.is_(None), events.verb == _BEGIN, events.kind == kind, events.seq > size
    )
    bodies = (json.loads(text) for text in live.scalars(said))
    return [int(body["key"]) for body in bodies if body["op"] == "create"]


def reveal(live: Session, file: sqlite3.Connection) -> None:
    """Put hidden values in their places where the present value is proved to be the same: by its hash, or by its seal."""
    every = plans()
    places = file.execute("SELECT kind, name FROM moment_hidden GROUP BY kind, name").fetchall()
    for kind, name in places:
        plan = every[kind]
        column = plan.attributes[name].column
        if not is_revealed(column):
            continue
        where = "SELECT key, stands FROM moment_hidden WHERE kind = ? AND name = ? AND key > ? ORDER BY key LIMIT ?"
        last = ""
        while rows := file.execute(where, (kind, name, last, _AT_ONCE)).fetchall():
            _reveal(live, file, plan, kind, name, dict(rows))
            last = rows[-1][0]


def _reveal(
    live: Session, file: sqlite3.Connection, plan: Plan, kind: str, name: str, stands: dict[str, str]
) -> None:
    attribute, mapper = plan.attributes[name], plan.mapper
    own = table_of(Record).c.reference if issubclass(mapper.class_, Record) else mapper.primary_key[0]
    keys: list[Any] = list(stands) if issubclass(mapper.class_, Record) else [int(key) for key in stands]
    statement = select(own, mapper.primary_key[0], attribute.column).select_from(mapper.persist_selectable)
    openings = table_of(TrailOpening).c
    sealed = (openings.kind == kind, openings.name == name, openings.key.in_(stands))
    nonces = {row.key: row.nonce for row in live.execute(select(openings.key, openings.nonce).where(*sealed))}
    table, field = attribute.places[0]
    for key, row_id, value in live.execute(statement.where(own.in_(keys))):
        wanted = stands[str(key)]
        nonce = nonces.get(str(key))
        same = wanted == as_written(attribute.column, value) or (
            nonce is not None and wanted == commitment(nonce, value)
        )
        if attribute.column.info.get("least") and wanted.startswith("fewer"):
            same = False
        shown = attribute.stored(value) if same else instead(attribute.column)
        if same or attribute.column.info.get("least") is None:
            where = f'"{table_of(mapper.class_).primary_key.columns[0].name}" = ?'
            file.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE {where}', (shown, row_id))  # noqa: S608 - as above


def _index(file: sqlite3.Connection) -> None:
    """Words by which records are found, as core.search writes them, of the records that events spoke of."""
    file.execute("DELETE FROM record_search WHERE rowid IN touched")
    for mapper in Record.__mapper__.self_and_descendants:
        if mapper.class_ is Record or not mapper.class_.__audited__:
            continue
        own = table_of(mapper.class_).name
        searched: list[Any] = [mapper.column_attrs[name].columns[0] for name in mapper.class_.SEARCHED]
        words = "".join(
            f""" || ' ' || coalesce("{column.table.name}"."{column.name}", '')""" for column in searched
        )
        file.execute(
            f"INSERT INTO record_search (rowid, document) SELECT record.id, record.reference || ' ' || record.title{words} "  # noqa: S608 - as above
            f'FROM record JOIN "{own}" ON "{own}".id = record.id WHERE record.id IN touched'
        )
