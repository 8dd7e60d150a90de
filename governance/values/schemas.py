"""Inputs about red lines."""

from datetime import date

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
