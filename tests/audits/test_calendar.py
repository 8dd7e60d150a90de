"""The layout of the calendar: every day once, whole weeks, and addresses that say where one is."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audits import calendar, calendar_selection, recurrence
from governance.audits.calendar import Month, Window
from governance.core.errors import DomainError

DAYS = st.dates(date(calendar.FIRST_YEAR, 1, 1), date(calendar.LAST_YEAR, 12, 31))
MONTHS = st.builds(calendar.month_of, DAYS)
RULES = st.sampled_from(
    [
        "FREQ=MONTHLY;INTERVAL=1",
        "FREQ=MONTHLY;INTERVAL=3",
        "FREQ=YEARLY;INTERVAL=1",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
        "FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR",
        "FREQ=DAILY;INTERVAL=10",
    ]
)


@given(MONTHS)
def test_a_month_has_each_of_its_days_once_in_whole_weeks_from_monday_on(month: Month) -> None:
    days = [day for week in month.weeks for day in week]
    assert [day for day in days if day in month] == [
        month.first + timedelta(days=number) for number in range(month.last.day)
    ]
    assert all(len(week) == 7 and week[0].weekday() == 0 for week in month.weeks)
    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))
    assert 4 <= len(month.weeks) <= 6
    assert month.first in month.weeks[0] and month.last in month.weeks[-1]


@given(MONTHS, st.integers(-600, 600))
def test_going_some_months_and_back_leads_home(month: Month, steps: int) -> None:
    there = month.plus(steps)
    assert there.plus(-steps) == month
    assert (there > month) == (steps > 0)
    assert month.plus(1).first == month.last + timedelta(days=1)


@given(DAYS, st.integers(0, 400))
def test_weeks_between_two_days_follow_each_other_without_a_gap(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    weeks = calendar.weeks_between(first, last)
    assert weeks[0][0] <= first <= weeks[0][-1] and weeks[-1][0] <= last <= weeks[-1][-1]
    assert all(before[-1] + timedelta(days=1) == after[0] for before, after in pairwise(weeks))
    assert len({calendar.week_name(week[0]) for week in weeks}) == len(weeks)


def test_the_iso_week_at_the_turn_of_a_year_belongs_to_the_year_of_its_thursday() -> None:
    assert calendar.week_name(date(2027, 1, 1)) == "2026-W53"
    assert calendar.week_name(date(2024, 12, 30)) == "2025-W01"


@given(MONTHS, DAYS)
def test_what_stands_in_an_address_is_read_back(month: Month, day: date) -> None:
    assert calendar.read_month(str(month), day) == month
    assert calendar.read_day(day.isoformat(), day) == day
    assert calendar.read_year(str(day.year), day) == day.year
    assert calendar.read_month("", day) == calendar.month_of(day)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "1998-12", "2201-01", "٢٠٢٦-11", "now", "2026-11-01"]
)
def test_a_month_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match="2026-11"):
        calendar.read_month(text, date(2026, 11, 20))


@pytest.mark.parametrize(
    "text", ["2026-02-30", "20261120", "1998-12-31", "9999-12-31", "2026-W47-5", "x" * 10]
)
def test_a_day_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match="2026-11-20"):
        calendar.read_day(text, date(2026, 11, 20))


@given(
    RULES,
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.dates(date(2025, 1, 1), date(2029, 1, 1)),
    st.integers(-5, 500),
)
def test_the_dates_of_a_rule_in_a_window_are_those_of_the_rule(
    rule: str, starts_on: date, first: date, length: int
) -> None:
    window = Window(first, first + timedelta(days=length))
    expected = [day for day in recurrence.until(rule, starts_on, window.last) if day >= first]
    assert list(calendar.dates_of(rule, starts_on, window)) == ([] if window.is_empty else expected)


@given(DAYS, DAYS, DAYS)
def test_what_is_foreseen_lies_after_today_and_within_three_years(
    today: date, first: date, last: date
) -> None:
    ahead = Window(first, last).of_the_future(today)
    if not ahead.is_empty:
        assert today < ahead.first and first <= ahead.first and ahead.last <= last
        assert ahead.last.year <= today.year + calendar.PROJECTED_YEARS


def test_a_choice_is_read_from_an_address_and_said_again() -> None:
    pairs = [("auditor", "7"), ("unit", "Emergency"), ("type", "fairness"), ("state", "open"), ("tier", "high"),
             ("also", "corrective_action"), ("also", "management_review")]  # fmt: skip
    chosen = calendar_selection.read([("month", "2026-11"), *pairs])
    assert list(chosen.pairs()) == pairs
    kept = {name: value for name, value in chosen.pairs() if name != "also"}
    assert list(calendar_selection.from_kept(kept).pairs()) == pairs[:5]


@pytest.mark.parametrize(
    "pair",
    [
        ("auditor", "me"),
        ("auditor", "²"),
        ("type", "x"),
        ("state", "gone"),
        ("tier", "huge"),
        ("also", "birthdays"),
        ("unit", "u" * 201),
        ("unit", "a\0"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(DomainError):
        calendar_selection.read([pair])
