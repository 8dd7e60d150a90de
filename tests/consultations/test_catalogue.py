"""Levels of participation, and that a higher tier never asks for less of it."""

import pytest
from pydantic import ValidationError

from governance.consultations.catalogue import ConsultationRules, rules


def test_levels_rise_from_none_to_empower_and_each_promises_something():
    assert [item.level for item in rules().levels] == [0, 1, 2, 3, 4, 5]
    assert all(item.promise for item in rules().levels if item.level)
    assert rules().levels[0].promise == ""


def test_a_critical_system_involves_people_every_year_and_a_low_one_informs_once():
    critical, low = rules().minimum["critical"], rules().minimum["low"]
    assert (critical.level, critical.every_months) == (3, 12)
    assert (low.level, low.every_months) == (1, None)


def test_methods_include_what_public_inventories_report():
    assert {"usability_test", "public_comment_call", "public_hearing", "other"} <= set(rules().methods)


def changed(**minimum):
    return rules().model_dump() | {"minimum": rules().model_dump()["minimum"] | minimum}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed(critical={"level": 1}), "must not ask for less"),
        (changed(low={"level": 0}, extreme={"level": 5}), "minimum names critical, high, moderate, low"),
        (changed(critical={"level": 9}), "not among the levels"),
    ],
)
def test_rules_that_ask_less_of_more_risk_are_refused(data, says):
    with pytest.raises(ValidationError, match=says):
        ConsultationRules.model_validate(data)
