"""The session events by which the trail writes itself: note after each flush, seal before the commit."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, event, insert, inspect, select, update
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction

from governance.core import clock
from governance.core.canonical import canonical, content_hash, encoded, plain
from governance.core.database import upsert
from governance.core.records import Base, Record, table_of
from governance.trail import nodes
from governance.trail.merkle import Frontier, chained, leaf_hash
from governance.trail.models import TrailEvent, TrailHead, TrailOpening

_NOTES = "trail.notes"
_MARKS = "trail.marks"
_SECRET = "(secret)"  # noqa: S105 - what stands in its place

BeforeSeal = Callable[[Session, tuple[Record, ...]], None]
_before_seal: list[BeforeSeal] = []

# Made once: putting a statement together takes longer than SQLite needs to carry it out.
_HEAD = table_of(TrailHead)
_READ_HEAD = select(_HEAD).where(_HEAD.c.id == 1).with_for_update()
_MOVE_HEAD = update(_HEAD).where(_HEAD.c.id == 1)
_INSERT_EVENTS = insert(table_of(TrailEvent))


class NobodyActs(RuntimeError):
    """A session without an actor tried to change an audited row. That is a bug in the caller, never a user's mistake."""


@dataclass(frozen=True)
class _Note:
    kind: str
    key: str
    record: Record | None
    op: str
    changes: dict[str, list[Any]]
    openings: dict[str, str]
    sealed: dict[str, str]
    verb: str
    reason: str
    at: datetime


def before_seal(react: BeforeSeal) -> BeforeSeal:
    """Register a reaction to the records changed in a transaction; it runs before they are sealed and may change rows."""
    _before_seal.append(react)
    return react


@event.listens_for(Session, "after_flush")
def _note(session: Session, *_: object) -> None:
    # after_flush, not before_flush: only now do defaults, keys and relationship columns have their values.
    notes: list[_Note] = session.info.setdefault(_NOTES, [])
    info = session.info
    verb, reason = info.get("verb") or info.get("last_verb", ""), info.get("reason", "")
    for op, rows in (("create", session.new), ("update", session.dirty), ("delete", session.deleted)):
        for row in rows:
            if isinstance(row, Base) and row.__audited__ and (changes := _changes(row, op)):
                openings = {} if op == "delete" else _openings(row, changes)
                sealed = {name: commitment(nonce, getattr(row, name)) for name, nonce in openings.items()}
                whole, at = row.whole(), clock.now()
                notes.append(
                    _Note(_kind(row), _key(row), whole, op, changes, openings, sealed, verb, reason, at)
                )
    if notes and session.info.get("actor") is None:
        raise NobodyActs("This session has no actor and may not change records.")


def _kind(row: Base) -> str:
    return row.kind if isinstance(row, Record) else row.__tablename__


def _key(row: Base) -> str:
    if isinstance(row, Record):
        return row.reference
    # Not the identity: a new row gets that only after this event.
    return "/".join(str(part) for part in inspect(type(row)).primary_key_from_instance(row))


def natural_key(mapper: Mapper[Any], body: dict[str, Any]) -> str:
    """The key of an event's row. Earlier versions left it out where they noted a new part; then its columns tell."""
    if body["key"]:
        return str(body["key"])
    names = (mapper.get_property_by_column(column).key for column in mapper.primary_key)
    return "/".join(str(body["changes"].get(name, ["", ""])[1]) for name in names)


def _changes(row: Base, op: str) -> dict[str, list[Any]]:
    state = inspect(row)
    changes: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        column = attribute.columns[0]
        before, after = None, None
        if op == "update":
            history = state.attrs[attribute.key].history
            if not history.has_changes():
                continue
            before = history.deleted[0] if history.deleted else None
        elif op == "delete":
            before = getattr(row, attribute.key)
        if op != "delete":
            after = getattr(row, attribute.key)
        if before == after:
            continue
        changes[attribute.key] = (
            [_SECRET, _SECRET]
            if column.info.get("secret")
            else [as_written(column, before), as_written(column, after)]
        )
    counter = state.mapper.version_id_col
    if changes and op == "update" and counter is not None:
        # The unit of work counts by itself and leaves no history of it.
        name = state.mapper.get_property_by_column(counter).key
        number = getattr(row, name)
        changes[name] = [number - 1, number]
    return changes


def as_written(column: Any, value: Any) -> Any:
    """A value as the trail has it: large ones as their hash, numbers of few people in words, secrets not at all."""
    if column.info.get("secret"):
        return _SECRET
    if column.info.get("digest"):
        return None if value is None else f"sha256:{content_hash(value)}"
    if least := column.info.get("least", 0):
        return f"fewer than {least}" if isinstance(value, int) and 0 < value < least else value
    return plain(value)


def _openings(row: Base, changes: dict[str, list[Any]]) -> dict[str, str]:
    """A new random number for each changed value that the trail does not have in words."""
    columns = inspect(row).mapper.column_attrs
    hidden = (columns[name] for name in changes)
    return {
        item.key: secrets.token_hex(32)
        for item in hidden
        if item.columns[0].info.get("secret") or item.columns[0].info.get("least")
    }


def commitment(nonce: str, value: Any) -> str:
    """SHA-256(random number ‖ canonical JSON of the value): binds the value and tells nothing about it."""
    return sha256(bytes.fromhex(nonce) + canonical(value)).hexdigest()


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        marks = session.info.setdefault(_MARKS, {})
        marks[transaction] = len(session.info.get(_NOTES, ()))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    # A rolled-back savepoint takes its notes with it and leaves the others; a failed flush inside one is not the end of it.
    if transaction.nested:
        mark = session.info.get(_MARKS, {}).pop(transaction, 0)
    elif transaction.parent is None:
        mark = 0
    else:
        return
    del session.info.get(_NOTES, [])[mark:]


@event.listens_for(Session, "before_commit")
def _seal(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    notes: list[_Note] = session.info.get(_NOTES, [])
    if not notes:
        return
    records = tuple({note.record.id: note.record for note in notes if note.record is not None}.values())
    for react in _before_seal:
        react(session, records)
    session.flush()
    append(session, [_body(session, note) for note in notes])
    _keep_openings(session, notes)
    notes.clear()


def _keep_openings(session: Session, notes: list[_Note]) -> None:
    """Put the random numbers of new values in the place of the old ones; those of deleted rows go."""
    connection, openings = session.connection(), table_of(TrailOpening)
    for note in notes:
        here = (openings.c.kind == note.kind) & (openings.c.key == note.key)
        if note.op == "delete":
            connection.execute(delete(openings).where(here))
        for name, nonce in note.openings.items():
            values = {"kind": note.kind, "key": note.key, "name": name, "nonce": nonce}
            statement = upsert(session, openings).values(**values)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["kind", "key", "name"], set_={"nonce": nonce})
            )


def _body(session: Session, note: _Note) -> dict[str, Any]:
    info = session.info
    actor = info["actor"]
    sealed = {"sealed": note.sealed} if note.sealed else {}
    return {
        **sealed,
        "actor": {"id": actor.person_id, "name": actor.name},
        "at": plain(note.at),
        "changes": note.changes,
        "key": note.key,
        "kind": note.kind,
        "op": note.op,
        "reason": note.reason,
        "record": None if note.record is None else {"id": note.record.id, "reference": note.record.reference},
        "request": info.get("request_id", ""),
        "source": info.get("source", ""),
        "verb": note.verb,
    }


def append(session: Session, bodies: list[dict[str, Any]]) -> None:
    """Number, hash and insert events, and move the head. The head's row lock lasts from here to the commit only."""
    connection = session.connection()
    head = connection.execute(_READ_HEAD).one()
    frontier = Frontier(head.size, [bytes.fromhex(peak) for peak in head.peaks])
    link = bytes.fromhex(head.chain)
    rows = []
    for seq, body in enumerate(bodies, start=head.size + 1):
        text = encoded({"seq": seq, **body})
        leaf = leaf_hash(text)
        frontier.append(leaf)
        link = chained(link, leaf)
        rows.append(
            {
                **searchable(body),
                "seq": seq,
                "body": text.decode(),
                "leaf_hash": leaf.hex(),
                "chain": link.hex(),
            }
        )
    connection.execute(_INSERT_EVENTS, rows)
    nodes.store(connection, frontier)
    moved = {"size": frontier.size, "root": frontier.root.hex(), "chain": link.hex()}
    connection.execute(_MOVE_HEAD, {**moved, "peaks": [peak.hex() for peak in frontier.peaks]})


def searchable(body: dict[str, Any]) -> dict[str, Any]:
    """The columns that repeat parts of an event's body, so that it can be searched."""
    return {
        "at": clock.parse(body["at"]),
        "actor_id": body["actor"]["id"],
        "verb": body["verb"],
        "kind": body["kind"],
        "record_id": body["record"]["id"] if body["record"] else None,
    }


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_delete or state.is_insert):
        return
    mapper = state.bind_mapper
    if mapper is not None and getattr(mapper.class_, "__audited__", False):
        # Bulk statements pass by the unit of work, so the trail would not see them.
        raise NobodyActs(f"Bulk changes of {mapper.class_.__name__} are refused; change rows one by one.")
