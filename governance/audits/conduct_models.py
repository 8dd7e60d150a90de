"""What belongs to conducting an audit: the team, samples, drafts of answers, compensating reviews, copies of the report."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record
from governance.core.types import BigId, Choice, Json

if TYPE_CHECKING:
    from governance.audits.models import Audit


class MemberRole(StrEnum):
    """What somebody does in an audit, besides leading it (ISO 19011, 5.5.4)."""

    AUDITOR = "auditor"
    TECHNICAL_EXPERT = "technical_expert"
    OBSERVER = "observer"
    AUDITEE = "auditee"


class AuditMember(Base):
    """A person who takes part in an audit. Auditors and technical experts attest that they are impartial."""

    __tablename__ = "audit_member"
    __table_args__ = (UniqueConstraint("audit_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(Choice(MemberRole))
    statement: Mapped[str] = mapped_column(default="")
    attested_at: Mapped[datetime | None]

    audit: Mapped["Audit"] = relationship(back_populates="members")

    def whole(self) -> Record:
        """The audit."""
        return self.audit


class Sample(Base):
    """A sample drawn from a population: seed and hash of the population are kept, so that another can draw the same."""

    __tablename__ = "audit_sample"
    __table_args__ = (UniqueConstraint("audit_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"))
    number: Mapped[int]
    purpose: Mapped[str]
    kind: Mapped[str] = mapped_column(String(40))
    """Kind of record that was counted: ai_system, risk_assessment, finding …"""
    in_state: Mapped[str] = mapped_column(String(40), default="")
    since: Mapped[date | None]
    population_size: Mapped[int]
    population_hash: Mapped[str] = mapped_column(String(64))
    population: Mapped[list[str]] = mapped_column(Json, info={"digest": True})
    seed: Mapped[str] = mapped_column(String(80))
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """What was drawn, in the order of drawing, each with the result and a note."""
    drawn_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drawn_at: Mapped[datetime]

    audit: Mapped["Audit"] = relationship(back_populates="samples")

    def whole(self) -> Record:
        """The audit."""
        return self.audit


class AnswerDraft(Base):
    """What an auditor typed and did not save yet; nobody else sees it and no signature binds it."""

    __tablename__ = "answer_draft"
    __audited__ = False
    __table_args__ = (UniqueConstraint("answer_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("checklist_answer.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(default="")
    evidence: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime]


class CompensatingReview(Base):
    """Why somebody audits who is not fully independent, and who looks over their work (small organisations, 9.2.2)."""

    __tablename__ = "compensating_review"
    __table_args__ = (UniqueConstraint("audit_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    objection: Mapped[str]
    """What speaks against their independence, as the registry found it."""
    reason: Mapped[str]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    arranged_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    arranged_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="")

    audit: Mapped["Audit"] = relationship(back_populates="reviews")

    def whole(self) -> Record:
        """The audit."""
        return self.audit


class ReportCopy(Base):
    """A copy of the report for somebody, and when they read it. Goes out after the audit is closed (ISO 19011, 6.5.2)."""

    __tablename__ = "report_copy"
    __table_args__ = (UniqueConstraint("audit_id", "person_id"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    audit: Mapped["Audit"] = relationship(back_populates="copies")

    def whole(self) -> Record:
        """The audit."""
        return self.audit
