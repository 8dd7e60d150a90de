"""Inputs about the statement of applicability and the dry audit."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.controls.models import Implementation
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_TEXT = 20_000


class DecideControl(Command):
    """Applicable or excluded, and why."""

    applicable: bool = Field(False, title="Applicable")
    justification: str = Field(
        title="Justification",
        min_length=3,
        max_length=_TEXT,
        description="Which risk, law or contract makes it necessary; or why it is not.",
        json_schema_extra=_AREA,
    )
    implementation: Implementation = Field(Implementation.NOT_STARTED, title="Implementation")
    how: str = Field("", title="How it is carried out", max_length=_TEXT, json_schema_extra=_AREA)
    owner_id: int | None = Field(None, title="Owner", ge=1, le=2**62, json_schema_extra=_SELECT)
    evidence: list[str] = Field(
        default_factory=list, title="Evidence", description="References such as EVD-0001 or RSK-0001."
    )
    review_due_on: date | None = Field(
        None, title="Review due", description="Needed for an exclusion: it ends then unless it is renewed."
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class AddControl(Command):
    """A control of the organisation's own, beside Annex A."""

    control: str = Field(title="Number", pattern=r"^[A-Z][A-Z0-9.\-]{1,18}$", description="Such as OWN-1.")
    title: str = Field(title="Title", min_length=3, max_length=300)
    version: int = Field(json_schema_extra=_HIDDEN)


class SuppressGap(Command):
    """Bear a known gap for a while."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    expires_on: date = Field(title="Until", description="180 days at most; then the gap counts again.")


class LiftSuppression(Command):
    """Let a gap count again."""

    version: int = Field(json_schema_extra=_HIDDEN)
