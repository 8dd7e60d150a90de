"""The stored nodes: the proofs made from them equal a plain recomputation, and cost a few rows a level."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text

from governance.access.actor import INSTALLER
from governance.core.database import Database
from governance.trail import nodes, queries, schema, verification
from governance.trail.merkle import Frontier, inclusion_proof, is_consistent, leaf_hash, root_of
from governance.trail.models import TrailEvent, TrailHead, TrailNode
from governance.trail.nodes import Proofs
from tests.house_fixtures import House
from tests.trail.test_trail import fill


def leaves_of(house: House) -> list[bytes]:
    with house.reading() as session:
        return [
            bytes.fromhex(leaf)
            for leaf in session.scalars(select(TrailEvent.leaf_hash).order_by(TrailEvent.seq))
        ]


def test_every_proof_at_every_size_equals_the_plain_one(house: House) -> None:
    """Sizes around the sixteens and the square of sixteen, where levels begin."""
    fill(house, 275)
    leaves = leaves_of(house)
    with house.reading() as session:
        for size in (*range(1, 40), *range(250, 276)):
            proofs = Proofs(session, size)
            assert proofs.root() == root_of(leaves[:size])
            for index in {0, size // 2, size - 1, Random(size).randrange(size)}:
                assert proofs.inclusion(index) == inclusion_proof(leaves[:size], index)
            old = Random(size).randint(0, size)
            assert is_consistent(old, size, root_of(leaves[:old]), proofs.root(), proofs.consistency(old))


def test_proofs_of_what_is_not_there_are_refused(house: House) -> None:
    with house.reading() as session:
        with pytest.raises(IndexError):
            Proofs(session, 5).inclusion(5)
        with pytest.raises(IndexError):
            Proofs(session, 5).consistency(6)


def grow(database: Database, leaves: list[bytes]) -> None:
    """Put leaves under the tree without events of any content: this is about the tree."""
    frontier = Frontier()
    with database.transaction(INSTALLER) as session:
        connection = session.connection()
        frontier.size, frontier.peaks = (
            queries.head(session)[0],
            [bytes.fromhex(peak) for peak in session.scalars(select(TrailHead.peaks)).one()],
        )
        first = frontier.size + 1
        frontier.extend(leaves)
        row = {"at": "2026-01-01", "verb": "", "kind": "", "body": "", "chain": ""}
        statement = text(
            "INSERT INTO trail_event (seq, at, verb, kind, body, leaf_hash, chain) VALUES (:seq, :at, :verb, :kind, :body, :leaf, :chain)"
        )
        connection.execute(
            statement, [{**row, "seq": seq, "leaf": leaf.hex()} for seq, leaf in enumerate(leaves, first)]
        )
        nodes.store(connection, frontier)


def rows_read(database: Database, size: int, index: int) -> tuple[int, int]:
    """Rows and statements that an inclusion and a consistency proof cost."""
    read: list[int] = []

    class Counting(Proofs):
        def _rows(self, level: int, positions: list[int]) -> Iterator[tuple[int, str]]:
            read.append(len(positions))
            return super()._rows(level, positions)

    with database.transaction(readonly=True) as session:
        Counting(session, size).inclusion(index)
        Counting(session, size).consistency(index)
    return sum(read), len(read)


def test_a_proof_reads_a_few_rows_a_level_however_long_the_trail_is(house: House) -> None:
    start = size = queries_size(house)
    grow(house.database, [leaf_hash(str(number).encode()) for number in range(70_000 - start)])
    costs = {}
    for size in (300, 4_500, 70_000):
        costs[size] = max(rows_read(house.database, size, index)[0] for index in range(1, size, size // 23))
    levels = {300: 3, 4_500: 4, 70_000: 5}
    assert all(costs[size] <= 4 * 15 * levels[size] for size in costs), costs
    assert rows_read(house.database, 70_000, 41_234)[1] <= 10


def queries_size(house: House) -> int:
    with house.reading() as session:
        return queries.head(session)[0]


def stored(database: Database) -> list[tuple[Any, ...]]:
    with database.transaction(readonly=True) as session:
        everything = select(TrailNode.level, TrailNode.position, TrailNode.hash)
        chain = select(TrailEvent.seq, TrailEvent.chain).order_by(TrailEvent.seq)
        head = select(TrailHead.size, TrailHead.root, TrailHead.peaks, TrailHead.chain)
        ordered = everything.order_by(TrailNode.level, TrailNode.position)
        return [tuple(row) for query in (ordered, chain, head) for row in session.execute(query)]


def test_an_upgrade_fills_the_nodes_of_a_trail_that_was_there_before(house: House) -> None:
    """Down writes the roots beside the events again, up the chain and the nodes; the tree is the same all the time."""
    fill(house, 290)
    before, leaves = stored(house.database), leaves_of(house)
    with house.database.rebuilding() as connection:
        command.downgrade(schema._config(connection), "0014")
        roots = connection.execute(text("SELECT root FROM trail_event ORDER BY seq")).scalars().all()
        assert [roots[0], roots[20], roots[289]] == [root_of(leaves[:size]).hex() for size in (1, 21, 290)]
    schema.upgrade(house.database)
    assert stored(house.database) == before
    with house.reading() as session:
        assert verification.verify(session).faults == ()
    fill(house, 310)
    with house.reading() as session:
        assert verification.verify(session).intact
