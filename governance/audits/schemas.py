"""Inputs about audits."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.audits.models import Verdict
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}


class Recurrence(Command):
    """How often, on which day, from when on."""

    every: int = Field(title="Every", ge=1, le=1000)
    unit: str = Field("months", title="Unit", max_length=10, json_schema_extra=_SELECT)
    on: str = Field(
        "", title="On", max_length=60,
        description="Empty: the day of the start. For months: first monday, last weekday, last day. For weeks: monday, thursday.",
    )  # fmt: skip
    starts_on: date = Field(
        title="First due on", description="No date before it; with a named day the first such day after it."
    )


class ChangeSchedule(Recurrence):
    """Another recurrence from a day on; what is past or started stays as it was."""

    lead_days: int = Field(30, title="Appears how many days ahead", ge=0, le=365)
    grace_days: int = Field(14, title="Counts as missed how many days after", ge=0, le=365)
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class ScheduleAudits(Recurrence):
    """A recurring audit of a system."""

    audit_type: str = Field(title="Kind of audit", max_length=40, json_schema_extra=_SELECT)
    zone: str = Field("Europe/Berlin", title="Time zone", max_length=60)
    lead_days: int = Field(30, title="Appears how many days ahead", ge=0, le=365)
    grace_days: int = Field(14, title="Counts as missed how many days after", ge=0, le=365)
    lead_auditor_id: int | None = Field(None, title="Lead auditor", json_schema_extra=_SELECT)


class Why(Command):
    """A change of state, with the reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Assign(Command):
    """Who leads the audit."""

    lead_auditor_id: int = Field(title="Lead auditor", json_schema_extra=_SELECT)
    version: int = Field(json_schema_extra=_HIDDEN)


class StartAudit(Command):
    """The plan, and the statement of impartiality."""

    objectives: str = Field(title="Objectives", min_length=3, max_length=5000, json_schema_extra=_AREA)
    scope_text: str = Field(title="Scope", min_length=3, max_length=5000, json_schema_extra=_AREA)
    method: str = Field(title="Method and sample", min_length=3, max_length=5000, json_schema_extra=_AREA)
    impartiality_statement: str = Field(
        title="Statement of impartiality", min_length=10, max_length=2000,
        description="In your own words: that you did not own, build, assess or approve what you audit.", json_schema_extra=_AREA,
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class AnswerQuestion(Command):
    """An answer: verdict, note, evidence."""

    verdict: Verdict = Field(title="Verdict")
    note: str = Field("", title="Note", max_length=10_000, json_schema_extra=_AREA)
    evidence_references: list[str] = Field(
        default_factory=list, title="Evidence", description="References such as EVD-0001."
    )


class ReportAudit(Command):
    """The conclusion; then the lead auditor signs the report."""

    conclusion: str = Field(title="Conclusion", min_length=10, max_length=20_000, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
