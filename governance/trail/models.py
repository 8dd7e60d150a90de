"""Tables of the trail: one event per changed row and flush, the tree over them, and its signed checkpoints."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.core.records import Base
from governance.core.types import BigId, Json


class TrailEvent(Base):
    """One change, for ever. `body` is the canonical JSON that is hashed; the other columns repeat parts of it to search by."""

    __tablename__ = "trail_event"
    __audited__ = False
    __table_args__ = (
        Index("ix_trail_event_record", "record_id", "seq"),
        Index("ix_trail_event_actor", "actor_id", "seq"),
        Index("ix_trail_event_at", "at", "record_id"),
    )

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigId)
    verb: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int | None] = mapped_column(BigId)
    body: Mapped[str]
    leaf_hash: Mapped[str] = mapped_column(String(64))
    chain: Mapped[str] = mapped_column(String(64))


class TrailHead(Base):
    """The single row with the tree's size, root, frontier and last link of the chain; its lock puts commits in line for a moment."""

    __tablename__ = "trail_head"
    __audited__ = False

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigId)
    root: Mapped[str] = mapped_column(String(64))
    peaks: Mapped[list[str]] = mapped_column(Json)
    chain: Mapped[str] = mapped_column(String(64))


class TrailNode(Base):
    """A complete subtree of 2^level events, at every fourth level, so that no proof reads more than a few rows a level."""

    __tablename__ = "trail_node"
    __audited__ = False

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))


class CheckpointKey(Base):
    """A public key that checkpoints are signed with: the registry's own, or a witness's. It stays known when retired.

    `verifier` is the key as text: name, key id and base64 of type and key, joined by plus (C2SP signed-note).
    """

    __tablename__ = "checkpoint_key"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    verifier: Mapped[str] = mapped_column(String(400), unique=True)
    is_witness: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class TrailCheckpoint(Base):
    """A tree head as a signed note (C2SP tlog-checkpoint). `note` is the whole text with our own signature lines."""

    __tablename__ = "trail_checkpoint"
    __audited__ = False
    DATED_BY = "made_at"
    __table_args__ = (UniqueConstraint("size", "key_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    size: Mapped[int] = mapped_column(BigId)
    root: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    key_id: Mapped[int] = mapped_column(ForeignKey("checkpoint_key.id"))
    note: Mapped[str]


class TrailVerification(Base):
    """What a verification of the whole trail, with every row it speaks of, found; itself an event of the trail (INV-G4)."""

    __tablename__ = "trail_verification"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    size: Mapped[int] = mapped_column(BigId)
    root: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(BigId)
    faults: Mapped[int]
    first_fault: Mapped[str] = mapped_column(default="")


class TrailCosignature(Base):
    """The line of a witness under a checkpoint, verified when it was added."""

    __tablename__ = "trail_cosignature"
    __audited__ = False
    DATED_BY = "added_at"
    __table_args__ = (UniqueConstraint("checkpoint_id", "key_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    checkpoint_id: Mapped[int] = mapped_column(ForeignKey("trail_checkpoint.id"))
    key_id: Mapped[int] = mapped_column(ForeignKey("checkpoint_key.id"))
    line: Mapped[str]
    signed_at: Mapped[datetime]
    added_at: Mapped[datetime]


class TrailOpening(Base):
    """The random number that opens the commitment to the present value of a secret column; replaced with the value.

    The trail has only SHA-256(number ‖ value). Once the number is overwritten, nobody can find out by guessing what the
    value was, so what was erased stays erased.
    """

    __tablename__ = "trail_opening"
    __audited__ = False

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
