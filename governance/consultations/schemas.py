"""Inputs about consultations."""

from datetime import date
from typing import Any

from pydantic import Field, field_validator, model_validator

from governance.access.schemas import Command
from governance.consultations.models import Anonymity, Disposition
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_SEEN: dict[str, Any] = {"group": "What people see", "widget": "textarea"}
_LED: dict[str, Any] = {"group": "Who leads it"}
_DATA: dict[str, Any] = {"group": "Consent and personal data"}
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
    informs_gate: str = Field(
        "",
        title="Gate that it informs",
        max_length=4,
        description="Opened after this gate was passed, it is marked late and cannot satisfy the gate (CON-7).",
        json_schema_extra=_SELECT,
    )
    questions: list[str] = Field(
        default_factory=list,
        title="Questions, word for word",
        max_length=20,
        description="As they will be asked, also on the page that invited people open.",
        json_schema_extra={"group": "What people see", "widget": "lines"},
    )
    material: str = Field("", title="What is shown to them", max_length=_TEXT, json_schema_extra=_SEEN)
    known_limits: str = Field(
        "", title="Known limits that are disclosed", max_length=_TEXT, json_schema_extra=_SEEN
    )
    neutral_wording: str = Field(
        "", title="Who checked that the wording is neutral", max_length=_TEXT, json_schema_extra=_SEEN
    )
    facilitator_id: int | None = Field(
        None, title="Facilitator of this organisation", ge=1, le=2**53, json_schema_extra=_LED | _SELECT
    )
    facilitator_outside: str = Field(
        "", title="Facilitator from outside", max_length=200, json_schema_extra=_LED
    )
    facilitator_independent: bool = Field(
        False, title="The facilitator is independent of the system", json_schema_extra=_LED
    )
    compensation: str = Field(
        "", title="Compensation of participants", max_length=2000, json_schema_extra=_LED
    )
    consent_text: str = Field(
        "",
        title="Consent text",
        max_length=_TEXT,
        description="What participants agree to. Without it nobody can be invited by a link.",
        json_schema_extra=_DATA | _AREA,
    )
    consent_version: str = Field(
        "1", title="Version of the consent text", max_length=40, json_schema_extra=_DATA
    )
    anonymity: Anonymity = Field(
        Anonymity.ANONYMOUS, title="How far participants are known", json_schema_extra=_DATA
    )
    lawful_basis: str = Field("", title="Lawful basis", max_length=200, json_schema_extra=_DATA)
    retention_until: date | None = Field(
        None,
        title="Words are kept until",
        description="Then what people wrote is erased; concerns and answers stay.",
        json_schema_extra=_DATA,
    )
    minors_safeguard: str = Field(
        "", title="Safeguard if minors take part", max_length=2000, json_schema_extra=_DATA
    )

    @field_validator("questions", "groups")
    @classmethod
    def _not_endless(cls, value: list[str]) -> list[str]:
        if any(len(item) > 2000 for item in value):
            raise ValueError("A line has at most 2000 characters.")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> "PlanConsultation":
        if self.ends_on < self.starts_on:
            raise ValueError("It ends before it begins.")
        return self


class EditPlan(PlanConsultation):
    """Change a plan before it opens; an approval of the former plan is void then."""

    version: int = Field(json_schema_extra=_HIDDEN)


class RecordGroup(Command):
    """How many of a group were invited and took part."""

    name: str = Field(title="Group", min_length=2, max_length=200)
    how_reached: str = Field("", title="How reached", max_length=2000)
    vulnerable: bool = Field(False, title="A vulnerable group")
    spoke_for: str = Field("", title="Spoke for", max_length=2000)
    invited: int = Field(title="Invited", ge=0, le=100_000_000)
    took_part: int = Field(title="Took part in person", ge=0, le=100_000_000)
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
    severity: int = Field(
        0, title="Severity of the harm", ge=0, le=5, description="From 4 on, declining it is for top management (CON-6).",
        json_schema_extra=_SELECT,
    )  # fmt: skip
    touches_red_line: bool = Field(False, title="It touches a red line")
    minority_view: bool = Field(False, title="A minority view")
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
    severity: int | None = Field(
        None, title="Severity of the harm", ge=0, le=5, description="From 4 on, declining it is for top management (CON-6).",
        json_schema_extra=_SELECT,
    )  # fmt: skip
    touches_red_line: bool | None = Field(None, title="It touches a red line")
    version: int = Field(json_schema_extra=_HIDDEN)


class Merge(Command):
    """Merge a concern into another that says the same; empty takes it out again."""

    into: int | None = Field(
        None,
        title="Same as concern",
        ge=1,
        le=1_000_000,
        description="The number of the concern that stays; empty undoes it.",
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class GiveFeedback(Command):
    """What was told back to the people asked, or why nobody could be told."""

    feedback_told: str = Field("", title="What was told back", max_length=_TEXT, json_schema_extra=_AREA)
    feedback_channel: str = Field("", title="By which channel", max_length=200)
    feedback_on: date = Field(title="When")
    feedback_exception: str = Field(
        "",
        title="Why nobody can be told",
        max_length=_TEXT,
        description="Only where nothing was told back, for example after one anonymous survey (CON-2).",
        json_schema_extra=_AREA,
    )
    version: int = Field(json_schema_extra=_HIDDEN)

    @model_validator(mode="after")
    def _one_of_both(self) -> "GiveFeedback":
        if self.feedback_told and not self.feedback_channel:
            raise ValueError("Say by which channel it was told back.")
        if not self.feedback_told and not self.feedback_exception:
            raise ValueError("Say what was told back, or why nobody can be told (CON-2).")
        return self


class AskToClose(Command):
    """Close a consultation: who was missing is mandatory."""

    representativeness: str = Field(
        title="How representative it was", min_length=3, max_length=_TEXT, json_schema_extra=_AREA
    )
    missing_voices: str = Field(
        title="Missing voices", min_length=3, max_length=_TEXT, description="Who was not heard, and why; blank blocks closing (CON-8).",
        json_schema_extra=_AREA,
    )  # fmt: skip
    goals_met: str = Field(
        "", title="Whether it reached its purpose", max_length=_TEXT, json_schema_extra=_AREA
    )
    lessons: str = Field("", title="What to do better next time", max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Cancel(Command):
    """Cancel, with the reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
