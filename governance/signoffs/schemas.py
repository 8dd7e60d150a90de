"""Inputs about signing."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from governance.access.schemas import Command

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]


class Sign(Command):
    """Sign what was shown: the page carries the content's hash, the signer gives the password again (SO-04, SO-05)."""

    content_hash: str = Field(json_schema_extra={"widget": "hidden"}, min_length=64, max_length=64)
    password: SecretStr = Field(
        title="Your password",
        description="Asked again at every signature, so that nobody signs from an unlocked screen.",
        json_schema_extra={"widget": "password", "autocomplete": "current-password"},
    )
    comment: str = Field("", title="Comment", max_length=2000, json_schema_extra={"widget": "textarea"})


class Reject(Command):
    """Refuse to sign, with the reason; the record goes back to its authors (SO-14)."""

    password: SecretStr = Field(
        title="Your password", json_schema_extra={"widget": "password", "autocomplete": "current-password"}
    )
    reason: Reason = Field(title="Reason", json_schema_extra={"widget": "textarea"})


class Withdraw(Command):
    """Take back one's own signature, with the reason (SO-13)."""

    reason: Reason = Field(title="Reason", json_schema_extra={"widget": "textarea"})
