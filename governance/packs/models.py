"""Packs as records: what was asked for, and the sealed file that came out."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.audits.models import Audit
from governance.core.records import Record
from governance.core.types import BigId, Json
from governance.systems.models import AiSystem


class PackState(StrEnum):
    """Life of a pack."""

    REQUESTED = "requested"
    SEALED = "sealed"
    FAILED = "failed"


class Pack(Record):
    """What is kept of every pack, whatever it is about: its file, its hashes, and the head of the trail it carries."""

    __abstract__ = True

    FROZEN = frozenset({PackState.SEALED, PackState.FAILED})
    FREE = frozenset({"job_id"})
    WAY_OUT = "New facts belong into a new pack."

    as_of: Mapped[datetime | None]
    purpose: Mapped[str] = mapped_column(default="")
    confidentiality: Mapped[str] = mapped_column(String(40), default="confidential")
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    filename: Mapped[str] = mapped_column(String(255), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    pack_hash: Mapped[str] = mapped_column(String(64), default="")
    snapshot_hash: Mapped[str] = mapped_column(String(64), default="", index=True)
    size: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int] = mapped_column(default=0)
    gaps: Mapped[int] = mapped_column(default=0)
    trail_size: Mapped[int] = mapped_column(default=0)
    trail_root: Mapped[str] = mapped_column(String(64), default="")
    state_reason: Mapped[str] = mapped_column(default="")


class EvidencePack(Pack):
    """One sealed PDF/A-3 of one AI system as of a moment."""

    __tablename__ = "evidence_pack"

    PREFIX = "PCK"
    NOUN = "evidence pack"
    PATH = "packs"

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    since: Mapped[date | None]
    """The pack says what changed after the end of this day."""

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id], lazy="selectin")

    __mapper_args__ = {"polymorphic_identity": "evidence_pack"}


class AuditPack(Pack):
    """One sealed PDF/A-3a of one audit as of a moment."""

    __tablename__ = "audit_pack"

    PREFIX = "APK"
    NOUN = "audit pack"
    PATH = "audit-packs"

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"), index=True)

    audit: Mapped[Audit] = relationship(foreign_keys=[audit_id], lazy="selectin")

    __mapper_args__ = {"polymorphic_identity": "audit_pack"}


class ManagementSystemPack(Pack):
    """One bag (BagIt in a ZIP) with the index, the parts of its systems, their evidence and the trail, as of a moment."""

    __tablename__ = "management_system_pack"

    PREFIX = "MSP"
    NOUN = "management-system pack"
    PATH = "system-packs"

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    words: Mapped[str] = mapped_column(String(300), default="")
    """What the list of systems was searched for; with `filters` it chooses the systems."""
    filters: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    selection: Mapped[str] = mapped_column(default="all systems")
    """The choice in words, as the index prints it."""
    size: Mapped[int] = mapped_column(BigId, default=0)
    systems: Mapped[int] = mapped_column(default=0)
    drawn: Mapped[int] = mapped_column(default=0)
    """How many parts were new or changed; the others came from the cache."""
    unreadable: Mapped[int] = mapped_column(default=0)

    __mapper_args__ = {"polymorphic_identity": "management_system_pack"}
