"""Inputs about risks."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_TEXT = 20_000


class AssessmentDetails(Command):
    """Scope and method of a risk assessment."""

    title: str = Field(title="Title", min_length=3, max_length=300)
    scope_text: str = Field(
        title="Scope",
        min_length=3,
        max_length=_TEXT,
        description="Which use, which version, which people.",
        json_schema_extra=_AREA,
    )
    method: str = Field(
        "",
        title="Method",
        max_length=2000,
        description="How risks were found and rated.",
        json_schema_extra=_AREA,
    )
    trigger: str = Field(
        "", title="Why now", max_length=60, description="Planned, new version, incident, change of purpose …"
    )
    team: str = Field("", title="Team", max_length=2000)
    assessed_on: date = Field(title="Assessed on")
    next_review_on: date = Field(
        title="Next review", description="No later than the interval of the tier (8.2)."
    )
    summary: str = Field(
        "", title="Summary", max_length=_TEXT, description="If no misuse or no harm to people was considered, say why here.",
        json_schema_extra=_AREA,
    )  # fmt: skip


class DraftAssessment(AssessmentDetails):
    """Begin a risk assessment of a system."""


class EditAssessment(AssessmentDetails):
    """Change a draft."""

    version: int = Field(json_schema_extra=_HIDDEN)


class RateRisk(Command):
    """A risk: source, event, consequence, and its rating before and after treatment."""

    title: str = Field(title="Risk", min_length=3, max_length=200)
    source: str = Field(title="Source", max_length=60, json_schema_extra={"widget": "select"})
    event: str = Field(
        "", title="Event", max_length=_TEXT, description="What could happen.", json_schema_extra=_AREA
    )
    consequence: str = Field("", title="Consequence", max_length=_TEXT, json_schema_extra=_AREA)
    dimension: str = Field(title="Falls on", max_length=40, json_schema_extra={"widget": "select"})
    affected_groups: list[str] = Field(default_factory=list, title="Affected groups")
    likelihood: int = Field(title="Likelihood", ge=1, le=5, json_schema_extra={"widget": "select"})
    severity: int = Field(title="Severity", ge=1, le=5, json_schema_extra={"widget": "select"})
    modifiers: list[str] = Field(
        default_factory=list, title="Raises severity by one each", json_schema_extra={"widget": "multiselect"}
    )
    basis: str = Field(
        "expert", title="Basis of the rating", max_length=40, json_schema_extra={"widget": "select"}
    )
    confidence: str = Field(
        "medium", title="Confidence", pattern="^(low|medium|high)$", json_schema_extra={"widget": "select"}
    )
    residual_likelihood: int | None = Field(
        None, title="Likelihood after treatment", ge=1, le=5, json_schema_extra={"widget": "select"}
    )
    residual_severity: int | None = Field(
        None, title="Severity after treatment", ge=1, le=5, json_schema_extra={"widget": "select"}
    )
    owner_id: int | None = Field(None, title="Risk owner", json_schema_extra={"widget": "select"})
    version: int = Field(json_schema_extra=_HIDDEN)


class RemoveRisk(Command):
    """Take a risk out of a draft."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class PlanTreatment(Command):
    """What is done about a risk, by whom, until when."""

    option: str = Field(title="Option", max_length=40, json_schema_extra={"widget": "select"})
    action: str = Field(title="Action", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    controls: list[str] = Field(default_factory=list, title="Controls", description="Such as A.6.2.4.")
    owner_id: int = Field(title="Owner", json_schema_extra={"widget": "select"})
    due_on: date = Field(title="Due")
    version: int = Field(json_schema_extra=_HIDDEN)


class RecordProgress(Command):
    """A treatment is carried out."""

    done_on: date = Field(title="Done on")
    effect: str = Field("", title="Effect seen", max_length=_TEXT, json_schema_extra=_AREA)


class AskAcceptance(Command):
    """Ask the authority for its level to accept what remains of a risk, until a date."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    compensating_measure: str = Field(
        "", title="Compensating measure", max_length=_TEXT, json_schema_extra=_AREA
    )
    expires_on: date = Field(title="Until")


class Revoke(Command):
    """Take an acceptance back, from now on."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
