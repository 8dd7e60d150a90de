"""The session events by which the trail writes itself: note after each flush, seal before the commit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event, insert, inspect, select, update
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from governance.core import clock
from governance.core.canonical import canonical, content_hash, plain
from governance.core.records import Base, Record, table_of
from governance.trail import nodes
from governance.trail.merkle import Frontier, chained, leaf_hash
from governance.trail.models import TrailEvent, TrailHead

_NOTES = "trail.notes"
_MARKS = "trail.marks"

BeforeSeal = Callable[[Session, tuple[Record, ...]], None]
_before_seal: list[BeforeSeal] = []


class NobodyActs(RuntimeError):
    """A session without an actor tried to change an audited row. That is a bug in the caller, never a user's mistake."""


@dataclass(frozen=True)
class _Note:
    kind: str
    key: str
    record: Record | None
    op: str
    changes: dict[str, list[Any]]
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
        notes.extend(
            _Note(_kind(row), _key(row), row.whole(), op, changes, verb, reason, clock.now())
            for row in rows
            if isinstance(row, Base) and row.__audited__ and (changes := _changes(row, op))
        )
    if notes and session.info.get("actor") is None:
        raise NobodyActs("This session has no actor and may not change records.")


def _kind(row: Base) -> str:
    return row.kind if isinstance(row, Record) else row.__tablename__


def _key(row: Base) -> str:
    return (
        row.reference
        if isinstance(row, Record)
        else "/".join(str(part) for part in inspect(row).identity or ())
    )


def _changes(row: Base, op: str) -> dict[str, list[Any]]:
    state = inspect(row)
    changes: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        secret = attribute.columns[0].info.get("secret", False)
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
        if secret:
            changes[attribute.key] = ["(secret)", "(secret)"]
        elif attribute.columns[0].info.get("digest", False):
            changes[attribute.key] = [_digest(before), _digest(after)]
        elif least := attribute.columns[0].info.get("least", 0):
            changes[attribute.key] = [_coarse(before, least), _coarse(after, least)]
        else:
            changes[attribute.key] = [plain(before), plain(after)]
    return changes


def _digest(value: Any) -> str | None:
    """Large values stand in the trail as their hash."""
    return None if value is None else f"sha256:{content_hash(value)}"


def _coarse(value: Any, least: int) -> Any:
    """A number of people, in words where it is so small that it could reveal them."""
    return f"fewer than {least}" if isinstance(value, int) and 0 < value < least else value


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
    notes.clear()


def _body(session: Session, note: _Note) -> dict[str, Any]:
    info = session.info
    actor = info["actor"]
    return {
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
    heads = table_of(TrailHead)
    head = connection.execute(select(heads).where(heads.c.id == 1).with_for_update()).one()
    frontier = Frontier(head.size, [bytes.fromhex(peak) for peak in head.peaks])
    link = bytes.fromhex(head.chain)
    rows = []
    for seq, body in enumerate(bodies, start=head.size + 1):
        text = canonical({"seq": seq, **body})
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
    connection.execute(insert(table_of(TrailEvent)), rows)
    nodes.store(connection, frontier)
    connection.execute(
        update(heads)
        .where(heads.c.id == 1)
        .values(
            size=frontier.size,
            root=frontier.root.hex(),
            peaks=[peak.hex() for peak in frontier.peaks],
            chain=link.hex(),
        )
    )


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
