"""The tree of the trail in stored nodes, and its signed checkpoints

Beside each event stood the root of the tree as it was with it, which costs some twenty hashes an event to check. Now a
link of a chain stands there, which costs one. Both are computed from the leaf hashes; the events themselves, their
hashes and the tree stay as they are, so every checkpoint kept elsewhere still holds.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_EMPTY = sha256(b"").digest()
_BATCH = 5_000
_EVERY = 4


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _leaves() -> Iterator[list[tuple[int, bytes]]]:
    """Numbers and leaf hashes of all events, some thousand at a time."""
    last = 0
    query = sa.text("SELECT seq, leaf_hash FROM trail_event WHERE seq > :last ORDER BY seq LIMIT :batch")
    while rows := op.get_bind().execute(query, {"last": last, "batch": _BATCH}).all():
        yield [(seq, bytes.fromhex(leaf)) for seq, leaf in rows]
        last = rows[-1].seq


def _grow(size: int, peaks: list[bytes], leaf: bytes) -> list[tuple[int, int, bytes]]:
    """Append a leaf to the peaks (RFC 9162, 2.1) and say which nodes that completed: level, position, hash."""
    completed, level, carried = [], 0, leaf
    while size & 1:
        carried = sha256(b"\x01" + peaks.pop() + carried).digest()
        size, level = size >> 1, level + 1
        completed.append((level, size, carried))
    peaks.append(carried)
    return completed


def _without_guard() -> None:
    # The program puts it in place again at the end of every upgrade.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS trail_event_no_update")
    else:
        op.execute("ALTER TABLE trail_event DISABLE TRIGGER USER")


def _with_guard() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE trail_event ENABLE TRIGGER USER")


def _new_head(*columns: sa.Column[str], **values: str) -> None:
    """Make the table of the single head row anew, with the columns and values added."""
    head = op.get_bind().execute(sa.text("SELECT id, size, root, peaks FROM trail_head")).mappings().first()
    op.drop_table("trail_head")
    table = op.create_table(
        "trail_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", _big(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("peaks", sa.JSON(none_as_null=True), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_head")),
    )
    if head is not None:
        peaks = head["peaks"]
        as_list = sa.JSON().result_processor(op.get_bind().dialect, None) if isinstance(peaks, str) else None
        op.bulk_insert(table, [{**head, "peaks": as_list(peaks) if as_list else peaks, **values}])


def upgrade() -> None:
    nodes = op.create_table(
        "trail_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", _big(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_trail_node")),
    )
    op.execute("ALTER TABLE trail_event RENAME COLUMN root TO chain")
    _without_guard()
    peaks: list[bytes] = []
    link = _EMPTY
    change = sa.text("UPDATE trail_event SET chain = :chain WHERE seq = :seq")
    for batch in _leaves():
        links, found = [], []
        for seq, leaf in batch:
            link = sha256(b"\x02" + link + leaf).digest()
            links.append({"seq": seq, "chain": link.hex()})
            found += [
                {"level": level, "position": position, "hash": hashed.hex()}
                for level, position, hashed in _grow(seq - 1, peaks, leaf)
                if level % _EVERY == 0
            ]
        op.get_bind().execute(change, links)
        op.bulk_insert(nodes, found)
    _with_guard()
    _new_head(sa.Column("chain", sa.String(length=64), nullable=False), chain=link.hex())
    op.create_table(
        "checkpoint_key",
        sa.Column("id", _big(), nullable=False),
        sa.Column("verifier", sa.String(length=400), nullable=False),
        sa.Column("is_witness", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint_key")),
        sa.UniqueConstraint("verifier", name=op.f("uq_checkpoint_key_verifier")),
    )
    op.create_table(
        "trail_checkpoint",
        sa.Column("id", _big(), nullable=False),
        sa.Column("size", _big(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", _big(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["checkpoint_key.id"], name=op.f("fk_trail_checkpoint_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_checkpoint")),
        sa.UniqueConstraint("size", "key_id", name=op.f("uq_trail_checkpoint_size_key_id")),
    )
    op.create_table(
        "trail_cosignature",
        sa.Column("id", _big(), nullable=False),
        sa.Column("checkpoint_id", _big(), nullable=False),
        sa.Column("key_id", _big(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"], ["trail_checkpoint.id"], name=op.f("fk_trail_cosignature_checkpoint_id")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["checkpoint_key.id"], name=op.f("fk_trail_cosignature_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail_cosignature")),
        sa.UniqueConstraint(
            "checkpoint_id", "key_id", name=op.f("uq_trail_cosignature_checkpoint_id_key_id")
        ),
    )


def downgrade() -> None:
    for table in ("trail_cosignature", "trail_checkpoint", "checkpoint_key", "trail_node"):
        op.drop_table(table)
    op.execute("ALTER TABLE trail_event RENAME COLUMN chain TO root")
    _without_guard()
    peaks: list[bytes] = []
    change = sa.text("UPDATE trail_event SET root = :root WHERE seq = :seq")
    for batch in _leaves():
        roots = []
        for seq, leaf in batch:
            _grow(seq - 1, peaks, leaf)
            root = peaks[-1]
            for left in reversed(peaks[:-1]):
                root = sha256(b"\x01" + left + root).digest()
            roots.append({"seq": seq, "root": root.hex()})
        op.get_bind().execute(change, roots)
    _with_guard()
    _new_head()
