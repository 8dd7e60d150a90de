"""Recurrence is right at month ends and clock changes, agrees with RFC 5545 elsewhere, and says what is wrong with a rule."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from governance.audits import recurrence
from governance.core.errors import Refused

# What these show is a rule, not a speed: a busy machine must not fail them.

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Africa/Cairo",
    "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/Goose_Bay", "Asia/Tehran",
)  # fmt: skip


def test_monthly_from_the_31st_is_clamped_and_returns_to_the_31st():
    found = recurrence.until("FREQ=MONTHLY", date(2027, 1, 31), date(2028, 3, 31))
    assert [(day.month, day.day) for day in found] == [
        (1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31),
        (1, 31), (2, 29), (3, 31),
    ]  # fmt: skip


def test_a_yearly_audit_of_the_leap_day_comes_every_year():
    found = recurrence.until("FREQ=YEARLY", date(2024, 2, 29), date(2028, 12, 31))
    assert [day.isoformat() for day in found] == [
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


def test_named_months_are_clamped_as_well():
    found = recurrence.until("FREQ=MONTHLY;BYMONTH=1,4,7,10", date(2026, 1, 31), date(2026, 12, 31))
    assert [day.isoformat() for day in found] == ["2026-01-31", "2026-04-30", "2026-07-31", "2026-10-31"]
    found = recurrence.until("FREQ=YEARLY;BYMONTH=2,8", date(2026, 3, 30), date(2028, 12, 31))
    assert [day.isoformat() for day in found] == [
        "2026-08-30",
        "2027-02-28",
        "2027-08-30",
        "2028-02-29",
        "2028-08-30",
    ]


@given(days, st.integers(1, 40), st.integers(1, 30))
def test_the_nth_month_is_the_anchor_plus_n_months_clamped(start, every, number):
    found = list(islice(recurrence.occurrences(recurrence.build_rule(every, "months"), start), number))
    for position, day in enumerate(found):
        months = start.year * 12 + start.month - 1 + position * every
        assert (day.year, day.month) == (months // 12, months % 12 + 1)
        assert day.day == min(start.day, monthrange(day.year, day.month)[1])


@given(days, st.integers(1, 400), st.sampled_from(["days", "weeks"]))
def test_days_and_weeks_are_plain_arithmetic(start, every, unit):
    found = list(islice(recurrence.occurrences(recurrence.build_rule(every, unit), start), 12))
    step = timedelta(**{unit: every})
    assert found == [start + number * step for number in range(12)]


by_day = st.sampled_from(["MO", "FR", "TU,TH", "1MO", "-1FR", "2WE,4WE", "MO,TU,WE,TH,FR"])
by_rule = st.one_of(
    st.builds("FREQ=MONTHLY;INTERVAL={};BYDAY={}".format, st.integers(1, 18), by_day),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format,
        st.integers(1, 18),
        st.sampled_from(["1", "15", "-1", "28,-1", "31"]),
    ),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 60), st.sampled_from(["MO", "TU,TH", "SU"])
    ),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};BYDAY=MO,TU,WE,TH,FR;BYSETPOS={}".format,
        st.integers(1, 12),
        st.sampled_from([1, -1]),
    ),
    st.builds("FREQ=YEARLY;BYMONTH={};BYDAY={}".format, st.integers(1, 12), by_day),
)


@given(by_rule, days)
def test_rules_that_name_their_days_agree_with_dateutil(rule, start):
    theirs = rrulestr(rule, dtstart=datetime.combine(start, time()))
    assert list(islice(recurrence.occurrences(rule, start), 20)) == [
        moment.date() for moment in islice(theirs, 20)
    ]


@given(days, st.integers(1, 28), st.integers(1, 24))
def test_where_no_month_is_too_short_months_agree_with_dateutil_too(start, day, every):
    start = start.replace(day=day)
    rule = recurrence.build_rule(every, "months")
    theirs = rrulestr(rule, dtstart=datetime.combine(start, time()))
    assert list(islice(recurrence.occurrences(rule, start), 20)) == [
        moment.date() for moment in islice(theirs, 20)
    ]


any_rule = st.one_of(
    by_rule,
    st.builds(recurrence.build_rule, st.integers(1, 10), st.sampled_from(sorted(recurrence.UNITS))),
)


@given(any_rule, days, st.integers(0, 4000))
def test_days_come_in_order_once_and_a_later_look_adds_but_never_moves(rule, start, ahead):
    earlier = recurrence.until(rule, start, start + timedelta(days=ahead // 2))
    later = recurrence.until(rule, start, start + timedelta(days=ahead))
    assert later[: len(earlier)] == earlier
    assert later == sorted(set(later))
    assert len({recurrence.period_key(day) for day in later}) == len(later)
    assert all(start <= day <= start + timedelta(days=ahead) for day in later)


@given(any_rule, days, st.integers(0, 2000))
def test_what_follows_is_what_was_not_there_yet(rule, start, ahead):
    after = start + timedelta(days=ahead)
    following = recurrence.following(rule, start, after, 3)
    known = recurrence.until(rule, start, after)
    assert all(day > after for day in following)
    assert [*known, *following] == list(
        islice(recurrence.occurrences(rule, start), len(known) + len(following))
    )


def test_a_rule_is_followed_to_the_end_of_the_calendar_and_not_beyond():
    assert recurrence.following("FREQ=YEARLY;INTERVAL=10", date(9980, 5, 31), date(9990, 5, 31), 5) == []
    assert len(list(recurrence.occurrences("FREQ=YEARLY", date(2026, 1, 1)))) == 101


@given(st.dates(date(1995, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES))
def test_a_local_day_begins_with_its_first_moment(day, name):
    moment = recurrence.begins_at(day, name)
    assert moment.tzinfo is UTC
    local = ZoneInfo(name)
    assert moment.astimezone(local).date() >= day
    # The hour before belongs to an earlier day, save where the clock ran back over midnight and both hours do.
    assert (moment - timedelta(microseconds=1)).astimezone(local).date() < day


@pytest.mark.parametrize(
    ("day", "name", "begins"),
    [
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 30), "Europe/Berlin", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 26), "Europe/Berlin", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        # Midnight was skipped: the day began at one o'clock.
        (date(2018, 11, 4), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
        # The hour after midnight came twice: the day began with the first.
        (date(2026, 11, 1), "America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        # Samoa had no 30 December 2011.
        (date(2011, 12, 30), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_days_of_clock_changes_begin_when_their_zone_says(day, name, begins):
    assert recurrence.begins_at(day, name) == begins


def test_today_depends_on_where_you_are():
    now = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert recurrence.today_in("Europe/Berlin", now) == date(2026, 11, 21)
    assert recurrence.today_in("America/New_York", now) == date(2026, 11, 20)


def test_an_unknown_zone_is_refused():
    with pytest.raises(Refused, match="Europe/Berlin") as refused:
        recurrence.zone("Mars/Olympus")
    assert refused.value.field == "zone"


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("FREQ=HOURLY", "audits do not recur within a day"),
        ("FREQ=MONTHLY;COUNT=3", "Leave COUNT out"),
        ("FREQ=MONTHLY;UNTIL=20300101", "Leave UNTIL out"),
        ("INTERVAL=3", "needs FREQ"),
        ("", "An empty part"),
        ("RRULE:FREQ=DAILY", "RRULE:FREQ is not used"),
        ("FREQ=DAILY\nEXDATE:20260101", "(?s)not .*EXDATE"),
        ("FREQ=DAILY;", "An empty part"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=MONTHLY;INTERVAL=0", "whole number"),
        ("FREQ=MONTHLY;INTERVAL=121", "at most 120"),
        ("FREQ=YEARLY;INTERVAL=1000", "at most 10"),
        ("FREQ=WEEKLY;BYDAY=1MO", "numbered weekday"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX is not understood"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with WEEKLY"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "not understood"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "No day fulfils"),
        ("FREQ=DAILY;BYMONTH=13", "not understood"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_is_wrong(rule, says):
    with pytest.raises(Refused, match=says) as refused:
        recurrence.occurrences(rule, date(2026, 1, 1))
    assert refused.value.field == "rule"


pieces = st.sampled_from(
    [
        "FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "INTERVAL=2", "INTERVAL=120", "BYDAY=5MO", "BYDAY=-5SU,TU",
        "BYDAY=FR", "BYMONTHDAY=-31", "BYMONTHDAY=30", "BYMONTH=2", "BYMONTH=12", "BYSETPOS=-5", "BYSETPOS=1", "WKST=SU", "X=1",
    ]
)  # fmt: skip


@given(st.lists(pieces, max_size=5).map(";".join))
def test_any_combination_of_parts_is_said_and_comes_true_or_is_refused(rule):
    try:
        recurrence.parts_of(rule)
    except Refused:
        return
    assert recurrence.describe(rule).startswith("every ")
    assert recurrence.following(rule, date(2000, 1, 1), date(1999, 12, 31), 1)


@pytest.mark.parametrize(
    ("form", "rule", "words"),
    [
        ((1, "months"), "FREQ=MONTHLY;INTERVAL=1", "every month"),
        ((6, "months"), "FREQ=MONTHLY;INTERVAL=6", "every 6 months"),
        ((2, "weeks", " Monday,  Thursday"), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "every 2 weeks on Monday and Thursday"),
        ((3, "months", "first Monday"), "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO", "every 3 months on the first Monday"),
        ((1, "months", "last friday"), "FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR", "every month on the last Friday"),
        ((1, "months", "last day"), "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1", "every month on the last day"),
        (
            (1, "months", "first weekday"),
            "FREQ=MONTHLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
            "every month on the first weekday",
        ),
    ],
)  # fmt: skip
def test_plain_fields_make_a_rule_that_is_said_in_plain_words(form, rule, words):
    assert recurrence.build_rule(*form) == rule
    assert recurrence.describe(rule) == words


def test_rules_from_elsewhere_are_said_in_words_too():
    assert recurrence.describe("FREQ=YEARLY;BYMONTH=1,7") == "every year in January and July"
    assert recurrence.describe("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR") == "every week on every weekday"
    assert (
        recurrence.describe("FREQ=MONTHLY;BYMONTHDAY=1,15,-2")
        == "every month on day 1, day 15 and the day 1 before the last"
    )


@pytest.mark.parametrize(
    ("form", "field", "says"),
    [
        ((0, "months"), "every", "1 to 120 months"),
        ((11, "years"), "every", "1 to 10 years"),
        ((1, "hours"), "unit", "days, weeks, months or years"),
        ((1, "months", "second weekday"), "on", "first monday"),
        ((1, "weeks", "funday"), "on", "Name weekdays"),
        ((1, "years", "monday"), "on", "weeks or months"),
    ],
)
def test_wrong_fields_are_named(form, field, says):
    with pytest.raises(Refused, match=says) as refused:
        recurrence.build_rule(*form)
    assert refused.value.field == field
