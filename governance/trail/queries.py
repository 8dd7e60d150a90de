"""Reads of the trail: the history of a record, who did what, the present head."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from governance.core import clock
from governance.core.records import Base, Record, table_of
from governance.trail.models import TrailEvent, TrailHead

_BOOK_KEEPING = {"id", "version", "changed_at", "changed_by_id", "created_at", "created_by_id", "kind"}


@dataclass(frozen=True)
class EventView:
    """One event for reading: `changes` are (field, before, after), book-keeping columns left out."""

    seq: int
    at: datetime
    actor: str
    verb: str
    source: str
    op: str
    kind: str
    key: str
    reference: str
    reason: str
    changes: tuple[tuple[str, Any, Any], ...]
    leaf_hash: str


def history(session: Session, record: Record, *, limit: int = 200) -> tuple[EventView, ...]:
    """The latest events of a record and its parts, newest first."""
    return _read(session, select(TrailEvent.__table__).where(TrailEvent.record_id == record.id), limit)


def latest(
    session: Session,
    *,
    actor_id: int | None = None,
    kind: str = "",
    verb: str = "",
    before: int | None = None,
    limit: int = 100,
) -> tuple[EventView, ...]:
    """Events of the whole registry, newest first, optionally of one person, kind or verb, and before a number."""
    statement = select(TrailEvent.__table__)
    if actor_id is not None:
        statement = statement.where(TrailEvent.actor_id == actor_id)
    if kind:
        statement = statement.where(TrailEvent.kind == kind)
    if verb:
        statement = statement.where(TrailEvent.verb == verb)
    if before is not None:
        statement = statement.where(TrailEvent.seq < before)
    return _read(session, statement, limit)


def beside_records(
    session: Session, after: datetime, until: datetime, *, before: int | None = None, limit: int = 25
) -> tuple[EventView, ...]:
    """Events between two moments that are of no record, such as those of people, newest first, and before a number."""
    events = TrailEvent.__table__
    statement = select(events).where(events.c.record_id.is_(None), events.c.at > after, events.c.at <= until)
    if before is not None:
        statement = statement.where(events.c.seq < before)
    return _read(session, statement, limit)


def references(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """References of records by their id."""
    records = table_of(Record).c
    wanted = select(records.id, records.reference).where(records.id.in_(ids))
    return {row.id: row.reference for row in session.execute(wanted)}


# Ends the name of what the registry did by itself after somebody's act, such as opening a re-assessment.
CONSEQUENCE = ".consequence"


def editors(session: Session, record: Record) -> frozenset[int]:
    """Ids of the persons who wrote content of a record or its parts.

    Not those who only moved its state, nor those whose act elsewhere had this record as a consequence.
    """
    events = TrailEvent.__table__
    rows = session.execute(select(events.c.actor_id, events.c.body).where(events.c.record_id == record.id))
    return frozenset(
        actor for actor, body in rows if actor is not None and _content(json.loads(body), record)
    )


def _content(body: dict[str, Any], record: Record | type[Record]) -> bool:
    if body["verb"].endswith(CONSEQUENCE):
        return False
    # Saying who answers for a record is not writing it: a lone compliance officer assigns imported systems and signs them.
    beside = _BOOK_KEEPING | {"state", "owner_id"} | record.FREE
    return body["kind"] not in _beside_content() and bool(set(body["changes"]) - beside)


def written(session: Session, person_id: int, record_ids: Sequence[int], since: datetime) -> frozenset[int]:
    """Which of the records, or parts of them, a person wrote since a moment; what counts as writing says `editors`."""
    events = TrailEvent.__table__
    rows = session.execute(
        select(events.c.record_id, events.c.body, Record.__table__.c.kind)
        .join(Record.__table__, Record.__table__.c.id == events.c.record_id)
        .where(events.c.record_id.in_(record_ids), events.c.actor_id == person_id, events.c.at > since)
    )
    kinds = {mapper.polymorphic_identity: mapper.class_ for mapper in Record.__mapper__.self_and_descendants}
    return frozenset(row.record_id for row in rows if _content(json.loads(row.body), kinds[row.kind]))


def held(
    session: Session, person_id: int, record_ids: Sequence[int], columns: Sequence[str], since: datetime
) -> Iterator[tuple[int, str]]:
    """Which of the records named a person in one of the columns until a change since a moment: (record id, column)."""
    events = TrailEvent.__table__
    for start in range(0, len(record_ids), 500):
        rows = session.execute(
            select(events.c.record_id, events.c.body).where(
                events.c.record_id.in_(record_ids[start : start + 500]), events.c.at > since
            )
        )
        for row in rows:
            changes = json.loads(row.body)["changes"]
            yield from (
                (row.record_id, name) for name in columns if changes.get(name, [None])[0] == person_id
            )


@cache
def _beside_content() -> frozenset[str]:
    """Tables whose rows stand beside the content of their record, so that writing them makes nobody its author."""
    tables = {mapper.class_ for mapper in Base.registry.mappers if mapper.class_.OUTSIDE_CONTENT}
    return frozenset({"link"} | {str(item.__tablename__) for item in tables})


def head(session: Session) -> tuple[int, str]:
    """Number of sealed events and the tree's root in hex."""
    row = session.execute(select(TrailHead.size, TrailHead.root)).one()
    return row.size, row.root


def _read(session: Session, statement: Select[Any], limit: int) -> tuple[EventView, ...]:
    rows = session.execute(statement.order_by(TrailEvent.seq.desc()).limit(limit))
    return tuple(_view(row) for row in rows)


def _view(row: Any) -> EventView:
    body = json.loads(row.body)
    changes = tuple(
        (name, *pair) for name, pair in sorted(body["changes"].items()) if name not in _BOOK_KEEPING
    )
    return EventView(
        seq=row.seq,
        at=clock.parse(body["at"]),
        actor=body["actor"]["name"],
        verb=body["verb"],
        source=body["source"],
        op=body["op"],
        kind=body["kind"],
        key=body["key"],
        reference=body["record"]["reference"] if body["record"] else body["key"],
        reason=body["reason"],
        changes=changes,
        leaf_hash=row.leaf_hash,
    )
