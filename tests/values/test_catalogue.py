"""Values and red lines: twelve and ten, each red line with a way to check it and a period of validity."""

import pytest
from pydantic import ValidationError

from governance.systems.classification import TIERS
from governance.values.catalogue import Values, values, values_hash


def test_there_are_twelve_values_and_ten_red_lines():
    assert [item.id for item in values().values] == [f"V{number:02}" for number in range(1, 13)]
    assert [item.id for item in values().red_lines] == [f"RL-{number:02}" for number in range(1, 11)]
    assert len(values_hash()) == 64


def test_a_red_line_says_never_and_how_it_is_checked():
    for line in values().red_lines:
        assert line.statement.startswith("Never ")
        assert line.checks
    assert values().red_line("RL-04").legal_refs == ("AI Act Art. 5(1)(a)-(b)",)


def test_a_higher_tier_is_checked_no_less_often_and_no_less_thoroughly():
    months = [values().validity_months[tier] for tier in TIERS]
    probes = [values().least_probes[tier] for tier in TIERS]
    assert months == sorted(months)
    assert probes == sorted(probes, reverse=True)


def test_an_unknown_red_line_is_a_key_error():
    with pytest.raises(KeyError):
        values().red_line("RL-99")


def changed(**entries):
    return values().model_dump() | entries


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed(red_lines=[{"id": "RL-01", "statement": "Never"}]), "RL-01 says no way to check it"),
        (changed(values=[{"id": "V01", "name": "A", "statement": "B"}] * 2), "same id"),
        (changed(validity_months={"high": 3}), "validity_months and least_probes"),
    ],
)
def test_a_catalogue_that_protects_nobody_is_refused(data, says):
    with pytest.raises(ValidationError, match=says):
        Values.model_validate(data)
