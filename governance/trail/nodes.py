"""The stored inner nodes of the tree: written with the events, and read so that a proof costs a few rows a level."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from governance.core.records import table_of
from governance.trail.merkle import (
    STORED_EVERY,
    Frontier,
    complete_subtrees,
    consistency_ranges,
    fold,
    inclusion_ranges,
)
from governance.trail.models import TrailEvent, TrailNode

_AT_ONCE = 500
_INSERT = insert(table_of(TrailNode))

Node = tuple[int, int]


def store(connection: Connection, frontier: Frontier) -> None:
    """Insert the nodes that the frontier completed since the last time."""
    if frontier.finished:
        connection.execute(
            _INSERT,
            [{"level": level, "position": at, "hash": found.hex()} for level, at, found in frontier.finished],
        )
        frontier.finished.clear()


class Proofs:
    """Proofs against the tree of the first `size` events. Each reads O(log size) rows; what was read once is kept."""

    def __init__(self, session: Session, size: int) -> None:
        self._session, self.size = session, size
        self._read: dict[Node, bytes] = {}

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Sibling hashes from leaf `index` (from 0) up to the root (RFC 9162, 2.1.3.1). Raises IndexError."""
        return self._hashes(inclusion_ranges(index, self.size))

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """The proof that this tree begins with the one of `old` events (RFC 9162, 2.1.4.1). Raises IndexError."""
        return self._hashes(consistency_ranges(old, self.size))

    def root(self) -> bytes:
        """The root of the tree of the first `size` events."""
        return self._hashes(((0, self.size),))[0]

    def expect(self, indexes: Iterable[int]) -> None:
        """Read at once what the inclusion proofs of these leaves need: many proofs, few statements."""
        self._fetch(pair for index in indexes for pair in inclusion_ranges(index, self.size))

    def expect_consistency(self, sizes: Iterable[int]) -> None:
        """Read at once what the consistency proofs with these smaller trees need."""
        self._fetch(pair for old in sizes for pair in consistency_ranges(old, self.size))

    def _hashes(self, ranges: tuple[tuple[int, int], ...]) -> tuple[bytes, ...]:
        self._fetch(ranges)
        return tuple(
            fold([self._subtree(*node) for node in complete_subtrees(low, high)]) for low, high in ranges
        )

    def _subtree(self, level: int, position: int) -> bytes:
        hashes = [self._read[node] for node in _stored(level, position)]
        frontier = Frontier()
        for found in hashes:
            frontier.append(found)
        return frontier.root

    def _fetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        wanted: dict[int, set[int]] = {}
        for low, high in ranges:
            for node in complete_subtrees(low, high):
                for level, position in _stored(*node):
                    if (level, position) not in self._read:
                        wanted.setdefault(level, set()).add(position)
        for level, positions in sorted(wanted.items()):
            ordered = sorted(positions)
            for start in range(0, len(ordered), _AT_ONCE):
                for position, found in self._rows(level, ordered[start : start + _AT_ONCE]):
                    self._read[level, position] = bytes.fromhex(found)

    def _rows(self, level: int, positions: list[int]) -> Iterator[tuple[int, str]]:
        if level == 0:
            events = table_of(TrailEvent)
            leaves = select(events.c.seq, events.c.leaf_hash)
            found = self._session.execute(leaves.where(events.c.seq.in_([at + 1 for at in positions])))
            return ((seq - 1, text) for seq, text in found)
        nodes = table_of(TrailNode)
        inner = select(nodes.c.position, nodes.c.hash).where(nodes.c.level == level)
        return (
            (at, text) for at, text in self._session.execute(inner.where(nodes.c.position.in_(positions)))
        )


def _stored(level: int, position: int) -> Iterator[Node]:
    """The stored nodes, or leaves, that a complete subtree is computed from."""
    above = level % STORED_EVERY
    return ((level - above, at) for at in range(position << above, (position + 1) << above))
