"""A record as it was: its state, and that of its parts, rebuilt from the trail for any moment, and what differs between two."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core.records import Base, Record, table_of
from governance.trail.capture import natural_key
from governance.trail.models import TrailEvent

Place = tuple[str, str]


@dataclass(frozen=True)
class RowThen:
    """A row as the trail has it: values as events write them, hidden ones in the words or the hash that stand for them."""

    kind: str
    key: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A field that is other at the second moment. A row that was not there yet, or no more, has None on that side."""

    kind: str
    key: str
    name: str
    before: Any
    after: Any


def as_of(session: Session, record: Record, at: datetime) -> tuple[RowThen, ...]:
    """The record and its parts as they were at a moment (inclusive), the record first; empty if it was not there yet.

    It costs the events of the record up to then. Columns that were never written are left out: they were empty.
    """
    rows: dict[Place, dict[str, Any]] = {}
    for body in _bodies(session, record, at):
        place = (body["kind"], _key(body))
        if body["op"] == "delete":
            rows.pop(place, None)
            continue
        values = rows.setdefault(place, {})
        values.update((name, pair[1]) for name, pair in body["changes"].items())
    own = (record.kind, record.reference)
    return tuple(
        RowThen(*place, values)
        for place, values in sorted(rows.items(), key=lambda item: (item[0] != own, item[0]))
    )


def difference(before: tuple[RowThen, ...], after: tuple[RowThen, ...]) -> tuple[Difference, ...]:
    """What is other in the second of two states of a record."""
    one, two = ({(row.kind, row.key): row.values for row in rows} for rows in (before, after))
    return tuple(
        Difference(*place, name, *pair)
        for place in {**one, **two}
        for name in sorted({**one.get(place, {}), **two.get(place, {})})
        if (pair := (one.get(place, {}).get(name), two.get(place, {}).get(name)))[0] != pair[1]
    )


def _bodies(session: Session, record: Record, at: datetime) -> Iterator[dict[str, Any]]:
    events = table_of(TrailEvent).c
    statement = select(events.body).where(events.record_id == record.id, events.at <= at).order_by(events.seq)
    return (json.loads(body) for body in session.scalars(statement))


def _key(body: dict[str, Any]) -> str:
    if body["key"]:
        return str(body["key"])
    mappers = (item for item in Base.registry.mappers if item.class_.__tablename__ == body["kind"])
    mapper = next(mappers, None)
    return natural_key(mapper, body) if mapper else ""
