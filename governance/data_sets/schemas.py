"""Inputs about data sets."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.data_sets.models import DataRole, RightsBasis
from governance.signoffs.schemas import Reason
from governance.systems.models import Answer

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_TEXT = 20_000


class DescribeDataSet(Command):
    """What is known of a data set; approval asks for origin, rights and quality."""

    title: str = Field(title="Name", min_length=3, max_length=300)
    purpose: str = Field(
        "",
        title="Purpose",
        max_length=_TEXT,
        description="What it is meant for, and what not (A.7.2).",
        json_schema_extra=_AREA,
    )
    source: str = Field(
        "",
        title="Source",
        max_length=_TEXT,
        description="Who or what the data comes from.",
        json_schema_extra=_AREA,
    )
    acquired: str = Field(
        "",
        title="How it was acquired",
        max_length=_TEXT,
        description="Collected, bought, received, generated; when (A.7.3).",
        json_schema_extra=_AREA,
    )
    provenance: str = Field(
        "",
        title="Provenance",
        max_length=_TEXT,
        description="From its origin to here, with every change on the way (A.7.5).",
        json_schema_extra=_AREA,
    )
    rights_basis: RightsBasis | None = Field(
        None, title="Rights basis", description="By which right we use it (A.7.3)."
    )
    rights_note: str = Field(
        "",
        title="Terms of the right",
        max_length=_TEXT,
        description="Licence, contract or law with its number, and what it forbids.",
        json_schema_extra=_AREA,
    )
    personal_data: Answer = Field(Answer.UNKNOWN, title="Personal data")
    special_category_data: Answer = Field(Answer.UNKNOWN, title="Special-category data")
    quality_wanted: str = Field(
        "",
        title="Quality that is required",
        max_length=_TEXT,
        description="Completeness, accuracy, age, labels (A.7.4).",
        json_schema_extra=_AREA,
    )
    quality_found: str = Field("", title="Quality that was found", max_length=_TEXT, json_schema_extra=_AREA)
    preparation: str = Field(
        "",
        title="Preparation",
        max_length=_TEXT,
        description="Cleaning, labelling, selection, and why so (A.7.6).",
        json_schema_extra=_AREA,
    )
    representativeness: str = Field(
        "",
        title="Whom it represents",
        max_length=_TEXT,
        description="Against the groups that are affected.",
        json_schema_extra=_AREA,
    )
    known_gaps: str = Field("", title="Known gaps and bias", max_length=_TEXT, json_schema_extra=_AREA)
    location: str = Field(
        "", title="Where it is kept", max_length=400, description="A place, never the data itself."
    )
    retain_until: date | None = Field(None, title="To be deleted after")


class EditDataSet(DescribeDataSet):
    """Change a draft."""

    version: int = Field(json_schema_extra=_HIDDEN)


class UseDataSet(Command):
    """Say that a version uses a data set."""

    data_set: str = Field(
        title="Data set",
        max_length=300,
        description="Its reference such as DAT-0001, or words that only its name, purpose or source has.",
    )
    version_number: int = Field(title="Version", ge=1, le=1_000_000, json_schema_extra={"widget": "select"})
    role: DataRole = Field(title="Used for")
    version: int = Field(json_schema_extra=_HIDDEN)


class RetireDataSet(Command):
    """Take a data set out of use for good."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
