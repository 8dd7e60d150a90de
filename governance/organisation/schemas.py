"""Inputs about the management system itself."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from governance.access.schemas import Command
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_LONG: dict[str, Any] = {"widget": "textarea", "rows": 14}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_TEXT = 100_000
_PERSON: dict[str, Any] = {"ge": 1, "le": 2**62}


class DraftPolicy(Command):
    """A policy, or the statement of scope, in one version."""

    number: str = Field(
        title="Number",
        pattern=r"^[A-Z][A-Z0-9-]{1,39}$",
        description="Stays the same from version to version, such as POL-AI.",
    )
    policy_kind: Literal["policy", "scope"] = Field(
        "policy",
        title="Kind",
        description="The scope statement says what the management system covers (4.3).",
    )
    title: str = Field(title="Title", min_length=3, max_length=300)
    text: str = Field(title="Text", min_length=10, max_length=_TEXT, json_schema_extra=_LONG)
    audience: list[str] = Field(
        default_factory=list, title="Who acknowledges it", json_schema_extra={"widget": "multiselect"}
    )
    owner_id: int = Field(title="Owner", json_schema_extra=_SELECT, **_PERSON)
    effective_from: date = Field(title="In force from")
    review_due_on: date = Field(title="Review due")


class EditPolicy(DraftPolicy):
    """Change a draft."""

    version: int = Field(json_schema_extra=_HIDDEN)


class WithReason(Command):
    """A change of state with its reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class SetObjective(Command):
    """A measurable objective (6.2)."""

    title: str = Field(title="Objective", min_length=3, max_length=300)
    measure: str = Field(title="Measured by", min_length=3, max_length=2000)
    unit: str = Field("", title="Unit", max_length=60)
    baseline: float = Field(title="From", ge=-1e12, le=1e12, allow_inf_nan=False)
    target: float = Field(title="To", ge=-1e12, le=1e12, allow_inf_nan=False)
    starts_on: date = Field(title="Begins")
    due_on: date = Field(title="Due")
    owner_id: int = Field(title="Owner", json_schema_extra=_SELECT, **_PERSON)
    plan: str = Field(title="What is done", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    resources: str = Field("", title="With which means", max_length=_TEXT, json_schema_extra=_AREA)


class RecordResult(Command):
    """A measured value."""

    on: date = Field(title="On")
    value: float = Field(title="Value", ge=-1e12, le=1e12, allow_inf_nan=False)
    note: str = Field("", title="Note", max_length=2000)


class RecordTraining(Command):
    """Somebody completed a training."""

    person_id: int = Field(title="Person", json_schema_extra=_SELECT, **_PERSON)
    competence: str = Field(title="Competence", json_schema_extra=_SELECT)
    training_kind: Literal["course", "on_the_job", "examination", "experience"] = Field(
        "course", title="Kind"
    )
    completed_on: date = Field(title="Completed on")
    proof: str = Field("", title="What shows that they can do it", max_length=5000, json_schema_extra=_AREA)


class VerifyTraining(Command):
    """Somebody else confirms that it worked."""

    effect: str = Field(
        title="How it shows in the work", min_length=3, max_length=5000, json_schema_extra=_AREA
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class PlanReview(Command):
    """A management review."""

    title: str = Field(title="Title", min_length=3, max_length=300)
    planned_on: date = Field(title="Planned on")
    period_from: date = Field(title="Looks back to")


class HoldReview(Command):
    """The review is held: who was there."""

    held_on: date = Field(title="Held on")
    attendees: str = Field(title="Attendees", min_length=3, max_length=5000, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class AnswerInputs(Command):
    """What was said about each input."""

    answers: dict[str, str]
    conclusions: str = Field("", title="Conclusions", max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Decide(Command):
    """A decision that becomes an action."""

    text: str = Field(title="Decision", min_length=3, max_length=5000, json_schema_extra=_AREA)
    owner_id: int = Field(title="Owner", json_schema_extra=_SELECT, **_PERSON)
    due_on: date = Field(title="Due")
    version: int = Field(json_schema_extra=_HIDDEN)


class CarryOut(Command):
    """A decision was carried out."""

    done_on: date = Field(title="Done on")
    done_note: str = Field(title="What was done", min_length=3, max_length=5000, json_schema_extra=_AREA)


class HandOver(Command):
    """What somebody owned goes to a successor."""

    successor_id: int = Field(title="Successor", json_schema_extra=_SELECT, **_PERSON)
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
