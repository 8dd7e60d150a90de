"""The evidence pack as a record: what was asked for, and the sealed file that came out."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Record
from governance.systems.models import AiSystem


class PackState(StrEnum):
    """Life of an evidence pack."""

    REQUESTED = "requested"
    SEALED = "sealed"
    FAILED = "failed"


class EvidencePack(Record):
    """One sealed PDF/A-3 of one AI system as of a moment."""

    __tablename__ = "evidence_pack"

    PREFIX = "PCK"
    NOUN = "evidence pack"
    PATH = "packs"
    FROZEN = frozenset({PackState.SEALED, PackState.FAILED})
    FREE = frozenset({"job_id"})
    WAY_OUT = "New facts belong into a new pack."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
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

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "evidence_pack"}
