"""Inputs about findings and corrective actions."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.access.schemas import Command
from governance.improvement.models import Grade
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_TEXT = 10_000


class RecordFinding(Command):
    """Criterion, evidence and gap; without all three it is no nonconformity."""

    title: str = Field(title="Finding", min_length=3, max_length=300)
    grade: Grade = Field(title="Grade")
    grade_reason: str = Field("", title="Why this grade", max_length=2000, json_schema_extra=_AREA)
    criterion: str = Field(
        "",
        title="Criterion",
        max_length=2000,
        description="What is required, with its clause.",
        json_schema_extra=_AREA,
    )
    evidence_statement: str = Field(
        "", title="Evidence", max_length=_TEXT, description="What was seen.", json_schema_extra=_AREA
    )
    gap: str = Field(
        "", title="Gap", max_length=_TEXT, description="How the two differ.", json_schema_extra=_AREA
    )


class AcceptFinding(Command):
    """The auditee's response."""

    auditee_response: str = Field(title="Response", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Regrade(Command):
    """Another grade, with its reason."""

    grade: Grade = Field(title="Grade")
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class PlanAction(Command):
    """Correction, root cause, action, and how its effect will be seen."""

    title: str = Field(title="Corrective action", min_length=3, max_length=300)
    correction: str = Field(
        title="Correction",
        min_length=3,
        max_length=_TEXT,
        description="What was done at once.",
        json_schema_extra=_AREA,
    )
    cause_method: str = Field(
        "five_whys", title="Method", max_length=40, json_schema_extra={"widget": "select"}
    )
    root_cause: str = Field(title="Root cause", min_length=10, max_length=_TEXT, json_schema_extra=_AREA)
    similar_cases: str = Field(
        "",
        title="Similar cases",
        max_length=_TEXT,
        description="Where else it could happen, and what a look there showed.",
        json_schema_extra=_AREA,
    )
    action: str = Field(title="Action", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    effectiveness_criterion: str = Field(
        title="Effective when", min_length=3, max_length=_TEXT, json_schema_extra=_AREA
    )
    owner_id: int = Field(title="Owner", json_schema_extra={"widget": "select"})
    verifier_id: int = Field(
        title="Verifier",
        description="Somebody other than the owner (INV-COR1).",
        json_schema_extra={"widget": "select"},
    )
    due_on: date = Field(title="Due")


class ExtendAction(Command):
    """A later date; at most twice, the first one is kept (INV-COR2)."""

    due_on: date = Field(title="New date")
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class ImplementAction(Command):
    """The action is carried out."""

    done_on: date = Field(title="Done on")
    done_note: str = Field(title="What was done", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class JudgeEffect(Command):
    """Whether it worked, with what shows it."""

    effective: bool = Field(title="It works")
    effectiveness_note: str = Field(
        title="What shows it", min_length=3, max_length=_TEXT, json_schema_extra=_AREA
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class CloseFinding(Command):
    """Close a finding."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)
