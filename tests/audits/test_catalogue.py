"""Checklists and programme: open questions with their requirements, and shorter intervals for higher tiers."""

import pytest
from pydantic import ValidationError

from governance.audits.catalogue import Checklist, Programme, audit_type, checklist, programme
from governance.controls.frameworks import iso42001
from governance.systems.classification import TIERS

KINDS = [item.id for item in programme().types]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_audit_has_a_checklist_of_questions_and_tasks(kind):
    found = checklist(audit_type(kind).checklist)
    # A follow-up asks mainly about the findings themselves, which are added when it starts.
    assert len(found.questions) >= (3 if kind == "follow_up" else 10)
    for ask in found.questions:
        assert ask.question.endswith(("?", ".")) and ask.wanted and ask.refs, ask.id


@pytest.mark.parametrize("kind", KINDS)
def test_a_higher_tier_is_audited_no_less_often(kind):
    months = [programme().interval_months[kind][tier] or 10**6 for tier in TIERS]
    assert months == sorted(months)


def test_references_to_annex_a_are_controls_that_exist():
    known = {item.id for item in iso42001().controls}
    for kind in KINDS:
        for ask in checklist(audit_type(kind).checklist).questions:
            cited = {ref for ref in ask.refs if ref.startswith("A.") and ref.count(".") > 1}
            assert cited <= known, ask.id


def test_the_internal_audit_asks_every_main_clause():
    cited = {ref.split(".")[0] for ask in checklist("CL-AIMS").questions for ref in ask.refs}
    assert {"4", "5", "6", "7", "8", "9", "10", "A"} <= cited


def test_a_checklist_has_a_hash_that_changes_with_a_question():
    found = checklist("CL-FAIR")
    first, *rest = found.questions
    asked_otherwise = first.model_copy(update={"question": "Is it fair?"})
    assert found.hash == Checklist.model_validate(found.model_dump()).hash
    assert found.hash != found.model_copy(update={"questions": (asked_otherwise, *rest)}).hash


def test_unknown_names_are_key_errors():
    with pytest.raises(KeyError):
        checklist("CL-NONE")
    with pytest.raises(KeyError):
        audit_type("astrology")


@pytest.mark.parametrize(
    ("intervals", "says"),
    [
        ({}, "one row for each kind of audit"),
        ({kind: {"critical": 1} for kind in KINDS}, "names critical, high, moderate, low"),
    ],
)
def test_a_programme_with_holes_is_refused(intervals, says):
    with pytest.raises(ValidationError, match=says):
        Programme.model_validate(programme().model_dump() | {"interval_months": intervals})
