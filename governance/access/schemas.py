"""Inputs about people: adding one, granting roles, signing in, choosing a password."""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from governance.core import hidden
from governance.core.canonical import LARGEST_INTEGER

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")
]


# What a field takes that says nothing else. A page of an evidence pack holds about 60 lines.
LONGEST: Final = 20_000
MOST_LINES: Final = 2_000
MOST_ITEMS: Final = 5_000


class Command(BaseModel):
    """Base of all inputs: unknown fields are refused, text is trimmed, and has neither hidden characters nor no end."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, str_max_length=LONGEST, allow_inf_nan=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_plain(cls, value: Any) -> Any:
        return plain_input(value)

    @field_validator("*", mode="after")
    @classmethod
    def _is_countable(cls, value: Any) -> Any:
        if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            raise PydanticCustomError("int_parsing_size", "This number is too large.")
        return value


def plain_input(value: Any) -> Any:
    """What was sent, with every line ended by one character. Raises what pydantic says at the field.

    Refused are characters that hide or turn the text around them (U+0000, U+202E), more lines and items than
    anybody types.
    """
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, (list, tuple, dict)):
        if len(value) > MOST_ITEMS:
            raise PydanticCustomError("too_long", "At most {max_length} items.", {"max_length": MOST_ITEMS})
        if isinstance(value, dict):
            return {plain_input(key): plain_input(item) for key, item in value.items()}
        return type(value)(plain_input(item) for item in value)
    return value


def _plain_text(text: str) -> str:
    # Browsers end lines with two characters; a signature should not depend on that.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := hidden.refused(text):
        character, before = found
        raise PydanticCustomError(
            "hidden_character",
            "The character {character} after «{before}» cannot be seen. Type that place anew.",
            {"character": character, "before": before},
        )
    if text.count("\n") >= MOST_LINES:
        raise PydanticCustomError("too_many_lines", "At most {most} lines.", {"most": MOST_LINES})
    return text


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
