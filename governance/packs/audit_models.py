"""The pack of one audit as a record: which audit was asked for, and the sealed file that came out."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.audits.models import Audit
from governance.core.records import Record
from governance.packs.models import PackState


class AuditPack(Record):
    """One sealed PDF/A-3a of one audit as of a moment."""

    __tablename__ = "audit_pack"

    PREFIX = "APK"
    NOUN = "audit pack"
    PATH = "audit-packs"
    FROZEN = frozenset({PackState.SEALED, PackState.FAILED})
    FREE = frozenset({"job_id"})
    WAY_OUT = "New facts belong into a new pack."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"), index=True)
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

    audit: Mapped[Audit] = relationship(foreign_keys=[audit_id])

    __mapper_args__ = {"polymorphic_identity": "audit_pack"}
