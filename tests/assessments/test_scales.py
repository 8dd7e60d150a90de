"""The matrix never falls, severity 5 is never below high, and nobody accepts a critical risk (INV-RSK1, INV-CRI1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.assessments import scales
from governance.signoffs import catalogue as signoffs
from governance.systems import classification

# What these show is a rule, not a speed: a busy machine must not fail them.

step = st.integers(1, 5)
modifiers = st.lists(st.sampled_from(sorted(scales.criteria().modifiers)), max_size=6)


def rank(found):
    return scales.LEVELS.index(found)


@given(step, step, modifiers)
def test_the_level_is_what_the_matrix_says(likelihood, severity, worse):
    row = min(5, severity + len(set(worse)))
    assert scales.level(likelihood, severity, worse) == scales.criteria().matrix[str(row)][likelihood - 1]


@given(step, step, step, step, modifiers, modifiers)
def test_more_likely_or_more_severe_or_aggravated_is_never_lower(
    likelihood, more_likely, severity, more_severe, few, many
):
    low, high = sorted((likelihood, more_likely))
    mild, grave = sorted((severity, more_severe))
    assert rank(scales.level(low, mild, few)) <= rank(scales.level(high, grave, [*few, *many]))


@given(step)
def test_severity_five_is_never_below_high(likelihood):
    assert rank(scales.level(likelihood, 5)) >= rank("high")


@given(step, modifiers)
def test_aggravation_counts_once_each_and_ends_at_five(severity, worse):
    found = scales.effective_severity(severity, worse)
    assert severity <= found <= 5
    assert found == scales.effective_severity(severity, [*worse, *worse])


@pytest.mark.parametrize(
    ("found", "above"), [("low", False), ("medium", False), ("high", True), ("critical", True)]
)
def test_what_exceeds_the_appetite_needs_acceptance(found, above):
    assert scales.is_above_appetite(found) is above


def test_every_acceptable_level_has_an_authority_and_an_end_and_critical_has_none():
    accepted = scales.criteria().acceptance
    assert set(accepted) == {"low", "medium", "high"}
    assert {rule.policy for rule in accepted.values()} <= signoffs.rules().policies.keys()
    months = [accepted[found].max_months for found in ("low", "medium", "high")]
    assert months == sorted(months, reverse=True)
    slots = {found: signoffs.rules().policies[rule.policy].slots for found, rule in accepted.items()}
    assert len(slots["medium"]) == len(slots["high"]) == 2
    assert "top_management" in slots["high"]


def test_a_higher_tier_is_reviewed_no_less_often():
    months = [scales.criteria().review_months[tier] for tier in classification.TIERS]
    assert months == sorted(months)


def test_every_assessment_keeps_the_hash_of_its_criteria():
    assert len(scales.criteria_hash()) == 64


def changed(**values):
    return scales.criteria().model_dump() | values


def matrix(**rows):
    return scales.criteria().matrix | rows


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"matrix": matrix(**{"5": ("medium", "high", "high", "critical", "critical")})}, "never below high"),
        ({"matrix": matrix(**{"2": ("low", "medium", "low", "medium", "medium")})}, "never fall"),
        ({"matrix": matrix(**{"3": ("low", "low", "low", "low", "low")})}, "never fall"),
        ({"matrix": matrix(**{"1": ("low", "low")})}, "five levels"),
        ({"matrix": matrix(**{"1": ("low", "low", "low", "low", "tiny")})}, "five levels"),
        ({"matrix": matrix(**{"6": ("critical",) * 5})}, "steps 1 to 5"),
        ({"likelihood": {"1": "never"}}, "steps 1 to 5"),
        ({"appetite": "enormous"}, "appetite"),
        ({"acceptance": {"critical": {"policy": "waiver", "max_months": 1}}}, "not acceptable"),
        ({"dimensions": ("individual",)}, "none of the dimensions"),
    ],
)
def test_unsound_criteria_are_refused(change, says):
    with pytest.raises(ValidationError, match=says):
        scales.RiskCriteria.model_validate(changed(**change))
