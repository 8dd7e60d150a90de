"""What recurring audits must come to, worked out a second way: dateutil's rules from instants in the schedule's zone, month ends and working days anew.

It knows nothing of governance.audits.recurrence, working_days or jobs; only the words of a schedule's form, the moments
at which a worker was there, and the rules as they are told to users.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from dateutil import rrule
from dateutil.relativedelta import relativedelta

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_POSITIONS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_UNITS = {"days": rrule.DAILY, "weeks": rrule.WEEKLY, "months": rrule.MONTHLY}


@dataclass(frozen=True)
class Plan:
    """A schedule as its form says it."""

    every: int
    unit: str
    on: str
    starts_on: date
    zone: str
    lead_days: int
    grace_days: int
    shift: str
    region: str
    catch_up: str

    @property
    def tz(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True)
class Expected:
    """An occurrence as it must stand in the registry."""

    day: date
    due: date
    late: bool
    state: str
    made_at: datetime
    changed_at: datetime
    why: str = ""


@dataclass
class Observed:
    """When a worker's run was committed, and when the schedule was not active."""

    runs: list[datetime] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    ended_at: datetime | None = None

    def active_at(self, moment: datetime) -> bool:
        """Whether the schedule was active."""
        if self.ended_at is not None and moment >= self.ended_at:
            return False
        return not any(begin <= moment < end for begin, end in self.pauses)

    @property
    def was_paused(self) -> bool:
        """Whether it was ended while it was paused."""
        return any(end == self.ended_at for _, end in self.pauses)


def days_of(plan: Plan, last: date) -> Iterator[date]:
    """The days that the rule names, up to a day."""
    begin = datetime.combine(plan.starts_on, time(), plan.tz)
    until = datetime.combine(last, time(23, 59, 59), plan.tz).astimezone(UTC)
    if plan.unit in ("months", "years") and not plan.on:
        yield from _clamped(plan, last)
        return
    named: dict[str, object] = {}
    if plan.unit == "weeks" and plan.on:
        named["byweekday"] = [_WEEKDAYS[NAMES.index(name.strip())] for name in plan.on.split(",")]
    elif plan.on:
        which, what = plan.on.split()
        if what == "day":
            named["bymonthday"] = _POSITIONS[which]
        elif what == "weekday":
            named |= {"byweekday": _WEEKDAYS[:5], "bysetpos": _POSITIONS[which]}
        else:
            named["byweekday"] = _WEEKDAYS[NAMES.index(what)](_POSITIONS[which])
    rule = rrule.rrule(_UNITS[plan.unit], dtstart=begin, interval=plan.every, until=until, **named)
    yield from (moment.date() for moment in rule)


def _clamped(plan: Plan, last: date) -> Iterator[date]:
    """The same day of the month; in a shorter month its last day, and the month after the same day again."""
    step = relativedelta(months=plan.every) if plan.unit == "months" else relativedelta(years=plan.every)
    first, number = plan.starts_on.replace(day=1), 0
    while True:
        month = first + step * number
        day = month.replace(day=min(plan.starts_on.day, monthrange(month.year, month.month)[1]))
        if day > last:
            return
        yield day
        number += 1


@cache
def _calendar(region: str) -> holidays.HolidayBase:
    country, _, part = region.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)


@cache
def is_free(day: date, region: str) -> bool:
    """Whether nobody works on a day: the region's weekend or public holiday, unless it is worked on by exception."""
    if not region:
        return day.weekday() >= 5
    calendar = _calendar(region)
    is_holiday = day in calendar
    if day.weekday() in calendar.weekend:
        return day not in calendar.weekend_workdays
    return is_holiday


def due_of(plan: Plan, day: date) -> date:
    """The day on which an occurrence is due after the shift."""
    step = {"none": 0, "next": 1, "previous": -1}[plan.shift]
    while step and is_free(day, plan.region):
        day += timedelta(days=step)
    return day


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The instant from which on it is that day in a zone, or a later one."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def expected(plan: Plan, seen: Observed, last: date) -> dict[date, Expected]:
    """Every occurrence that must be in the registry after the runs, by its day.

    It is made at the first run, while the schedule is active, at which its lead time has begun; late if the day is over
    by then. What fell due before a schedule was ended is made then, if no run came in between. Where the latest stands
    for all, those that were late in the same run and older are merged into it. What is not started is missed at the
    first run after its grace.
    """
    runs = [moment for moment in seen.runs if seen.active_at(moment)]
    together: dict[datetime, list[tuple[date, date, bool]]] = {}
    for day in days_of(plan, last):
        due = due_of(plan, day)
        position = bisect_left(runs, begins(due - timedelta(days=plan.lead_days), plan.tz))
        if position < len(runs):
            made = runs[position]
            late = made >= begins(due + timedelta(days=1), plan.tz)
            together.setdefault(made, []).append((day, due, late))
        elif seen.ended_at is not None and begins(due, plan.tz) <= seen.ended_at and not seen.was_paused:
            late = seen.ended_at >= begins(due + timedelta(days=1), plan.tz)
            together.setdefault(seen.ended_at, []).append((day, due, late))
    found = (
        item
        for made_at, group in together.items()
        for item in _made_together(plan, made_at, group, seen.runs)
    )
    return {item.day: item for item in found}


def _made_together(
    plan: Plan, made_at: datetime, group: Sequence[tuple[date, date, bool]], runs: Sequence[datetime]
) -> Iterator[Expected]:
    latest = max((day for day, _, late in group if late), default=date.min)
    for day, due, late in group:
        if plan.catch_up == "latest" and late and day < latest:
            why = f"Merged into the occurrence of {latest}."
            yield Expected(day, due, late, "merged", made_at, made_at, why)
            continue
        grace = due + timedelta(days=plan.grace_days)
        over = max(begins(grace + timedelta(days=1), plan.tz), made_at)
        position = bisect_left(runs, over)
        if position < len(runs):
            yield Expected(day, due, late, "missed", made_at, runs[position], f"Not started by {grace}.")
        else:
            yield Expected(day, due, late, "planned", made_at, made_at)
