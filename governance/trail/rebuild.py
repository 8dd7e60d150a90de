"""The registry as it was: a SQLite file made from the trail alone, with every audited row as it stood after so many events."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, event, select
from sqlalchemy.orm import Session

from governance.core import search
from governance.core.errors import Refused
from governance.core.records import Base, Record, table_of
from governance.trail import queries
from governance.trail.capture import as_written, commitment
from governance.trail.merkle import EMPTY_ROOT, Frontier
from governance.trail.models import TrailEvent, TrailHead, TrailNode, TrailOpening
from governance.trail.nodes import Proofs
from governance.trail.replay import Plan, Replay, bare, instead, is_revealed, plans, stored

_BATCH = 2_000
_AT_ONCE = 500
# The verb of events by which a step of the schema's history brought a table inside the trail.
_BEGIN = "trail.begin"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuilt file holds: the first `size` events, those later than `until` left out of the rows."""

    size: int
    until: datetime | None
    root: str


def rebuild(
    live: Session,
    size: int,
    target: Path,
    *,
    until: datetime | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Rebuilt:
    """Make the file `target` from the first `size` events; whole, or not at all.

    `until` leaves out what is dated later, should events not stand in the order of their dates. Tables outside the trail
    are empty, but for those that only grow and are dated. What the trail hides (secrets, digests, small numbers) is taken
    from the present where the trail's hash proves that it is the same, and is absent otherwise: what was erased stays erased.
    Memory does not grow with the trail. Raises Refused if the events do not lead to the tree's root.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}-", suffix=".part")
    os.close(descriptor)
    path = Path(temporary)
    try:
        _schema(path)
        file = sqlite3.connect(path, isolation_level=None)
        try:
            _hurry(file)
            file.execute("BEGIN")
            made = _fill(live, file, size, until, progress)
            file.execute("COMMIT")
            file.execute("PRAGMA analysis_limit = 1000")
            file.execute("PRAGMA optimize = 0x10002")
        finally:
            file.close()
        os.replace(path, target)
    finally:
        path.unlink(missing_ok=True)
    return made


def _hurry(file: sqlite3.Connection) -> None:
    """The file counts once it is whole; until then nothing in it has to outlive a power cut."""
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
        file.execute(f"PRAGMA {pragma}")


def _schema(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", lambda connection, _: _hurry(connection))
    with engine.begin() as connection:
        bare(Base.metadata).create_all(connection)
        search.install(connection)
    engine.dispose()


def _fill(
    live: Session, file: sqlite3.Connection, size: int, until: datetime | None, progress: Progress
) -> Rebuilt:
    replay, frontier, link = Replay(file), Frontier(), EMPTY_ROOT.hex()
    events = table_of(TrailEvent)
    insert, converts = _insert(TrailEvent)
    done = 0
    for rows in _batches(live, size):
        leaves = []
        for row in rows:
            leaves.append(sha256(b"\x00" + row.body.encode()).digest())
            if until is None or row.at <= until:
                replay.apply(json.loads(row.body))
        file.executemany(
            insert, ([turn(value) for turn, value in zip(converts, row, strict=True)] for row in rows)
        )
        frontier.extend(leaves)
        _keep_nodes(file, frontier)
        done, link = rows[-1].seq, rows[-1].chain
        progress(done, size)
    if frontier.size != size or frontier.root != (Proofs(live, size).root() if size else EMPTY_ROOT):
        raise Refused(
            "The trail's events do not lead to its tree. Run `aims trail verify`: it names what is wrong."
        )
    root = frontier.root.hex()
    head, _ = _insert(TrailHead)
    peaks = json.dumps([peak.hex() for peak in frontier.peaks])
    values = {"id": 1, "size": size, "root": root, "peaks": peaks, "chain": link}
    file.execute(head, [values[column.name] for column in table_of(TrailHead).columns])
    last = until or (rows_at(live, events, done) if done else None)
    if last is not None:
        _copy_dated(live, file, last)
    reveal(live, file)
    _index(file)
    file.execute("CREATE TABLE moment_made (live_size INTEGER)")
    file.execute("INSERT INTO moment_made VALUES (?)", (queries.head(live)[0],))
    return Rebuilt(size, until, root)


def rows_at(live: Session, events: Any, seq: int) -> datetime:
    """When an event was."""
    found: datetime = live.execute(select(events.c.at).where(events.c.seq == seq)).scalar_one()
    return found


def _batches(live: Session, size: int) -> Iterator[Any]:
    events = table_of(TrailEvent)
    statement = select(events).order_by(events.c.seq).limit(_BATCH)
    last = 0
    while rows := live.execute(statement.where(events.c.seq > last, events.c.seq <= size)).all():
        yield rows
        last = rows[-1].seq


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


def _found_later(live: Session, kind: str) -> list[int]:
    """The keys of rows that were there before the trail began to hold their table."""
    events = table_of(TrailEvent).c
    said = select(events.body).where(events.actor_id.is_(None), events.verb == _BEGIN, events.kind == kind)
    return [int(json.loads(text)["key"]) for text in live.scalars(said)]


def reveal(live: Session, file: sqlite3.Connection) -> None:
    """Put hidden values in their places where the present value is proved to be the same: by its hash, or by its seal."""
    every = plans()
    places = file.execute("SELECT kind, name FROM moment_hidden GROUP BY kind, name").fetchall()
    for kind, name in places:
        plan = every[kind]
        column = plan.attributes[name].column
        if not is_revealed(column):
            continue
        where = "SELECT key, stands FROM moment_hidden WHERE kind = ? AND name = ?"
        rows = file.execute(where, (kind, name)).fetchall()
        for start in range(0, len(rows), _AT_ONCE):
            _reveal(live, file, plan, kind, name, dict(rows[start : start + _AT_ONCE]))


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
        shown = attribute.convert(value) if same else instead(attribute.column)
        if same or attribute.column.info.get("least") is None:
            where = f'"{table_of(mapper.class_).primary_key.columns[0].name}" = ?'
            file.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE {where}', (shown, row_id))  # noqa: S608 - as above


def _index(file: sqlite3.Connection) -> None:
    """Words by which records are found, as core.search writes them."""
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
            f'FROM record JOIN "{own}" ON "{own}".id = record.id'
        )
