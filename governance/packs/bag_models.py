"""The pack of a management system as a record: which systems were asked for, and the bag that came out."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.core.records import Record
from governance.core.types import BigId, Json
from governance.packs.models import PackState


class ManagementSystemPack(Record):
    """One bag (BagIt in a ZIP) with the index, the parts of its systems, their evidence and the trail, as of a moment."""

    __tablename__ = "management_system_pack"

    PREFIX = "MSP"
    NOUN = "management-system pack"
    PATH = "system-packs"
    FROZEN = frozenset({PackState.SEALED, PackState.FAILED})
    FREE = frozenset({"job_id"})
    WAY_OUT = "New facts belong into a new pack."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    words: Mapped[str] = mapped_column(String(300), default="")
    """What the list of systems was searched for; with `filters` it chooses the systems."""
    filters: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    selection: Mapped[str] = mapped_column(default="all systems")
    """The choice in words, as the index prints it."""
    as_of: Mapped[datetime | None]
    purpose: Mapped[str] = mapped_column(default="")
    confidentiality: Mapped[str] = mapped_column(String(40), default="confidential")
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    filename: Mapped[str] = mapped_column(String(255), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    pack_hash: Mapped[str] = mapped_column(String(64), default="")
    snapshot_hash: Mapped[str] = mapped_column(String(64), default="", index=True)
    size: Mapped[int] = mapped_column(BigId, default=0)
    systems: Mapped[int] = mapped_column(default=0)
    drawn: Mapped[int] = mapped_column(default=0)
    """How many parts were new or changed; the others came from the cache."""
    pages: Mapped[int] = mapped_column(default=0)
    gaps: Mapped[int] = mapped_column(default=0)
    unreadable: Mapped[int] = mapped_column(default=0)
    trail_size: Mapped[int] = mapped_column(default=0)
    trail_root: Mapped[str] = mapped_column(String(64), default="")
    state_reason: Mapped[str] = mapped_column(default="")

    __mapper_args__ = {"polymorphic_identity": "management_system_pack"}
