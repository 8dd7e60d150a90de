"""Tables of the trail: one event per changed row and flush, and the head of the tree over them."""

from datetime import datetime

from sqlalchemy import Index, String
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
    )

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigId)
    verb: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int | None] = mapped_column(BigId)
    body: Mapped[str]
    leaf_hash: Mapped[str] = mapped_column(String(64))
    root: Mapped[str] = mapped_column(String(64))


class TrailHead(Base):
    """The single row with the tree's size, root and frontier; its lock puts commits in line for a moment."""

    __tablename__ = "trail_head"
    __audited__ = False

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigId)
    root: Mapped[str] = mapped_column(String(64))
    peaks: Mapped[list[str]] = mapped_column(Json)
