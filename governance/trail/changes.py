"""What changed between two moments: every record that was created, changed or removed, and which signatures were made or went stale."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Mapper, Session

from governance.core.records import Record, table_of
from governance.trail import as_of
from governance.trail.as_of import Difference, RowThen
from governance.trail.models import TrailEvent

_AT_ONCE = 500
BOOK_KEEPING = frozenset(
    {"id", "version", "changed_at", "changed_by_id", "created_at", "created_by_id", "kind", "reference"}
)
# Of a record that is new only this is told besides its title and state: the record itself says the rest.
_OF_NEW = frozenset({"owner_id"})


@dataclass(frozen=True)
class Change:
    """What happened to one record: `created`, `changed` or `removed`, its state before and after, and its fields."""

    reference: str
    title: str
    kind: str
    room: str
    how: str
    state: tuple[str | None, str | None]
    fields: tuple[Difference, ...]


@dataclass
class Counted:
    """Figures of a room."""

    created: int = 0
    changed: int = 0
    removed: int = 0
    moved: int = 0
    """How many records have another state than before."""
    signed: int = 0
    stale: int = 0

    @property
    def touched(self) -> int:
        """Records of which anything is other."""
        return self.created + self.changed + self.removed


@dataclass
class Overview:
    """Figures by room, and how many changes were of people and settings, which are no records."""

    rooms: dict[str, Counted] = field(default_factory=dict)
    beside: int = 0

    @property
    def every(self) -> Counted:
        """All rooms together."""
        names = Counted.__dataclass_fields__
        return Counted(**{name: sum(getattr(item, name) for item in self.rooms.values()) for name in names})


def room_of(kind: str) -> str:
    """The room whose records are of a kind; blank for a kind that the program has no more."""
    mapper = _mappers().get(kind)
    return mapper.class_.__module__.split(".")[1] if mapper else ""


def kinds_of(room: str) -> list[str]:
    """The kinds of records of a room."""
    return [kind for kind in _mappers() if room_of(kind) == room]


def _mappers() -> dict[str, Mapper[Any]]:
    mappers = Record.__mapper__.self_and_descendants
    return {str(mapper.polymorphic_identity): mapper for mapper in mappers if mapper.class_ is not Record}


def _between(after: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    events = table_of(TrailEvent).c
    return (events.at > after, events.at <= until)


def overview(
    session: Session, after: datetime, until: datetime, ids: frozenset[int] | None = None
) -> Overview:
    """Figures of what changed after one moment, up to another; of all records, or of those with these ids.

    It reads the number of events of each record, and the words of those alone that changed a state.
    """
    events = table_of(TrailEvent).c
    found = Overview()
    touched = select(events.record_id, func.count()).where(*_between(after, until)).group_by(events.record_id)
    here: dict[int, str] = {}
    numbers = {row[0]: row[1] for row in session.execute(touched)}
    found.beside = numbers.pop(None, 0) if ids is None else 0
    wanted = [number for number in numbers if ids is None or number in ids]
    records = table_of(Record).c
    for rows in _in_parts(wanted):
        known = select(records.id, records.kind, records.created_at).where(records.id.in_(rows))
        for row in session.execute(known):
            here[row.id] = row.kind
            counted = found.rooms.setdefault(room_of(row.kind), Counted())
            if after < row.created_at <= until:
                counted.created += 1
            else:
                counted.changed += 1
    for kind in _removed(session, [item for item in wanted if item not in here]):
        found.rooms.setdefault(room_of(kind), Counted()).removed += 1
    for record_id, (before, later) in _states(session, after, until).items():
        if record_id not in here or before is None or before == later:
            if here.get(record_id) == "sign_off" and before is None:
                _count_signature(found.rooms[room_of("sign_off")], later)
            continue
        counted = found.rooms[room_of(here[record_id])]
        counted.moved += 1
        if here[record_id] == "sign_off":
            _count_signature(counted, later)
    found.rooms = dict(sorted(found.rooms.items()))
    return found


def _count_signature(counted: Counted, state: str | None) -> None:
    counted.signed += state == "signed"
    counted.stale += state == "stale"


def _in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _removed(session: Session, ids: Sequence[int]) -> Iterator[str]:
    """The kinds of records that are not there any more."""
    events = table_of(TrailEvent).c
    for some in _in_parts(ids):
        first = select(func.min(events.seq)).where(events.record_id.in_(some)).group_by(events.record_id)
        yield from session.scalars(select(events.kind).where(events.seq.in_(first)))


def _states(session: Session, after: datetime, until: datetime) -> dict[int, tuple[str | None, str | None]]:
    """State before and after of each record whose own state was written in between."""
    events = table_of(TrailEvent).c
    statement = (
        select(events.record_id, events.body)
        .where(*_between(after, until), events.kind.in_(_mappers()), events.body.contains('"state":['))
        .order_by(events.seq)
        .execution_options(yield_per=_AT_ONCE)
    )
    found: dict[int, tuple[str | None, str | None]] = {}
    for record_id, text in session.execute(statement):
        pair = json.loads(text)["changes"].get("state")
        if pair is not None:
            found[record_id] = (found.get(record_id, pair)[0], pair[1])
    return found


def page(
    session: Session,
    after: datetime,
    until: datetime,
    *,
    ids: frozenset[int] | None = None,
    room: str = "",
    beyond: str = "",
    limit: int = 25,
) -> tuple[tuple[Change, ...], str]:
    """Records that changed, by reference, with what is other of each; and the reference after which to go on, or blank."""
    events, records = table_of(TrailEvent).c, table_of(Record).c
    touched = select(events.record_id).where(*_between(after, until)).distinct()
    statement = select(Record).where(records.id.in_(touched), records.reference > beyond)
    if ids is not None:
        statement = statement.where(records.id.in_(ids))
    if room:
        statement = statement.where(records.kind.in_(kinds_of(room)))
    found = list(session.scalars(statement.order_by(records.reference).limit(limit + 1)))
    shown = found[:limit]
    return tuple(_change(session, item, after, until) for item in shown), (
        shown[-1].reference if len(found) > limit else ""
    )


def _change(session: Session, record: Record, after: datetime, until: datetime) -> Change:
    before, later = (as_of.as_of(session, record, moment) for moment in (after, until))
    fields = tuple(_told(as_of.difference(before, later), is_new=not before))
    how = "created" if not before else "changed" if later else "removed"
    state = (_own(before, record, "state"), _own(later, record, "state"))
    title = str(_own(later or before, record, "title") or record.title)
    return Change(record.reference, title, record.kind, room_of(record.kind), how, state, fields)


def _own(rows: tuple[RowThen, ...], record: Record, name: str) -> str | None:
    values = next((row.values for row in rows if row.key == record.reference), {})
    found = values.get(name)
    return None if found is None else str(found)


def _told(differences: Iterable[Difference], *, is_new: bool) -> Iterator[Difference]:
    for item in differences:
        if item.name not in BOOK_KEEPING and (not is_new or item.name in _OF_NEW):
            yield item
