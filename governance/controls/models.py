"""The statement of applicability, runs of the dry audit, suppressions, and the framework versions that were seen."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record, content_of
from governance.core.types import BigId, Choice, Json


class StatementState(StrEnum):
    """Life of a statement of applicability; one approved version is in force (INV-SOA4)."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class Implementation(StrEnum):
    """How far a control is carried out."""

    NOT_STARTED = "not_started"
    PLANNED = "planned"
    PARTLY = "partly"
    IMPLEMENTED = "implemented"


class StatementOfApplicability(Record):
    """Every control of Annex A with its decision (ISO/IEC 42001, 6.1.3). Approved, it is immutable."""

    __tablename__ = "statement_of_applicability"

    PREFIX = "SOA"
    NOUN = "statement of applicability"
    PATH = "statements-of-applicability"
    FROZEN = frozenset({StatementState.APPROVED, StatementState.SUPERSEDED})
    FREE = frozenset({"approved_on"})
    WAY_OUT = "Draft a new version; this one stays in force until it is approved."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("statement_of_applicability.id"))
    framework_hash: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(default="", active_history=True)
    approved_on: Mapped[date | None]

    entries: Mapped[list["ControlDecision"]] = relationship(
        back_populates="statement", order_by="ControlDecision.position"
    )

    __mapper_args__ = {
        "polymorphic_identity": "statement_of_applicability",
        "inherit_condition": id == Record.__table__.c.id,
    }

    def signed_content(self) -> dict[str, Any]:
        """The statement with every decision."""
        return {
            **super().signed_content(),
            "entries": [content_of(item, {"id", "statement_id"}) for item in self.entries],
        }


class ControlDecision(Base):
    """One control: applicable or excluded, why, how far it is, who answers for it, until when an exclusion holds."""

    __tablename__ = "control_decision"
    __table_args__ = (UniqueConstraint("statement_id", "control"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statement_of_applicability.id"))
    position: Mapped[int]
    control: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    applicable: Mapped[bool | None]
    justification: Mapped[str] = mapped_column(default="")
    implementation: Mapped[Implementation] = mapped_column(
        Choice(Implementation), default=Implementation.NOT_STARTED
    )
    how: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    evidence: Mapped[list[str]] = mapped_column(Json, default=list)
    """References of evidence items and records that show it."""
    reviewed_on: Mapped[date | None]
    review_due_on: Mapped[date | None]

    statement: Mapped[StatementOfApplicability] = relationship(back_populates="entries")

    def whole(self) -> Record:
        """The statement."""
        return self.statement


class SuppressionState(StrEnum):
    """Life of a suppression; past its date it counts for nothing."""

    ACTIVE = "active"
    LIFTED = "lifted"


class Suppression(Record):
    """A gap of the dry audit that is known and borne for a while, with the reason. It is shown, never hidden."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("check_id", "subject", "expires_on"),)

    PREFIX = "SPR"
    NOUN = "suppression"
    PATH = "suppressions"
    RUNS_OUT = "expires_on"
    STANDS = frozenset({SuppressionState.ACTIVE})
    FROZEN = frozenset(SuppressionState)
    WAY_OUT = "Lift it and suppress the gap anew, with the reason."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    check_id: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(20), default="")
    """Reference of the record; empty for a question about the organisation."""
    reason: Mapped[str]
    expires_on: Mapped[date]

    __mapper_args__ = {"polymorphic_identity": "suppression"}


class DryAuditRun(Base):
    """One run of every check: how many records failed each, without those suppressed, and whether trail and files are whole."""

    __tablename__ = "dry_audit_run"
    DATED_BY = "at"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    critical: Mapped[int]
    major: Mapped[int]
    minor: Mapped[int]
    suppressed: Mapped[int]
    counts: Mapped[dict[str, int]] = mapped_column(Json)
    faults: Mapped[list[str]] = mapped_column(Json)
    """What is wrong with the trail, the files or the worker, in words."""


class FrameworkVersion(Base):
    """A version of a framework file as this registry saw it first: its hash and the hash of each requirement."""

    __tablename__ = "framework_version"
    DATED_BY = "seen_at"
    __table_args__ = (UniqueConstraint("framework", "content_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    framework: Mapped[str] = mapped_column(String(40))
    content_hash: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime]
    requirements: Mapped[dict[str, str]] = mapped_column(Json)
