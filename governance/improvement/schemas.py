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
    clauses: list[str] = Field(
        [], title="Clauses", max_length=20, description="Of ISO/IEC 42001, such as 8.2."
    )
    controls: list[str] = Field([], title="Controls", max_length=20, description="Of Annex A, such as A.7.4.")
    repeat_of: str = Field(
        "",
        title="Repeats",
        max_length=20,
        description="The earlier finding on this system that has come back, such as FND-0001. A repeat is graded higher.",
    )


class AcceptFinding(Command):
    """The auditee's response."""

    auditee_response: str = Field(title="Response", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class DisputeFinding(Command):
    """The auditee does not agree; the compliance officer rules."""

    auditee_response: str = Field(
        title="Why you do not agree", min_length=3, max_length=_TEXT, json_schema_extra=_AREA
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class Respond(Command):
    """The auditee's response, changed; finding and grade stay."""

    auditee_response: str = Field(title="Response", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class RuleOnDispute(Command):
    """The ruling on a dispute."""

    stands: bool = Field(title="The finding stands", description="Otherwise it is withdrawn.")
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class MarkRepeat(Command):
    """Say which earlier finding has come back."""

    repeat_of: str = Field(title="Repeats", min_length=3, max_length=20)
    version: int = Field(json_schema_extra=_HIDDEN)


class Regrade(Command):
    """Another grade, with its reason."""

    grade: Grade = Field(title="Grade")
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class OpenAction(Command):
    """Who corrects it by when, and who looks afterwards whether it worked."""

    title: str = Field(title="Corrective action", min_length=3, max_length=300)
    owner_id: int = Field(title="Owner", json_schema_extra={"widget": "select"})
    verifier_id: int = Field(
        title="Verifier",
        description="Somebody who neither carries it out nor answers for the system (INV-COR1).",
        json_schema_extra={"widget": "select"},
    )
    due_on: date = Field(title="Due", description="By when the action is carried out.")


class Reassign(Command):
    """Another owner or verifier."""

    owner_id: int = Field(title="Owner", json_schema_extra={"widget": "select"})
    verifier_id: int = Field(title="Verifier", json_schema_extra={"widget": "select"})
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class Contain(Command):
    """What was done at once, before the cause is known."""

    correction: str = Field(
        title="Correction",
        min_length=3,
        max_length=_TEXT,
        description="What was put right.",
        json_schema_extra=_AREA,
    )
    containment: str = Field(
        title="Containment",
        min_length=3,
        max_length=_TEXT,
        description="What keeps it from doing harm until the cause is gone, or why nothing has to.",
        json_schema_extra=_AREA,
    )
    contained_on: date = Field(title="Contained on")
    version: int = Field(json_schema_extra=_HIDDEN)


class ProposeCause(Command):
    """Why it happened, and why nobody saw it."""

    cause_method: str = Field(title="Method", max_length=40, json_schema_extra={"widget": "select"})
    whys: str = Field(
        title="Whys",
        min_length=10,
        max_length=_TEXT,
        description="The five whys a line each, or the tree of causes as text.",
        json_schema_extra={"widget": "textarea", "rows": 7},
    )
    root_cause: str = Field(
        title="Root cause",
        min_length=10,
        max_length=_TEXT,
        description="The last why. “Human error” is never the last one.",
        json_schema_extra=_AREA,
    )
    cause_class: str = Field(title="Class of cause", max_length=40, json_schema_extra={"widget": "select"})
    why_not_detected: str = Field(
        title="Why it was not detected earlier", min_length=3, max_length=_TEXT, json_schema_extra=_AREA
    )
    similar_cases: str = Field(
        title="Similar cases",
        min_length=3,
        max_length=_TEXT,
        description="Where else it could happen, and what a look there showed.",
        json_schema_extra=_AREA,
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class PlanAction(Command):
    """What removes the cause, and how its effect will be seen."""

    action: str = Field(title="Action", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    effectiveness_criterion: str = Field(
        title="Effective when",
        min_length=3,
        max_length=_TEXT,
        description="What can be measured or seen afterwards, and over which time.",
        json_schema_extra=_AREA,
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class ExtendAction(Command):
    """A later date; at most twice, the first one is kept (INV-COR2)."""

    due_on: date = Field(title="New date")
    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class ImplementAction(Command):
    """The action is carried out; its evidence is attached before."""

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
