"""Evidence: a file or link with its hash, the period it proves, and where it came from."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.core import clock
from governance.core.records import Record
from governance.core.types import Choice


class EvidenceState(StrEnum):
    """Life of an evidence item (field.md)."""

    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class EvidenceKind(StrEnum):
    """What an evidence item is; gates ask for kinds."""

    REQUIREMENTS_SPEC = "requirements_spec"
    DESIGN_RECORD = "design_record"
    TEST_PLAN = "test_plan"
    TEST_REPORT = "test_report"
    MONITORING_PLAN = "monitoring_plan"
    USER_INFORMATION = "user_information"
    INCIDENT_PLAN = "incident_plan"
    REHEARSAL = "rehearsal"
    OVERSEER_TRAINING = "overseer_training"
    RETIREMENT_PLAN = "retirement_plan"
    MODEL_CARD = "model_card"
    SUPPLIER_DOCUMENT = "supplier_document"
    CONSULTATION_MATERIAL = "consultation_material"
    AUDIT_EVIDENCE = "audit_evidence"
    EFFECTIVENESS = "effectiveness"
    REGISTRATION = "registration"
    OTHER = "other"


class Confidentiality(StrEnum):
    """Who may see it."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"


class Evidence(Record):
    """A file (or a link, which is weak evidence, INV-EVI2). The file behind a reference never changes (INV-EVI1)."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_kind", "evidence_kind"),)

    PREFIX = "EVD"
    NOUN = "evidence item"
    PATH = "evidence"
    RUNS_OUT = "valid_until"
    STANDS = frozenset({EvidenceState.IN_REVIEW, EvidenceState.APPROVED})
    FROZEN = frozenset(
        {EvidenceState.APPROVED, EvidenceState.REJECTED, EvidenceState.EXPIRED, EvidenceState.SUPERSEDED}
    )
    WAY_OUT = "Upload a new item that supersedes it."
    SEARCHED = ("filename",)

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    evidence_kind: Mapped[EvidenceKind] = mapped_column(Choice(EvidenceKind))
    filename: Mapped[str] = mapped_column(String(255), default="")
    media_type: Mapped[str] = mapped_column(String(120), default="")
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    url: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    confidentiality: Mapped[Confidentiality] = mapped_column(
        Choice(Confidentiality), default=Confidentiality.INTERNAL
    )
    collected_on: Mapped[date]
    covers_from: Mapped[date | None]
    covers_to: Mapped[date | None]
    valid_until: Mapped[date | None]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)

    __mapper_args__ = {"polymorphic_identity": "evidence"}

    @property
    def is_link(self) -> bool:
        """Whether it is only a link, without a file kept here."""
        return not self.sha256
