"""The audit programme of a year, and the gaps in its coverage that are known and signed for (9.2.2)."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record, content_of
from governance.core.types import BigId


class ProgrammeState(StrEnum):
    """Life of a programme; one approved programme is in force for a year."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    SUPERSEDED = "superseded"


class AuditProgramme(Record):
    """What is audited in a year and why: objectives, scope, criteria, risks, resources, methods (ISO 19011, 5; 9.2.2)."""

    __tablename__ = "audit_programme"
    __table_args__ = (UniqueConstraint("year", "revision"),)

    PREFIX = "APR"
    NOUN = "audit programme"
    PATH = "audit-programmes"
    FROZEN = frozenset(
        {ProgrammeState.APPROVED, ProgrammeState.REVIEWED, ProgrammeState.CLOSED, ProgrammeState.SUPERSEDED}
    )
    FREE = frozenset({"lessons", "management_review"})
    WAY_OUT = "Draft a new revision; this one stays in force until that is approved."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(default=1)
    objectives: Mapped[str] = mapped_column(active_history=True)
    scope: Mapped[str] = mapped_column(active_history=True)
    criteria: Mapped[str] = mapped_column(active_history=True)
    risks: Mapped[str] = mapped_column(active_history=True)
    resources: Mapped[str] = mapped_column(active_history=True)
    methods: Mapped[str] = mapped_column(active_history=True)
    lessons: Mapped[str] = mapped_column(default="")
    management_review: Mapped[str] = mapped_column(String(20), default="")
    """Reference of the management review to which its results went (9.3.2)."""

    gaps: Mapped[list["ProgrammeGap"]] = relationship(
        back_populates="programme", order_by="ProgrammeGap.requirement"
    )

    __mapper_args__ = {"polymorphic_identity": "audit_programme"}

    def signed_content(self) -> dict[str, Any]:
        """The programme with the gaps that are signed for."""
        return {
            **super().signed_content(),
            "gaps": [content_of(item, {"id", "programme_id"}) for item in self.gaps],
        }


class ProgrammeGap(Base):
    """A clause or control that the programme leaves out, and why (INV-APR1)."""

    __tablename__ = "programme_gap"
    __table_args__ = (UniqueConstraint("programme_id", "requirement"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("audit_programme.id"))
    requirement: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str]

    programme: Mapped[AuditProgramme] = relationship(back_populates="gaps")

    def whole(self) -> Record:
        """The programme."""
        return self.programme
