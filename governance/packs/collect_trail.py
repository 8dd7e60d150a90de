"""The trail's part of a pack: the events of its records with their inclusion proofs, and the tree head they lead to."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.consultations.models import SMALLEST_GROUP, ConsultedGroup, is_small
from governance.core import clock
from governance.packs.snapshot import Redaction
from governance.packs.snapshot_assurance import Checkpoint, TrailEventLine
from governance.trail import queries
from governance.trail.merkle import node_hash
from governance.trail.models import TrailEvent

_BOOK_KEEPING = frozenset(
    {"id", "version", "changed_at", "changed_by_id", "created_at", "created_by_id", "kind"}
)
_LONGEST = 60
# Columns that end so hold a person, by the house rule that people end in `_by`, and by their office.
_PERSONS = ("_by_id", "owner_id", "auditor_id", "verifier_id", "signer_id", "person_id")

_WITHHELD = "numbers withheld: fewer than five people"

Names = dict[int, str]


class Tree:
    """All levels of the Merkle tree over the given leaf hashes, built once so that each proof costs its depth only."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.levels = [leaves]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            pairs = [node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
            # An odd one moves up unchanged: it is the right edge of the tree of RFC 9162.
            self.levels.append(pairs + below[len(pairs) * 2 :])

    def proof(self, index: int) -> tuple[str, ...]:
        """Sibling hashes from a leaf up to the root, in hex (RFC 9162, 2.1.3)."""
        path = []
        for level in self.levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling].hex())
            index >>= 1
        return tuple(path)


def events(session: Session, record_ids: set[int], names: Names) -> tuple[TrailEventLine, ...]:
    """Every event of these records, oldest first, with proof against the present head; `names` are people by id."""
    table = TrailEvent.__table__
    leaves = [
        bytes.fromhex(item) for item in session.scalars(select(table.c.leaf_hash).order_by(table.c.seq))
    ]
    tree = Tree(leaves) if leaves else None
    rows = session.execute(
        select(table.c.seq, table.c.body, table.c.leaf_hash)
        .where(table.c.record_id.in_(record_ids))
        .order_by(table.c.seq)
    )
    return tuple(
        _line(seq, body, leaf_hash, tree.proof(seq - 1) if tree else (), names)
        for seq, body, leaf_hash in rows
    )


def _line(seq: int, body: str, leaf_hash: str, proof: tuple[str, ...], names: Names) -> TrailEventLine:
    event = json.loads(body)
    withheld = reveals_few(event)
    subject = event["record"]["reference"] if event["record"] else event["key"]
    return TrailEventLine(
        sequence=seq,
        index=seq - 1,
        at=clock.parse(event["at"]),
        actor=event["actor"]["name"],
        verb=event["verb"] or event["op"],
        subject=subject if event["key"] == subject else f"{subject} ({event['kind'].replace('_', ' ')})",
        leaf_hash=leaf_hash,
        changes=(_WITHHELD,) if withheld else tuple(_said(event, names)),
        source=event["source"],
        leaf=None if withheld else body,
        inclusion_proof=proof,
    )


def _said(event: dict[str, Any], names: Names) -> Iterator[str]:
    """What changed, and why if somebody said so."""
    for name, pair in _shown(event["op"], event["changes"]):
        yield _change(event["op"], name, *(_readable(name, value, names) for value in pair))
    if event.get("reason"):
        yield f"because: {event['reason']}"


def _shown(op: str, changes: dict[str, list[object]]) -> list[tuple[str, list[object]]]:
    if op == "create":
        return [(name, pair) for name, pair in changes.items() if name in ("title", "state", "label")]
    return [(name, pair) for name, pair in sorted(changes.items()) if name not in _BOOK_KEEPING]


def reveals_few(event: dict[str, Any]) -> bool:
    """Whether an event says of a consulted group a number of people so small that it is not reported (CON-5).

    Events written since the trail itself says such numbers in words never do.
    """
    return event["kind"] == ConsultedGroup.__tablename__ and any(
        isinstance(value, int) and is_small(value)
        for name in ("invited", "took_part")
        for value in event["changes"].get(name, ())
    )


def redactions(lines: Iterable[TrailEventLine]) -> tuple[Redaction, ...]:
    """The events whose text is withheld; their hashes and proofs stay."""
    return tuple(
        Redaction(
            reference=f"Event {item.sequence}",
            what="The text of this event of the trail; its hash and proof are here",
            reason=f"It says numbers of fewer than {SMALLEST_GROUP} people",
        )
        for item in lines
        if item.leaf is None
    )


def _readable(name: str, value: object, names: Names) -> object:
    """A person's name for a person's id, words for a list; everything else as it is."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, int) and name.endswith(_PERSONS):
        return names.get(value, f"person {value}")
    return value


def _label(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")


def _change(op: str, name: str, before: object, after: object) -> str:
    if op == "create":
        return f"{name}: {_short(after)}"
    return f"{_label(name)}: {_short(before)} → {_short(after)}"


def _short(value: object) -> str:
    text = "–" if value in (None, "", []) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def checkpoint(session: Session, organisation: str, now: datetime) -> Checkpoint:
    """The tree head at this moment."""
    size, root = queries.head(session)
    return Checkpoint(tree_size=size, root_hash=root, origin=f"AIMS Registry of {organisation}", made_at=now)
