"""Inputs about audit programmes."""

from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_TEXT = 10_000


class ProgrammeText(Command):
    """What a programme says."""

    objectives: str = Field(title="Objectives", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    scope: str = Field(title="Scope", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    criteria: str = Field(title="Criteria", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    risks: str = Field(
        title="Risks and opportunities of the programme", min_length=3, max_length=_TEXT,
        description="What could keep it from reaching its objectives: too few auditors, no access, late evidence …", json_schema_extra=_AREA,
    )  # fmt: skip
    resources: str = Field(title="Resources", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    methods: str = Field(title="Methods", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)


class DraftProgramme(ProgrammeText):
    """The programme of a year."""

    year: int = Field(title="Year", ge=2000, le=2200)


class EditProgramme(ProgrammeText):
    """Another text of a draft."""

    version: int = Field(json_schema_extra=_HIDDEN)


class BearGap(Command):
    """Clauses and controls that are left out this time, and why."""

    requirements: list[str] = Field(
        title="Left out", min_length=1, json_schema_extra={"widget": "multiselect"}
    )
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class ReviewProgramme(Command):
    """Results and lessons of the year."""

    lessons: str = Field(
        title="Results and lessons", min_length=10, max_length=_TEXT,
        description="Were the objectives reached, what was not audited, what changes next year?", json_schema_extra=_AREA,
    )  # fmt: skip
    version: int = Field(json_schema_extra=_HIDDEN)


class CloseProgramme(Command):
    """The management review that received the results."""

    management_review: str = Field(
        title="Management review", max_length=20, json_schema_extra={"widget": "select"}
    )
    version: int = Field(json_schema_extra=_HIDDEN)
