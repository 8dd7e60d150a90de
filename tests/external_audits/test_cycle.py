"""The certification cycle over three years, with its month ends, and what is late in it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.external_audits.cycle import (
    Duty,
    Held,
    Standing,
    first_day_not_past,
    milestones,
    months_after,
)

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
DECIDED, EXPIRES = date(2026, 6, 10), date(2029, 6, 9)


def seen(today: date, *held: Held) -> dict[tuple[str, date], str]:
    return {
        (item.duty.value, item.due_on): item.standing.value
        for item in milestones(DECIDED, EXPIRES, held, today)
    }


def test_a_new_certificate_asks_for_two_years_of_surveillance_and_a_renewal():
    assert seen(date(2026, 7, 1)) == {
        ("first_surveillance", date(2027, 6, 10)): "ahead",
        ("surveillance_of_year", date(2027, 12, 31)): "ahead",
        ("surveillance_of_year", date(2028, 12, 31)): "ahead",
        ("recertification", date(2029, 6, 9)): "ahead",
    }


@pytest.mark.parametrize(
    ("today", "standing"),
    [
        (date(2027, 3, 11), "ahead"),
        (date(2027, 3, 12), "soon"),
        (date(2027, 6, 10), "soon"),
        (date(2027, 6, 11), "late"),
    ],
)
def test_the_first_surveillance_is_due_twelve_months_after_the_decision(today: date, standing: str):
    assert seen(today)["first_surveillance", date(2027, 6, 10)] == standing


def test_an_audit_that_came_late_stays_late():
    found = milestones(DECIDED, EXPIRES, [Held(date(2027, 7, 1), True)], date(2028, 1, 1))
    assert [(item.standing, item.done_on) for item in found[:2]] == [
        (Standing.LATE, date(2027, 7, 1)),
        (Standing.DONE, date(2027, 7, 1)),
    ]


def test_the_year_of_the_recertification_asks_for_no_surveillance():
    duties = [
        item.duty for item in milestones(DECIDED, EXPIRES, [Held(date(2028, 11, 3), False)], date(2029, 1, 1))
    ]
    assert duties.count(Duty.SURVEILLANCE_OF_YEAR) == 1


def test_after_its_end_a_certificate_can_be_restored_for_six_months():
    assert ("restoration", date(2029, 12, 9)) not in seen(EXPIRES)
    assert seen(EXPIRES + timedelta(days=1))["restoration", date(2029, 12, 9)] == "ahead"
    assert seen(date(2029, 12, 10))["restoration", date(2029, 12, 9)] == "late"
    late = Held(date(2029, 6, 1), False, date(2029, 8, 1))
    assert seen(date(2029, 9, 1), late)["restoration", date(2029, 12, 9)] == "done"
    in_time = Held(date(2029, 4, 1), False, date(2029, 5, 1))
    assert seen(date(2029, 9, 1), in_time)["recertification", EXPIRES] == "done"
    assert ("restoration", date(2029, 12, 9)) not in seen(date(2029, 9, 1), in_time)


@given(today=DAYS, day=DAYS, months=st.sampled_from([6, 12]))
def test_what_lies_before_the_first_day_not_past_is_late_and_nothing_else(
    today: date, day: date, months: int
):
    assert (day < first_day_not_past(today, months)) == (months_after(day, months) < today)
