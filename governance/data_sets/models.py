"""Data sets and the versions of AI systems that use them; the data itself never stands here."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Record
from governance.core.types import BigId, Choice
from governance.systems.models import AiSystem, Answer, SystemVersion


class DataSetState(StrEnum):
    """Life of a data set."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETIRED = "retired"


class RightsBasis(StrEnum):
    """By which right the organisation uses the data (A.7.3)."""

    OWN = "own"
    LICENCE = "licence"
    CONTRACT = "contract"
    CONSENT = "consent"
    LAW = "law"
    PUBLIC_DOMAIN = "public_domain"


class DataRole(StrEnum):
    """What a version uses a data set for."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"
    PRODUCTION = "production"
    REFERENCE = "reference"


class DataSet(Record):
    """A data resource with its origin, rights, quality and known gaps (ISO/IEC 42001, A.4.3, A.7.2 to A.7.6)."""

    __tablename__ = "data_set"

    PREFIX = "DAT"
    NOUN = "data set"
    PATH = "data-sets"
    RUNS_OUT = "retain_until"
    STANDS = frozenset({DataSetState.APPROVED})
    FROZEN = frozenset({DataSetState.APPROVED, DataSetState.RETIRED})
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Record the changed data as a data set of its own."
    SEARCHED = ("purpose", "source")

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(default="", active_history=True)
    source: Mapped[str] = mapped_column(default="", active_history=True)
    acquired: Mapped[str] = mapped_column(default="", active_history=True)
    provenance: Mapped[str] = mapped_column(default="", active_history=True)
    rights_basis: Mapped[RightsBasis | None] = mapped_column(Choice(RightsBasis), active_history=True)
    rights_note: Mapped[str] = mapped_column(default="", active_history=True)
    personal_data: Mapped[Answer] = mapped_column(Choice(Answer), default=Answer.UNKNOWN, active_history=True)
    special_category_data: Mapped[Answer] = mapped_column(
        Choice(Answer), default=Answer.UNKNOWN, active_history=True
    )
    quality_wanted: Mapped[str] = mapped_column(default="", active_history=True)
    quality_found: Mapped[str] = mapped_column(default="", active_history=True)
    preparation: Mapped[str] = mapped_column(default="", active_history=True)
    representativeness: Mapped[str] = mapped_column(default="", active_history=True)
    known_gaps: Mapped[str] = mapped_column(default="", active_history=True)
    location: Mapped[str] = mapped_column(default="", active_history=True)
    retain_until: Mapped[date | None] = mapped_column(active_history=True)
    state_reason: Mapped[str] = mapped_column(default="")

    uses: Mapped[list["DataUse"]] = relationship(back_populates="data_set", order_by="DataUse.id")

    __mapper_args__ = {"polymorphic_identity": "data_set"}


class DataUse(Base):
    """A version of an AI system uses a data set for something; ended uses stay in the history."""

    __tablename__ = "data_use"
    __table_args__ = (UniqueConstraint("version_id", "data_set_id", "role"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("system_version.id"))
    data_set_id: Mapped[int] = mapped_column(ForeignKey("data_set.id"), index=True)
    role: Mapped[DataRole] = mapped_column(Choice(DataRole))
    ended_on: Mapped[date | None]

    system: Mapped[AiSystem] = relationship()
    version: Mapped[SystemVersion] = relationship()
    data_set: Mapped[DataSet] = relationship(back_populates="uses")

    def whole(self) -> Record:
        """The AI system."""
        return self.system
