"""Indicators that measure norms, and their measurements."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Record
from governance.core.types import Choice, Json
from governance.indicators.verdicts import Verdict
from governance.systems.models import AiSystem, SystemVersion
from governance.values.models import Norm


class IndicatorState(StrEnum):
    """Life of an indicator."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


class Indicator(Record):
    """How a norm is measured for one system. A new threshold is a new revision; old results keep the old one (INV-IND1)."""

    __tablename__ = "indicator"
    __table_args__ = (Index("ix_indicator_system", "system_id"),)

    PREFIX = "IND"
    NOUN = "indicator"
    PATH = "indicators"
    FROZEN = frozenset({IndicatorState.ACTIVE, IndicatorState.SUPERSEDED, IndicatorState.RETIRED})
    FREE = frozenset({"state_reason", "effective_from"})

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"))
    norm_id: Mapped[int | None] = mapped_column(ForeignKey("norm.id"), index=True, active_history=True)
    formula: Mapped[str] = mapped_column(String(60))
    low: Mapped[str] = mapped_column(String(40), default="", active_history=True)
    high: Mapped[str] = mapped_column(String(40), default="", active_history=True)
    reference_group: Mapped[str] = mapped_column(String(200), default="")
    favourable: Mapped[str] = mapped_column(default="")
    least_records: Mapped[int] = mapped_column(default=30)
    cadence_months: Mapped[int]
    data_source: Mapped[str] = mapped_column(default="")
    is_key: Mapped[bool] = mapped_column(default=False)
    effective_from: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("indicator.id"))
    state_reason: Mapped[str] = mapped_column(default="")

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    norm: Mapped[Norm | None] = relationship(foreign_keys=[norm_id])
    measurements: Mapped[list["Measurement"]] = relationship(
        back_populates="indicator", order_by="Measurement.period_to", foreign_keys="Measurement.indicator_id"
    )

    __mapper_args__ = {
        "polymorphic_identity": "indicator",
        "inherit_condition": id == Record.__table__.c.id,
    }


class MeasurementState(StrEnum):
    """Life of a measurement; it is never edited, only invalidated and made anew (INV-MEA2)."""

    RECORDED = "recorded"
    VERIFIED = "verified"
    DISPUTED = "disputed"
    INVALIDATED = "invalidated"


class Measurement(Record):
    """A value of an indicator in a period, computed here from counts (INV-MEA1), or typed in and marked as declared."""

    __tablename__ = "measurement"
    __table_args__ = (
        Index("ix_measurement_indicator", "indicator_id", "period_to"),
        Index("ix_measurement_run", "indicator_id", "run_ref"),
    )

    PREFIX = "MEA"
    NOUN = "measurement"
    PATH = "measurements"
    FROZEN = frozenset(MeasurementState)
    FREE = frozenset({"state_reason"})
    WAY_OUT = "Invalidate it with the reason and record a new one."

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"))
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("system_version.id"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    value: Mapped[float | None]
    interval_low: Mapped[float | None]
    interval_high: Mapped[float | None]
    p_value: Mapped[float | None]
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
    verdict: Mapped[Verdict] = mapped_column(Choice(Verdict))
    declared: Mapped[bool] = mapped_column(default=False)
    post_hoc: Mapped[bool] = mapped_column(default=False)
    """The threshold came into force after the period ended (INV-IND2)."""
    tool: Mapped[str] = mapped_column(String(200), default="")
    run_ref: Mapped[str] = mapped_column(String(200), default="")
    dataset_hash: Mapped[str] = mapped_column(String(64), default="")
    recorded_by: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(default="")
    state_reason: Mapped[str] = mapped_column(default="")

    indicator: Mapped[Indicator] = relationship(back_populates="measurements", foreign_keys=[indicator_id])
    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])
    system_version: Mapped[SystemVersion | None] = relationship(foreign_keys=[version_id])

    __mapper_args__ = {
        "polymorphic_identity": "measurement",
        "inherit_condition": id == Record.__table__.c.id,
    }
