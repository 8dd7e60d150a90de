"""Red-line checks: the result of testing one version of a system against a line that may never be crossed."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Record
from governance.systems.models import AiSystem, SystemVersion


class RedLineState(StrEnum):
    """Result of a red-line check. A breach is neither waivable nor acceptable as a risk (INV-RLC2)."""

    SCREENED = "screened"
    """Answered by desk review at registration; counts for G0 only."""
    PASSED = "passed"
    BREACHED = "breached"
    CLEARED = "cleared"
    """A breach that a clean new check and two signatures lifted."""


class RedLineCheck(Record):
    """A system version against one red line of config/values.yaml. Corrected by a newer check, never edited."""

    __tablename__ = "red_line_check"
    __table_args__ = (Index("ix_red_line_check_system", "system_id", "red_line"),)

    PREFIX = "RLC"
    NOUN = "red-line check"
    PATH = "red-line-checks"
    FROZEN = frozenset(RedLineState)
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Record a new check."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("system_version.id"))
    red_line: Mapped[str] = mapped_column(String(40))
    method: Mapped[str]
    probes: Mapped[int] = mapped_column(default=0)
    violations: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    performed_on: Mapped[date]
    valid_until: Mapped[date]
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    system_version: Mapped[SystemVersion | None] = relationship(foreign_keys=[version_id])

    __mapper_args__ = {"polymorphic_identity": "red_line_check"}
