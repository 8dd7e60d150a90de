"""Dates as people write them: every form that real inventories use, and none that is guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.partial_dates import UnreadableDateError, parse

# From 1969 on two digits of a year mean one century only (POSIX strptime).
days = st.dates(date(1969, 1, 1), date(2068, 12, 31))


@pytest.mark.parametrize(
    ("raw", "text", "precision"),
    [
        ("7/1/2023", "2023-07-01", "day"),
        ("22-Jul", "2022-07", "month"),
        ("Jan-17", "2017-01", "month"),
        ("01/2024", "2024-01", "month"),
        ("2020", "2020", "year"),
        ("N/A ", "", "not applicable"),
        ("", "", "not applicable"),
        ("2015-2022", "2015/2022", "range"),
        ("Q4FY25", "Q4FY25", "fiscal quarter"),
        ("FY 2024", "FY24", "fiscal year"),
        ("Pre-2021", "../2021", "before"),
        ("since March 2020", "2020-03/..", "after"),
        ("2019 – present", "2019/..", "after"),
        ("circa 2019", "2019~", "year"),
        ("2024-10-01 00:00:00", "2024-10-01", "day"),
        ("09/24/2024 12:00:00 AM", "2024-09-24", "day"),
        ("9/30/2025 0:00", "2025-09-30", "day"),
        ("2024-10-01T08:15:00+02:00", "2024-10-01", "day"),
        ("2021/01/01", "2021-01-01", "day"),
        ("31.12.2024", "2024-12-31", "day"),
        ("1 October 2024", "2024-10-01", "day"),
        ("October 1st, 2024", "2024-10-01", "day"),
        ("Oct. 2024", "2024-10", "month"),
        ("2024 mei", "2024-05", "month"),
        ("1er février 2022", "2022-02-01", "day"),
        ("Q3 2024", "2024-07/2024-09", "quarter"),
        ("Spring 2022", "2022-21", "season"),
        ("June 2021 to July 2022", "2021-06/2022-07", "range"),
        ("20240701", "2024-07-01", "day"),
    ],
)
def test_every_form_in_use_is_read_as_what_is_known(raw, text, precision):
    found = parse(raw, "month_first")
    assert (found.text, found.precision, found.note) == (text, precision, "")


@pytest.mark.parametrize(
    "raw",
    [
        "10/12023",
        "TODO",
        "Current model: 2019-2023",
        "2024-02-30",
        "13/13/2024",
        "2022-2019",
        "24-Foo",
        "soon",
    ],
)
def test_what_would_have_to_be_guessed_is_refused(raw):
    with pytest.raises(UnreadableDateError):
        parse(raw, "month_first")


def test_the_reason_says_which_day_is_missing():
    with pytest.raises(UnreadableDateError, match="February 2023 has no day 29"):
        parse("2/29/2023", "month_first")


def test_day_and_month_that_cannot_be_told_apart_leave_the_year_and_a_note():
    found = parse("3/4/2024")
    assert (found.text, found.precision) == ("2024", "year")
    assert "order of dates" in found.note


def test_the_order_of_the_mapping_decides():
    assert parse("3/4/2024", "day_first").text == "2024-04-03"
    assert parse("3/4/2024", "month_first").text == "2024-03-04"


def test_a_date_that_can_only_be_read_the_other_way_says_so():
    found = parse("31/12/2024", "month_first")
    assert found.text == "2024-12-31"
    assert "differs" in found.note


def test_a_year_that_a_spreadsheet_made_a_day_of_1905_is_the_year_again():
    found = parse("7/16/1905", "month_first")
    assert (found.text, found.precision) == ("2024", "year")
    assert "1905" in found.note


def test_spreadsheet_day_numbers_are_read_with_a_note():
    assert parse("45292").text == "2024-01-01"
    assert parse("45292").note


@given(days)
def test_every_day_comes_back_from_every_full_spelling(day):
    iso = day.isoformat()
    for spelling in (
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%d %B %Y",
        "%B %d, %Y",
        "%b %d %Y",
        "%Y-%m-%d 00:00:00",
    ):
        assert parse(day.strftime(spelling)).text == iso
    assert parse(day.strftime("%m/%d/%Y"), "month_first").text == iso
    assert parse(day.strftime("%d/%m/%Y"), "day_first").text == iso


@given(days)
def test_every_month_comes_back_from_every_spelling(day):
    for spelling in ("%Y-%m", "%m/%Y", "%B %Y", "%b-%y", "%y-%b", "%Y %b"):
        assert parse(day.strftime(spelling)).text == day.strftime("%Y-%m"), spelling


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_never_breaks(raw):
    try:
        found = parse(raw)
    except UnreadableDateError:
        return
    assert (found.text == "") == (found.precision == "not applicable")


@given(st.text(alphabet="0123456789/-. QFYqfyjanJAN", max_size=14))
def test_what_is_read_reads_as_itself(raw):
    try:
        found = parse(raw, "month_first")
    except UnreadableDateError:
        return
    if found.precision in ("day", "month", "year", "range", "fiscal quarter"):
        assert parse(found.text, "month_first").text == found.text
