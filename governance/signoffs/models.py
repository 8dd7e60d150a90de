"""The sign-off: who signed what, in which slot, with which meaning, bound to a SHA-256 of the content."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Record
from governance.core.types import BigId, Json


class SignOffState(StrEnum):
    """Life of a sign-off (field.md); stale means that the content changed after signing."""

    REQUESTED = "requested"
    SIGNED = "signed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    STALE = "stale"
    EXPIRED = "expired"


class SignOff(Record):
    """One slot of a sign-off round on a subject. After signing only its state and the reason for it change (INV-SIG2)."""

    __tablename__ = "sign_off"

    PREFIX = "SGN"
    NOUN = "sign-off"
    PATH = "sign-offs"
    FROZEN = frozenset(set(SignOffState) - {SignOffState.REQUESTED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "A signature is never edited; ask for a new one."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("record.id"), index=True)
    policy: Mapped[str] = mapped_column(String(40))
    round: Mapped[int] = mapped_column(default=1)
    slot: Mapped[str] = mapped_column(String(40))
    meaning: Mapped[str] = mapped_column(String(40))
    statement: Mapped[str] = mapped_column(default="")
    content_hash: Mapped[str] = mapped_column(String(64), default="", index=True)
    content: Mapped[dict[str, Any] | None] = mapped_column(Json, info={"digest": True})
    subject_version: Mapped[int] = mapped_column(default=0)
    signer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    signer_name: Mapped[str] = mapped_column(String(200), default="")
    signer_role: Mapped[str] = mapped_column(String(80), default="")
    method: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    signed_at: Mapped[datetime | None]
    comment: Mapped[str] = mapped_column(default="")
    state_reason: Mapped[str] = mapped_column(default="")

    subject: Mapped[Record] = relationship(foreign_keys=[subject_id], lazy="joined")

    __mapper_args__ = {
        "polymorphic_identity": "sign_off",
        "inherit_condition": id == Record.__table__.c.id,
    }
