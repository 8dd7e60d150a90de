"""Inputs about indicators and measurements; the same for pages and for the API."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from governance.access.schemas import Command
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_NUMBER = r"^-?\d{1,9}(\.\d{1,9})?$|^$"
_MANY = 10**12


class DefineIndicator(Command):
    """How something is measured: formula, threshold, how often, by whom."""

    title: str = Field(title="Name", min_length=3, max_length=300)
    formula: str = Field(title="Formula", json_schema_extra=_SELECT)
    norm_id: int | None = Field(None, title="Norm it measures", ge=1, le=2**62, json_schema_extra=_SELECT)
    low: str = Field(
        "",
        title="At least",
        pattern=_NUMBER,
        description="Blank takes the starter's threshold if both are blank.",
    )
    high: str = Field("", title="At most", pattern=_NUMBER)
    reference_group: str = Field(
        "", title="Reference group", max_length=200, description="Blank compares the extremes."
    )
    favourable: str = Field(
        "", title="Favourable outcome", max_length=200, description="What people want, in words."
    )
    least_records: int = Field(30, title="Fewest records per group", ge=1, le=1_000_000)
    cadence_months: int = Field(title="Measured every … months", ge=1, le=120)
    data_source: str = Field("", title="Data source", max_length=2000)
    is_key: bool = Field(
        False, title="A key indicator", description="Unless it passes, it stops the release."
    )
    owner_id: int = Field(title="Owner", ge=1, le=2**62, json_schema_extra=_SELECT)


class ReviseIndicator(Command):
    """Another threshold, from a new revision on (INV-IND1)."""

    low: str = Field("", title="At least", pattern=_NUMBER)
    high: str = Field("", title="At most", pattern=_NUMBER)
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class WithReason(Command):
    """A change of state with its reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Period(Command):
    """When what was measured happened, and where the figures come from."""

    period_from: date = Field(title="From")
    period_to: date = Field(title="To")
    tool: str = Field("", title="Tool", max_length=200)
    run_ref: str = Field(
        "", title="Run", max_length=200, description="Sent again, the same run is recorded once."
    )
    note: str = Field("", title="Note", max_length=5000, json_schema_extra=_AREA)

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.period_to < self.period_from:
            raise ValueError("The period ends before it begins.")
        return self


class MeasurePart(Period):
    """A part of a whole."""

    part: int = Field(title="Part", ge=0, le=_MANY)
    whole: int = Field(title="Of", ge=0, le=_MANY)

    @model_validator(mode="after")
    def _possible(self) -> "MeasurePart":
        if self.part > self.whole:
            raise ValueError("The part is larger than the whole.")
        return self


class MeasureNumber(Period):
    """A number measured elsewhere; it is marked as declared."""

    value: float = Field(title="Value", ge=-1e12, le=1e12, allow_inf_nan=False)


class MeasureBins(Period):
    """Counts per bin, then and now."""

    expected: dict[str, int] = Field(title="Expected")
    actual: dict[str, int] = Field(title="Actual")


class GroupCounts(BaseModel):
    """Counts of one group; `positives` and `tp` where labels are known."""

    model_config = ConfigDict(extra="forbid")

    n: int = Field(ge=0, le=_MANY)
    selected: int = Field(ge=0, le=_MANY)
    positives: int | None = Field(None, ge=0, le=_MANY)
    tp: int | None = Field(None, ge=0, le=_MANY)

    @model_validator(mode="after")
    def _possible(self) -> "GroupCounts":
        if self.selected > self.n or (self.positives or 0) > self.n:
            raise ValueError("A part is larger than the group.")
        if (self.positives is None) != (self.tp is None):
            raise ValueError("Give both positives and tp, or neither.")
        if self.tp is not None and self.tp > min(self.selected, self.positives or 0):
            raise ValueError("There are more true positives than selected or positive ones.")
        if self.positives is not None and self.selected - (self.tp or 0) > self.n - self.positives:
            raise ValueError("There are more false positives than negatives.")
        return self


class MeasureGroups(Period):
    """Counts per group."""

    groups: dict[str, GroupCounts] = Field(title="Groups", min_length=2, max_length=60)


class MeasureTable(Period):
    """Which columns of an uploaded table mean what."""

    prediction: str = Field(title="Prediction or score", json_schema_extra=_SELECT)
    cut_off: float | None = Field(
        None,
        title="Cut-off",
        description="For scores: from this value on it counts as favourable.",
        allow_inf_nan=False,
    )
    favourable: str = Field(
        "",
        title="Favourable prediction",
        max_length=200,
        description="As it is written in the table, such as 1.",
    )
    groups: list[str] = Field(title="Groups", min_length=1, json_schema_extra={"widget": "multiselect"})
    label: str = Field(
        "", title="True label", description="Needed for error rates.", json_schema_extra=_SELECT
    )
    positive: str = Field(
        "",
        title="Positive label",
        max_length=200,
        description="Blank: written like the favourable prediction.",
    )
    weight: str = Field("", title="Weight", json_schema_extra=_SELECT)
    keep: bool = Field(True, title="Keep the table as evidence")
