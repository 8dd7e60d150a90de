"""Inputs about people: adding one, granting roles, signing in, choosing a password."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")
]


class Command(BaseModel):
    """Base of all inputs: unknown fields are refused, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class AddPerson(Command):
    """A person who can own, do or sign."""

    name: Line = Field(title="Name")
    email: Email = Field(
        title="E-mail address",
        description="Also the name to sign in with.",
        json_schema_extra={"widget": "email"},
    )
    unit: str = Field("", title="Organisation unit", max_length=200)
    position: str = Field("", title="Position", max_length=200)
    roles: list[str] = Field(default_factory=list, title="Roles", json_schema_extra={"widget": "multiselect"})
    access_until: date | None = Field(
        None,
        title="Access until",
        description="For external auditors: the last day on which they may sign in.",
    )


class ChangeRoles(Command):
    """The roles a person holds from now on."""

    roles: list[str] = Field(default_factory=list, title="Roles", json_schema_extra={"widget": "multiselect"})
    reason: Line = Field(title="Reason")
    version: int = Field(json_schema_extra={"widget": "hidden"})


class ChangeLine(Command):
    """Whom a person reports to from now on."""

    reports_to_id: int | None = Field(
        None, title="Reports to", json_schema_extra={"widget": "select"},
        description="Nobody audits what their superior owns (9.2.2).",
    )  # fmt: skip
    reason: Line = Field(title="Reason")
    version: int = Field(json_schema_extra={"widget": "hidden"})


class Leave(Command):
    """A person leaves; what they owned is listed for hand-over."""

    left_on: date = Field(title="Last day")
    reason: Line = Field(title="Reason")
    version: int = Field(json_schema_extra={"widget": "hidden"})


class SignIn(Command):
    """Address and password."""

    email: Email = Field(
        title="E-mail address", json_schema_extra={"widget": "email", "autocomplete": "username"}
    )
    password: SecretStr = Field(
        title="Password", json_schema_extra={"widget": "password", "autocomplete": "current-password"}
    )


class ChoosePassword(Command):
    """A new password of one's own."""

    current: SecretStr = Field(
        title="Present password", json_schema_extra={"widget": "password", "autocomplete": "current-password"}
    )
    password: SecretStr = Field(
        title="New password",
        description="At least 12 characters; a sentence is good.",
        json_schema_extra={"widget": "password", "autocomplete": "new-password"},
    )


class IssueToken(Command):
    """A token for a pipeline: what for, for which system, until when."""

    name: Line = Field(title="Name", description="Which pipeline uses it.")
    system: str = Field(
        "",
        title="Only for the system",
        max_length=20,
        description="A reference such as SYS-0001; blank for all.",
    )
    expires_on: date = Field(title="Until", description="A year at most.")
