"""Inputs about impact assessments."""

from datetime import date
from functools import cache
from typing import Any

from pydantic import Field, create_model

from governance.access.schemas import Command
from governance.impacts.catalogue import rules
from governance.impacts.models import Effect, Publication, Triage
from governance.signoffs.schemas import Reason

_AREA: dict[str, Any] = {"widget": "textarea"}
_HIDDEN: dict[str, Any] = {"widget": "hidden"}
_SELECT: dict[str, Any] = {"widget": "select"}
_TEXT = 20_000


class BeginAssessment(Command):
    """The triage: which questions are a yes, and what follows from it."""

    title: str = Field(title="Title", min_length=3, max_length=300)
    sensitive: list[str] = Field(
        default_factory=list,
        title="What is true of this system?",
        json_schema_extra={"widget": "multiselect"},
    )
    triage_result: Triage = Field(
        title="What is needed",
        description="One yes above makes the whole assessment necessary (ISO/IEC 42005, 5.7).",
    )
    triage_reason: str = Field(
        "",
        title="Reason",
        max_length=_TEXT,
        description="Needed unless the whole assessment is made.",
        json_schema_extra=_AREA,
    )
    contexts: list[str] = Field(default_factory=list, title="Contexts of use")
    team: str = Field("", title="Who takes part", max_length=2000)
    assumptions: str = Field(
        "", title="Assumptions and exclusions", max_length=_TEXT, json_schema_extra=_AREA
    )
    facets: list[str] = Field(
        default_factory=list, title="It also answers", json_schema_extra={"widget": "multiselect"}
    )
    publication: Publication = Field(Publication.INTERNAL, title="Who may read the result")
    next_review_on: date = Field(title="Next review")


class EditAssessment(BeginAssessment):
    """Change scope, triage and dates of a draft."""

    version: int = Field(json_schema_extra=_HIDDEN)


class RateImpact(Command):
    """A benefit or harm, and its rating before and after measures. The level is computed."""

    group: str = Field(title="Affected group", min_length=2, max_length=200, json_schema_extra=_SELECT)
    dimension: str = Field(title="Dimension", json_schema_extra=_SELECT)
    effect: Effect = Field(title="Benefit or harm")
    description: str = Field(title="What happens", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    cause: str = Field("normal_use", title="In", json_schema_extra=_SELECT)
    severity: int = Field(title="Severity (benefit: size)", ge=1, le=5)
    likelihood: int = Field(title="Likelihood", ge=1, le=5)
    scale: str = Field(title="Scale", json_schema_extra=_SELECT)
    reversibility: str = Field(title="Can it be undone?", json_schema_extra=_SELECT)
    duration: str = Field("months", title="How long it lasts", json_schema_extra=_SELECT)
    distribution: str = Field("", title="Who gains, who bears it", max_length=2000)
    evidence_note: str = Field("", title="What the rating rests on", max_length=2000)
    confidence: str = Field("medium", title="Confidence", json_schema_extra=_SELECT)
    residual_severity: int | None = Field(None, title="Severity after measures", ge=1, le=5)
    residual_likelihood: int | None = Field(None, title="Likelihood after measures", ge=1, le=5)
    risk_reference: str = Field(
        "", title="Taken up by risk", max_length=24, description="Such as RSK-0001.2."
    )
    version: int = Field(json_schema_extra=_HIDDEN)


class PlanMeasure(Command):
    """What is done about a harm."""

    measure: str = Field(title="Measure", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)
    control: str = Field("", title="Control", max_length=40, description="Such as A.5.4.")
    owner_id: int = Field(title="Owner", json_schema_extra=_SELECT)
    due_on: date = Field(title="Due")
    expected_effect: str = Field("", title="Expected effect", max_length=2000)
    version: int = Field(json_schema_extra=_HIDDEN)


class CarryOut(Command):
    """A measure was carried out, with its effect."""

    done_on: date = Field(title="Done on")
    effect: str = Field(title="Effect", min_length=3, max_length=_TEXT, json_schema_extra=_AREA)


class DeclareUnaffected(Command):
    """A group of the register without a material impact, and why (INV-IA2)."""

    group: str = Field(title="Affected group", min_length=2, max_length=200, json_schema_extra=_SELECT)
    reason: Reason = Field(title="Why there is no material impact", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class RemoveImpact(Command):
    """Take an impact out of a draft, with the reason."""

    reason: Reason = Field(title="Reason", json_schema_extra=_AREA)
    version: int = Field(json_schema_extra=_HIDDEN)


class AnswerSection(Command):
    """Base of the forms of sections: the answers, and the version they were typed over."""

    version: int = Field(json_schema_extra=_HIDDEN)


@cache
def section_form(id: str) -> type[AnswerSection]:
    """The form of a section, made from its questions. Raises KeyError for a section that does not exist."""
    section = rules().section(id)
    fields: dict[str, Any] = {}
    for question in section.fields:
        note = "Needed before review." if question.needed else ""
        if question.facet:
            note = f"{question.facet}: {rules().facets[question.facet]}"
        fields[rules().key(section, question)] = (
            str,
            Field("", title=question.ask, description=note, max_length=_TEXT, json_schema_extra=_AREA),
        )
    return create_model(f"Section{id}", __base__=AnswerSection, **fields)
