"""Checks the whole trail: every event's hash, the tree over them, the head, the guards, and earlier checkpoints."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.core.canonical import canonical, instant
from governance.core.records import table_of
from governance.trail import checkpoints as kept
from governance.trail import guards
from governance.trail.capture import searchable
from governance.trail.merkle import EMPTY_ROOT, STORED_EVERY, Frontier, leaf_hash
from governance.trail.models import TrailEvent, TrailHead, TrailNode

_BATCH = 4_096
# A trail that was rewritten as a whole would otherwise fill the memory with sentences about it.
_MOST_FAULTS = 200


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

    The checkpoints kept here are checked with it, their signatures too. `checkpoints` are heads kept outside this
    database, for instance in evidence packs: with one, even a trail that was rewritten as a whole is found out. Memory does not grow with the trail; at most 200 faults are named.
    """
    run = _Run(session, checkpoints)
    run.events()
    run.end()
    return Verdict(run.frontier.size, run.frontier.root.hex(), tuple(run.faults))


class _Event(NamedTuple):
    """An event as the database gives it; the moment is a text on one of them."""

    seq: int
    at: str | datetime
    actor_id: int | None
    verb: str
    kind: str
    record_id: int | None
    body: str
    leaf_hash: str
    chain: str


class _Run:
    """One pass over the trail: what was computed so far, and what was found wrong."""

    def __init__(self, session: Session, checkpoints: tuple[Checkpoint, ...]) -> None:
        self.session = session
        self.wanted: dict[int, set[str]] = {}
        outside = ((item.size, item.root) for item in checkpoints)
        for size, root in (*outside, *kept.heads(session)):
            self.wanted.setdefault(size, set()).add(root)
        self.frontier, self.link = Frontier(), EMPTY_ROOT
        self.faults = [
            f"The guard {name} is missing from the database, or does something else."
            for name in guards.missing(session.connection())
        ]
        self.faults += kept.faults(session)
        self.faulty: list[int] = []
        self.nodes = 0
        self.is_broken = False

    def events(self) -> None:
        """All events, a batch at a time."""
        for rows in _batches(self.session):
            first = self.frontier.size + 1
            self.batch(rows)
            self.compare_nodes(first)
            if self.is_broken or len(self.faults) > _MOST_FAULTS:
                return

    def batch(self, rows: list[Any]) -> None:
        """Hash and compare the events of a batch. It runs for every event, so it does little and calls little."""
        expected, link, wanted = self.frontier.size, self.link, self.wanted
        leaves: list[bytes] = []
        for row in rows:
            seq, at, actor, verb, kind, record, body, kept_leaf, kept_link = row
            expected += 1
            if seq != expected:
                self.faults.append(_gap(expected, seq))
                self.is_broken = True
                break
            leaf = sha256(b"\x00" + body.encode()).digest()
            leaves.append(leaf)
            # merkle.chained, written out.
            link = sha256(b"\x02" + link + leaf).digest()
            if (
                leaf.hex() != kept_leaf
                or link.hex() != kept_link
                or not _agrees(body, seq, at, actor, verb, kind, record)
            ):
                self.suspect(_Event(*row), link.hex() != kept_link)
                # From here on with the link that was kept, so that each wrong event is named and not only the first.
                link = _bytes(kept_link, link)
            if seq in wanted:
                self.frontier.extend(leaves)
                leaves.clear()
                self.compare_checkpoint(seq)
        self.frontier.extend(leaves)
        self.link = link

    def suspect(self, row: _Event, link_differs: bool) -> None:
        """An event with which something is wrong, unless it is only written in an unusual way."""
        found = list(_own_faults(row))
        if not found and link_differs:
            found = [
                f"Event {row.seq}: the chain breaks here: it, its hash, or the link kept with it was rewritten."
            ]
        if found:
            self.faults += found
            self.faulty.append(row.seq)

    def compare_checkpoint(self, size: int) -> None:
        """The root of the tree as it is at this size with the roots that were kept."""
        if self.wanted.pop(size) != {self.frontier.root.hex()}:
            self.faults.append(
                f"Checkpoint of {size} events: its root differs; something up to event {size} was rewritten."
            )

    def compare_nodes(self, first: int) -> None:
        """The nodes that the batch completed with the stored ones, where no event under them is wrong already."""
        computed = {(level, at): found.hex() for level, at, found in self.frontier.finished}
        self.frontier.finished.clear()
        self.nodes += len(computed)
        for (level, at), stored in _nodes(self.session, first, self.frontier.size):
            found = computed.pop((level, at), None)
            events = range((at << level) + 1, ((at + 1) << level) + 1)
            if stored != found and not any(seq in events for seq in self.faulty):
                self.faults.append(
                    f"The stored node over events {events[0]} to {events[-1]} does not follow from them."
                )
        self.faults += [
            f"The stored node over events {(at << level) + 1} to {(at + 1) << level} is missing."
            for level, at in computed
        ]

    def end(self) -> None:
        """The head, the number of nodes, and the checkpoints of trails longer than this one."""
        if len(self.faults) > _MOST_FAULTS:
            del self.faults[_MOST_FAULTS:]
            self.faults.append("There is more wrong than is named here.")
            return
        size, root = self.frontier.size, self.frontier.root.hex()
        heads, nodes = table_of(TrailHead), table_of(TrailNode)
        head = self.session.execute(select(heads)).one()
        if head.id != 1:
            self.faults.append(f"The head is row {head.id}, where nobody looks for it.")
        if head.size != size:
            self.faults.append(
                f"The head counts {head.size} events, {size} are there: the trail was truncated."
            )
        elif head.root != root:
            self.faults.append("The head's root does not follow from the events.")
        elif head.peaks != [peak.hex() for peak in self.frontier.peaks] or head.chain != self.link.hex():
            self.faults.append("The head's frontier does not follow from the events.")
        if not self.is_broken:
            stored = self.session.execute(select(func.count()).select_from(nodes)).scalar_one()
            if stored > self.nodes:
                self.faults.append(f"{stored - self.nodes} stored nodes belong to no events.")
        self.faults += [
            f"Checkpoint of {wanted} events: the trail has only {size}; it was truncated."
            for wanted in self.wanted
            if wanted > size
        ]


def _batches(session: Session) -> Iterator[list[Any]]:
    events = table_of(TrailEvent).c
    statement = select(*(events[name] for name in _Event._fields)).order_by(events.seq).limit(_BATCH)
    last = 0
    while True:
        # Rows as the driver gives them: dressing up a million of them costs more than hashing them.
        cursor = session.execute(statement.where(events.seq > last)).cursor  # type: ignore[attr-defined]
        rows = cursor.fetchall()
        cursor.close()
        if rows:
            yield rows
        if len(rows) < _BATCH:
            return
        last = rows[-1][0]


def _nodes(session: Session, first: int, last: int) -> Iterator[tuple[tuple[int, int], str]]:
    """The stored nodes that events `first` to `last` completed."""
    nodes = table_of(TrailNode).c
    statement = select(nodes.position, nodes.hash).order_by(nodes.position)
    level = STORED_EVERY
    while last >> level:
        low, high = (first - 1) >> level, last >> level
        at_level = statement.where(nodes.level == level, nodes.position >= low, nodes.position < high)
        yield from (((level, at), kept) for at, kept in session.execute(at_level))
        level += STORED_EVERY


def _agrees(
    body: str, seq: int, at: str | datetime, actor: int | None, verb: str, kind: str, record: int | None
) -> bool:
    """Whether the columns repeat what the canonical text says, by comparing text.

    False also when the text is merely unusual; `_own_faults` then takes it apart. Keys stand in order in canonical
    JSON, and no string can hold an unescaped quote, so what stands between keys is found without parsing.
    """
    # SQLite keeps a moment in UTC as text with six digits of fraction.
    moment = at.replace(" ", "T").replace(".000000", "") + "Z" if isinstance(at, str) else instant(at)
    if not body.startswith(f'{{"actor":{{"id":{"null" if actor is None else actor},"name":"'):
        return False
    if not body.startswith(f'"}},"at":"{moment}","changes":{{', body.find('"},"at":"', 18)):
        return False
    after = body.rfind('},"key":"')
    whole = "null," if record is None else f'{{"id":{record},"reference":"'
    return (
        body.endswith(f'","verb":"{verb}"}}')
        and body.find(f'","kind":"{kind}","op":"', after) > 0
        and body.find(f'","record":{whole}', after) > 0
        and body.find(f',"seq":{seq},"source":"', after) > 0
    )


def _bytes(text: str, otherwise: bytes) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return otherwise


def _gap(expected: int, found: int) -> str:
    missing = f"event {expected} is" if found == expected + 1 else f"events {expected} to {found - 1} are"
    return f"Before event {found}: {missing} missing."


def _own_faults(row: _Event) -> Iterator[str]:
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
        kept = _moment(row.at) if name == "at" else getattr(row, name)
        if kept != value:
            yield f"Event {row.seq}: the column {name} says {kept}, the content says {value}."


def _moment(kept: str | datetime) -> str | datetime:
    """The moment in UTC; a text that is none stays as it is."""
    if isinstance(kept, str):
        try:
            kept = datetime.fromisoformat(kept)
        except ValueError:
            return kept
    return kept.replace(tzinfo=UTC) if kept.tzinfo is None else kept.astimezone(UTC)
