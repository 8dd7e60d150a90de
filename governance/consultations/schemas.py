"""Inputs about consultations."""

from datetime import date
from typing import Any

from pydantic import Field, model_validator

from governance.access.schemas import Command
from governance.consultations.models import Disposition
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_TEXT = 20_000


class PlanConsultation(Command):
    """Whom to ask what, how, and which decision it can still change."""

    title: str = Field(title="Title", min_length=3, max_length=300)
    purpose: str = Field(
        title="Question",
        min_length=3,
        max_length=_TEXT,
        description="What do we want to hear?",
        json_schema_extra=_AREA,
    )
    decision_it_can_change: str = Field(
        title="Decision it can change", min_length=3, max_length=_TEXT, description="A consultation after the decision is for show.",
        json_schema_extra=_AREA,
    )  # fmt: skip
    level: int = Field(title="Participation level", ge=0, le=5, json_schema_extra=_SELECT)
    method: str = Field(title="Method", max_length=40, json_schema_extra=_SELECT)
    groups: list[str] = Field(
        title="Groups to reach",
        min_length=1,
        description="One a line; the affected groups of the system are the start.",
    )
    languages: list[str] = Field(default_factory=list, title="Languages")
    accessibility: str = Field("", title="Accessibility", max_length=_TEXT, json_schema_extra=_AREA)
    starts_on: date = Field(title="From")
    ends_on: date = Field(title="To")

    @model_validator(mode="after")
    def _in_order(self) -> "PlanConsultation":
        if self.ends_on < self.starts_on:
            raise ValueError("It ends before it begins.")
        return self


class RecordGroup(Command):
    """How many of a group were invited and took part."""

    name: str = Field(title="Group", min_length=2, max_length=200)
    how_reached: str = Field("", title="How reached", max_length=2000)
    vulnerable: bool = Field(False, title="A vulnerable group")
    invited: int = Field(title="Invited", ge=0, le=100_000_000)
    took_part: int = Field(title="Took part", ge=0, le=100_000_000)
    version: int = Field(json_schema_extra=_HIDDEN)

    @model_validator(mode="after")
    def _possible(self) -> "RecordGroup":
        if self.took_part > self.invited:
            raise ValueError("More took part than were invited.")
        return self


class RecordConcern(Command):
    """A concern or position heard, under the name of a group and never of a person (CON-4)."""

    said_by: str = Field(
        title="Said by",
        min_length=2,
        max_length=200,
        description="A group, or “anonymous”; never a person's name.",
    )
    summary: str = Field(title="Concern", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    value: str = Field("", title="Value it touches", max_length=60, json_schema_extra=_SELECT)
    strength: str = Field("moderate", title="Strength", max_length=20, json_schema_extra=_SELECT)
    suggested_change: str = Field("", title="Suggested change", max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Respond(Command):
    """What becomes of a concern, and why."""

    disposition: Disposition = Field(title="Disposition")
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    change_reference: str = Field(
        "",
        title="Change that followed",
        max_length=20,
        description="A reference such as RSK-0001, if there is one.",
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class GiveFeedback(Command):
    """What was told back to the people asked."""

    feedback_told: str = Field(
        title="What was told back", min_length=3, max_length=_TEXT, json_schema_extra=_AREA
    )
    feedback_channel: str = Field(title="By which channel", min_length=2, max_length=200)
    feedback_on: date = Field(title="When")
    version: int = Field(json_schema_extra=_HIDDEN)


class AskToClose(Command):
    """Close a consultation: who was missing is mandatory."""

    representativeness: str = Field(
        title="How representative it was", min_length=3, max_length=_TEXT, json_schema_extra=_AREA
    )
    missing_voices: str = Field(
        title="Missing voices", min_length=3, max_length=_TEXT, description="Who was not heard, and why; blank blocks closing (CON-8).",
        json_schema_extra=_AREA,
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class Cancel(Command):
    """Cancel, with the reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
