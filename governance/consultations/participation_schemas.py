"""Inputs about stakeholders, invitations and what participants say."""

from datetime import date
from typing import Any

from pydantic import Field, field_validator, model_validator

from governance.access.schemas import Command
from governance.consultations.participation_models import InvitationKind, Relation, StakeholderKind
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
LONGEST_ANSWER = 5000
_TOO_LONG = "An answer has at most 5000 characters."


class DescribeStakeholder(Command):
    """Who is affected, how, and who may speak for them."""

    party: StakeholderKind = Field(StakeholderKind.AFFECTED_PEOPLE, title="Kind")
    relation: Relation = Field(Relation.DIRECTLY_AFFECTED, title="Relation")
    description: str = Field("", title="How they are affected", max_length=20_000, json_schema_extra=_AREA)
    size: int | None = Field(
        None, title="How many people", ge=1, le=10_000_000_000, description="An estimate will do; empty if unknown."
    )  # fmt: skip
    vulnerable: bool = Field(False, title="A vulnerable group")
    representative: str = Field(
        "", title="Representative", max_length=200, description="A council, union or association."
    )
    contact: str = Field(
        "",
        title="How to reach them",
        max_length=2000,
        description="Shown only to who may edit this entry, and kept out of trail and packs.",
    )
    systems: list[str] = Field(
        default_factory=list,
        title="AI systems",
        max_length=500,
        description="References such as SYS-0001.",
    )


class IdentifyStakeholder(DescribeStakeholder):
    """Enter a group in the register, consulted or not (INV-STK1)."""

    title: str = Field(
        title="Group",
        min_length=2,
        max_length=200,
        description="Consultations name it like this. It does not change later.",
    )


class EditStakeholder(DescribeStakeholder):
    """Change an entry of the stakeholder register."""

    version: int = Field(json_schema_extra=_HIDDEN)


class Deactivate(Command):
    """Say that a group is no longer affected, and why."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Invite(Command):
    """Make a secret link for a group, or for one person."""

    group: int = Field(title="Group", ge=1, le=2**53, json_schema_extra=_SELECT)
    kind: InvitationKind = Field(InvitationKind.GROUP, title="For")
    uses_allowed: int = Field(
        100, title="Answers at most", ge=1, le=100_000, description="A link for one person is used once."
    )  # fmt: skip
    expires_on: date = Field(title="Last day")
    language: str = Field("", title="Language", max_length=60, json_schema_extra=_SELECT)
    note: str = Field(
        "",
        title="Where it is published",
        max_length=200,
        description="“Poster on ward 3”; never a person's name.",
    )


class TakePart(Command):
    """What a participant says."""

    answers: dict[str, str] = Field(default_factory=dict, max_length=20)
    concern: str = Field("", title="What worries you, or what would help", max_length=LONGEST_ANSWER)
    called: str = Field("", title="How we may call you", max_length=100)
    consent: bool = Field(False, title="I have read this and agree")
    website: str = Field("", max_length=200)

    @field_validator("answers")
    @classmethod
    def _readable(cls, value: dict[str, str]) -> dict[str, str]:
        if any(len(item) > LONGEST_ANSWER for item in value.values()):
            raise ValueError(_TOO_LONG)
        if any(not key.isascii() or not key.isdigit() or len(key) > 2 for key in value):
            raise ValueError("There is no such question.")
        return {key: item.strip() for key, item in value.items() if item.strip()}

    @field_validator("website")
    @classmethod
    def _left_empty(cls, value: str) -> str:
        if value:
            raise ValueError("Leave the field that is marked so empty; only programs fill it in.")
        return value

    @model_validator(mode="after")
    def _something(self) -> "TakePart":
        if not self.consent:
            raise ValueError("We may keep your answer only if you agree; tick the box above the button.")
        if not self.answers and not self.concern:
            raise ValueError("Answer at least one question, or say what worries you.")
        return self


class ShowReceipt(Command):
    """Look up what became of one's own contribution."""

    code: str = Field(
        title="Receipt code",
        min_length=4,
        max_length=60,
        description="It was shown after you sent your answers.",
        json_schema_extra={"autocomplete": "off"},
    )


class Triage(Command):
    """Say which concerns a contribution contains, or why it contains none."""

    concerns: list[int] = Field(
        default_factory=list,
        title="Concerns that it contains",
        json_schema_extra={"widget": "multiselect"},
    )
    new_concern: str = Field(
        "",
        title="A concern that is not listed yet",
        max_length=20_000,
        description="In your own words: this text stays when the participant withdraws.",
        json_schema_extra=_AREA,
    )
    severity: int = Field(0, title="Severity of the harm", ge=0, le=5, json_schema_extra=_SELECT)
    touches_red_line: bool = Field(False, title="It touches a red line")
    set_aside: str = Field(
        "",
        title="Why it contains none",
        max_length=2000,
        description="Only if it names no concern; it is answered by this.",
        json_schema_extra=_AREA,
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Triage":
        found = bool(self.concerns or self.new_concern)
        if found and self.set_aside:
            raise ValueError("Either it contains a concern, or there is a reason why it contains none.")
        if not found and not self.set_aside:
            raise ValueError("Choose or write a concern, or say why it contains none.")
        return self
