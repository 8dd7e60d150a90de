"""Inputs about third parties."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.systems.schemas import Name, Reason
from governance.systems.supplier_models import Criticality

_TEXT = 20_000
_AREA: dict[str, Any] = {"widget": "textarea"}
_SELECT: dict[str, Any] = {"widget": "select"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_CHOICES: dict[str, Any] = {"widget": "multiselect"}


class EditSupplier(Command):
    """What the organisation knows about a third party (A.10.3)."""

    title: Name = Field(title="Name")
    services: str = Field("", title="Services", max_length=_TEXT, json_schema_extra=_AREA)
    contact: str = Field("", title="Contact", max_length=400)
    criticality: Criticality | None = Field(
        None, title="Criticality", description="Critical if a system stops or harms people without it."
    )
    contract_reference: str = Field("", title="Contract", max_length=400)
    responsibilities: str = Field(
        "", title="Division of responsibilities", max_length=_TEXT, json_schema_extra=_AREA,
        description="In words; who answers for which activity is recorded on its own page (A.10.2).",
    )  # fmt: skip
    incident_duty: str = Field(
        "", title="Duty to report incidents", max_length=_TEXT, json_schema_extra=_AREA,
        description="Within how many hours it tells us of an incident, and whom.",
    )  # fmt: skip
    change_notice: str = Field(
        "", title="Notice of changes", max_length=_TEXT, json_schema_extra=_AREA,
        description="How long before a change of the model or service it tells us.",
    )  # fmt: skip
    exit_plan: str = Field(
        "", title="Exit plan", max_length=_TEXT, json_schema_extra=_AREA,
        description="How we go on without it, and what becomes of our data.",
    )  # fmt: skip
    information_gaps: str = Field(
        "", title="What it does not disclose", max_length=_TEXT, json_schema_extra=_AREA
    )
    review_due_on: date | None = Field(None, title="Next review")
    version: int = Field(json_schema_extra=_HIDDEN)


class RecordSplit(Command):
    """Who answers for which activity of the life cycle; each stands in one list (A.10.2)."""

    us: list[str] = Field(default_factory=list, title="We answer for", json_schema_extra=_CHOICES)
    them: list[str] = Field(
        default_factory=list, title="The third party answers for", json_schema_extra=_CHOICES
    )
    both: list[str] = Field(default_factory=list, title="Both answer for", json_schema_extra=_CHOICES)
    version: int = Field(json_schema_extra=_HIDDEN)


class RecordDocument(Command):
    """A document that was asked for or came."""

    document: str = Field(title="Document", json_schema_extra=_SELECT)
    requested_on: date | None = Field(None, title="Asked for on")
    received_on: date | None = Field(None, title="Received on")
    evidence: str = Field(
        "", title="Evidence", max_length=40, description="Reference of the file, such as EVD-0042."
    )
    note: str = Field("", title="Note", max_length=2000)
    version: int = Field(json_schema_extra=_HIDDEN)


class ReviewSupplier(Command):
    """What looking at a third party again found."""

    result: str = Field(title="Result", json_schema_extra=_SELECT)
    found: Reason = Field(title="What was found", json_schema_extra=_AREA)
    next_on: date = Field(title="Next review")
    version: int = Field(json_schema_extra=_HIDDEN)


class GiveReason(Command):
    """A decision about a third party that needs its reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
