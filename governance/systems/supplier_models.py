"""Third parties: what they supply, what is divided with them, which documents they gave, what reviews of them found (A.10)."""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record
from governance.core.types import BigId, Choice, Json
from governance.evidence.models import Evidence

if TYPE_CHECKING:
    from governance.systems.models import AiSystem


class SupplierState(StrEnum):
    """Whether the organisation relies on a third party (INV-SUP1)."""

    CANDIDATE = "candidate"
    APPROVED = "approved"
    CONDITIONAL = "conditional"
    SUSPENDED = "suspended"
    ENDED = "ended"


RELIED_ON = (SupplierState.APPROVED, SupplierState.CONDITIONAL)


class Criticality(StrEnum):
    """How much depends on a third party."""

    CRITICAL = "critical"
    MODERATE = "moderate"
    LOW = "low"


class Holder(StrEnum):
    """Who answers for an activity of the life cycle (A.10.2)."""

    US = "us"
    THEM = "them"
    BOTH = "both"


def _text() -> Mapped[str]:
    return mapped_column(default="", server_default="", active_history=True)


class Supplier(Record):
    """A third party that provides AI, data, tools or services (ISO/IEC 42001, A.10.3). `title` is its name."""

    __tablename__ = "supplier"

    PREFIX = "SUP"
    NOUN = "third party"
    PATH = "third-parties"
    RUNS_OUT = "review_due_on"
    STANDS = frozenset(RELIED_ON)

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    services: Mapped[str] = mapped_column(default="", active_history=True)
    contact: Mapped[str] = mapped_column(default="", active_history=True)
    responsibilities: Mapped[str] = mapped_column(default="", active_history=True)
    review_due_on: Mapped[date | None] = mapped_column(active_history=True)
    criticality: Mapped[Criticality | None] = mapped_column(Choice(Criticality), active_history=True)
    contract_reference: Mapped[str] = _text()
    incident_duty: Mapped[str] = _text()
    change_notice: Mapped[str] = _text()
    exit_plan: Mapped[str] = _text()
    information_gaps: Mapped[str] = _text()
    split: Mapped[dict[str, str]] = mapped_column(
        Json, default=dict, server_default="{}", active_history=True
    )
    """Activity of config/third_parties.yaml → us, them or both; all of them, or none yet."""
    state_reason: Mapped[str] = _text()
    """The condition it is approved under, or why it is suspended or ended."""

    documents: Mapped[list["SupplierDocument"]] = relationship(
        back_populates="supplier", order_by="SupplierDocument.id"
    )
    reviews: Mapped[list["SupplierReview"]] = relationship(
        back_populates="supplier", order_by="SupplierReview.id"
    )

    __mapper_args__ = {"polymorphic_identity": "supplier"}

    def signed_content(self) -> dict[str, Any]:
        """With documents and reviews."""
        documents = [
            [item.document, str(item.requested_on or ""), str(item.received_on or ""), item.evidence_id or 0]
            for item in self.documents
        ]
        reviews = [[str(item.done_on), item.result, item.found] for item in self.reviews]
        return {**super().signed_content(), "documents": documents, "reviews": reviews}


class SupplierDocument(Base):
    """A document that was asked of a third party, and whether it came."""

    __tablename__ = "supplier_document"
    __table_args__ = (UniqueConstraint("supplier_id", "document"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    document: Mapped[str] = mapped_column(String(40))
    requested_on: Mapped[date | None]
    received_on: Mapped[date | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    note: Mapped[str] = mapped_column(default="")

    supplier: Mapped[Supplier] = relationship(back_populates="documents")
    evidence: Mapped[Evidence | None] = relationship()

    def whole(self) -> Record:
        """The third party."""
        return self.supplier


class SupplierReview(Base):
    """What looking at a third party again found; never changed afterwards."""

    __tablename__ = "supplier_review"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), index=True)
    done_on: Mapped[date]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    result: Mapped[str] = mapped_column(String(40))
    found: Mapped[str]
    next_on: Mapped[date]

    supplier: Mapped[Supplier] = relationship(back_populates="reviews")

    def whole(self) -> Record:
        """The third party."""
        return self.supplier


class SystemSupplier(Base):
    """What a third party supplies to a system."""

    __tablename__ = "system_supplier"
    __table_args__ = (UniqueConstraint("system_id", "supplier_id"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), index=True)
    supplies: Mapped[str] = mapped_column(default="")

    system: Mapped["AiSystem"] = relationship(back_populates="supplied")
    supplier: Mapped[Supplier] = relationship()

    def whole(self) -> Record:
        """The system."""
        return self.system
