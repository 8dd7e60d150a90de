"""Inputs about values, their interpretations and norms, tensions, and red lines."""

from datetime import date
from typing import Any

from pydantic import Field, model_validator

from governance.access.schemas import Command
from governance.signoffs.schemas import Reason


class ScreenRedLines(Command):
    """Desk answers at registration: for each red line, could this system cross it?"""

    answers: dict[str, str]
    note: str = Field("", title="Note", max_length=5000, json_schema_extra={"widget": "textarea"})


class CheckRedLine(Command):
    """A real check of the current version against one red line."""

    red_line: str = Field(title="Red line", json_schema_extra={"widget": "select"})
    method: str = Field(
        title="Method", min_length=3, max_length=5000, json_schema_extra={"widget": "textarea"}
    )
    probes: int = Field(title="Probes", ge=1, le=10_000_000)
    violations: int = Field(title="Violations", ge=0, le=10_000_000)
    note: str = Field("", title="Note", max_length=5000, json_schema_extra={"widget": "textarea"})
    performed_on: date = Field(title="Performed on")

    @model_validator(mode="after")
    def _possible(self) -> "CheckRedLine":
        if self.violations > self.probes:
            raise ValueError("There cannot be more violations than probes.")
        return self


class AskClearance(Command):
    """Ask to lift a breach after a clean new check."""

    reason: Reason = Field(title="Reason", json_schema_extra={"widget": "textarea"})


_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_TEXT = 20_000


class ProposeValue(Command):
    """A shared value in the organisation's own words."""

    code: str = Field(
        title="Short name", pattern=r"^[A-Z][A-Z0-9-]{1,19}$", description="Such as V13 or CARE."
    )
    title: str = Field(title="Value", min_length=3, max_length=300)
    statement: str = Field(title="Statement", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    why: str = Field("", title="Why it matters to us", max_length=_TEXT, json_schema_extra=_AREA)
    sources: str = Field("", title="Sources", max_length=_TEXT, json_schema_extra=_AREA)
    owner_id: int = Field(title="Steward", ge=1, le=2**62, json_schema_extra=_SELECT)


class Interpret(Command):
    """What a value means in a context, and where the reading comes from."""

    title: str = Field(title="Title", min_length=3, max_length=300)
    region: str = Field("", title="Region", max_length=200, description="Blank: everywhere.")
    sector: str = Field("", title="Sector", max_length=200, description="Blank: all sectors.")
    community: str = Field("", title="Community", max_length=200, description="Blank: everybody.")
    reading: str = Field(title="Reading", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    legal_refs: list[str] = Field(default_factory=list, title="Law of the place")
    consultation: str = Field(
        "", title="Consultation it came from", max_length=20, description="Such as CON-0001."
    )
    why_not_consulted: str = Field(
        "", title="Or why nobody was consulted", max_length=_TEXT, json_schema_extra=_AREA
    )
    red_lines_kept: str = Field(
        "",
        title="Red lines and laws looked at",
        max_length=_TEXT,
        description="Which ones, and that this reading weakens none of them (INV-VIN2).",
        json_schema_extra=_AREA,
    )
    valid_until: date | None = Field(None, title="Valid until")


class EditInterpretation(Interpret):
    """Change a draft."""

    version: int = Field(json_schema_extra=_HIDDEN)


class SetNorm(Command):
    """What must hold if the interpretation is taken seriously."""

    title: str = Field(title="Norm", min_length=3, max_length=300)
    explanation: str = Field("", title="Explanation", max_length=_TEXT, json_schema_extra=_AREA)


class WithReason(Command):
    """A change of state with its reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class OpenTension(Command):
    """Two values that pull against each other in a system."""

    title: str = Field(title="Title", min_length=3, max_length=300)
    first_value_id: int = Field(title="Value", ge=1, le=2**62, json_schema_extra=_SELECT)
    second_value_id: int = Field(title="Against", ge=1, le=2**62, json_schema_extra=_SELECT)
    description: str = Field(title="How they pull", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    positions: str = Field(
        "", title="Positions of the people concerned", max_length=_TEXT, json_schema_extra=_AREA
    )
    options: list[str] = Field(default_factory=list, title="Options")
    crossing_options: list[str] = Field(
        default_factory=list,
        title="Options that would cross a red line",
        description="They stay on record and can never be decided.",
    )


class DecideTension(Command):
    """The choice, its reasons, and who disagreed."""

    decision: str = Field(title="Decision: one of the options", max_length=_TEXT, json_schema_extra=_SELECT)
    reasons: str = Field(title="Reasons", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    dissent: str = Field(
        title="Dissent", min_length=3, max_length=_TEXT, description="Who disagreed and why; «none voiced» if so.",
        json_schema_extra=_AREA,
    )  # fmt: skip
    gave_way_id: int = Field(title="Which value gave way", ge=1, le=2**62, json_schema_extra=_SELECT)
    still_measured_by: str = Field(
        title="How it is still measured",
        min_length=3,
        max_length=2000,
        description="The indicator of the value that gave way (INV-TEN2).",
    )
    review_on: date = Field(title="Review on")
    version: int = Field(json_schema_extra=_HIDDEN)
