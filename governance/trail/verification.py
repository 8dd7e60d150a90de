"""Checks the whole trail: every event's hash, the tree over them, the head, the guards, and an earlier checkpoint."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core.canonical import canonical
from governance.trail import guards
from governance.trail.capture import searchable
from governance.trail.merkle import Frontier, leaf_hash
from governance.trail.models import TrailEvent, TrailHead

_BATCH = 2_000


@dataclass(frozen=True)
class Checkpoint:
    """A tree head that somebody kept: how many events there were, and their root (hex)."""

    size: int
    root: str


@dataclass(frozen=True)
class Verdict:
    """What a verification found. `faults` name the event (or the head) and what is wrong with it."""

    size: int
    root: str
    faults: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(session: Session, checkpoints: tuple[Checkpoint, ...] = ()) -> Verdict:
    """Recompute the trail from its first event, streaming, and compare (RFC 9162, 2.1).

    `checkpoints` are heads kept outside this database, for instance in evidence packs: with one, even a trail that
    was rewritten as a whole is found out.
    """
    faults: list[str] = [
        f"The guard {name} is missing from the database." for name in guards.missing(session.connection())
    ]
    wanted = {checkpoint.size: checkpoint.root for checkpoint in checkpoints}
    frontier, chain_broken = Frontier(), False
    for row in _events(session):
        expected = frontier.size + 1
        if row.seq != expected:
            faults.append(_gap(expected, row.seq))
            chain_broken = True
            break
        frontier = frontier.append(leaf_hash(row.body.encode()))
        faults += _own_faults(row)
        if frontier.root.hex() != row.root and not chain_broken:
            faults.append(
                f"Event {row.seq}: the tree root kept with it does not follow from events 1 to {row.seq}."
            )
            chain_broken = True
        if row.seq in wanted and wanted.pop(row.seq) != frontier.root.hex():
            faults.append(
                f"Checkpoint of {row.seq} events: its root differs; something up to event {row.seq} was rewritten."
            )
    head = session.execute(select(TrailHead.__table__)).one()
    if head.size != frontier.size:
        faults.append(
            f"The head counts {head.size} events, {frontier.size} are there: the trail was truncated."
        )
    elif head.root != frontier.root.hex():
        faults.append("The head's root does not follow from the events.")
    faults += [
        f"Checkpoint of {size} events: the trail has only {frontier.size}; it was truncated."
        for size in wanted
    ]
    return Verdict(frontier.size, frontier.root.hex(), tuple(faults))


def _events(session: Session) -> Iterator[Any]:
    events = TrailEvent.__table__
    last = 0
    while True:
        rows = session.execute(
            select(events).where(events.c.seq > last).order_by(events.c.seq).limit(_BATCH)
        ).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        last = rows[-1].seq


def _gap(expected: int, found: int) -> str:
    missing = f"event {expected} is" if found == expected + 1 else f"events {expected} to {found - 1} are"
    return f"Before event {found}: {missing} missing."


def _own_faults(row: Any) -> Iterator[str]:
    if leaf_hash(row.body.encode()).hex() != row.leaf_hash:
        yield f"Event {row.seq}: its content does not have the hash kept with it; it was changed after it was written."
        return
    try:
        body = json.loads(row.body)
    except ValueError:
        yield f"Event {row.seq}: its content is not JSON."
        return
    if body.get("seq") != row.seq:
        yield f"Event {row.seq}: its content says it is event {body.get('seq')}."
    if canonical(body) != row.body.encode():
        yield f"Event {row.seq}: its content is not in canonical form (RFC 8785)."
    for name, value in searchable(body).items():
        kept = getattr(row, name)
        if kept != value:
            yield f"Event {row.seq}: the column {name} says {kept}, the content says {value}."
