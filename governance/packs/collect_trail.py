"""The trail's part of a pack: the events of its records with their inclusion proofs, and the tree head they lead to."""

import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core import clock
from governance.packs.snapshot_assurance import Checkpoint, TrailEventLine
from governance.trail import queries
from governance.trail.merkle import node_hash
from governance.trail.models import TrailEvent

_BOOK_KEEPING = frozenset(
    {"id", "version", "changed_at", "changed_by_id", "created_at", "created_by_id", "kind"}
)
_LONGEST = 60


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


def events(session: Session, record_ids: set[int]) -> tuple[TrailEventLine, ...]:
    """Every event of these records, oldest first, with proof against the present head."""
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
        _line(seq, body, leaf_hash, tree.proof(seq - 1) if tree else ()) for seq, body, leaf_hash in rows
    )


def _line(seq: int, body: str, leaf_hash: str, proof: tuple[str, ...]) -> TrailEventLine:
    event = json.loads(body)
    subject = event["record"]["reference"] if event["record"] else event["key"]
    return TrailEventLine(
        sequence=seq,
        index=seq - 1,
        at=clock.parse(event["at"]),
        actor=event["actor"]["name"],
        verb=event["verb"] or event["op"],
        subject=subject if event["key"] == subject else f"{subject} ({event['kind'].replace('_', ' ')})",
        leaf_hash=leaf_hash,
        changes=tuple(
            _change(event["op"], name, *pair) for name, pair in _shown(event["op"], event["changes"])
        ),
        source=event["source"],
        leaf=body,
        inclusion_proof=proof,
    )


def _shown(op: str, changes: dict[str, list[object]]) -> list[tuple[str, list[object]]]:
    if op == "create":
        return [(name, pair) for name, pair in changes.items() if name in ("title", "state", "label")]
    return [(name, pair) for name, pair in sorted(changes.items()) if name not in _BOOK_KEEPING]


def _change(op: str, name: str, before: object, after: object) -> str:
    if op == "create":
        return f"{name}: {_short(after)}"
    return f"{name}: {_short(before)} → {_short(after)}"


def _short(value: object) -> str:
    text = "–" if value in (None, "", []) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def checkpoint(session: Session, organisation: str, now: datetime) -> Checkpoint:
    """The tree head at this moment."""
    size, root = queries.head(session)
    return Checkpoint(tree_size=size, root_hash=root, origin=f"AIMS Registry of {organisation}", made_at=now)
