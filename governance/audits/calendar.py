"""The layout of the audit calendar: months as weeks of seven days, weeks in a row, years of months, and what falls on a day. Pure."""

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from governance.audits import recurrence
from governance.core.errors import DomainError

# Through these years the pages lead; one more at each end is read, because weeks reach over the turn of a year.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
# What lies further ahead depends on schedules that will have changed by then.
PROJECTED_YEARS: Final = 3
WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)

Days = tuple[date, ...]


@dataclass(frozen=True, order=True)
class Month:
    """A month of the Gregorian calendar."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def weeks(self) -> tuple[Days, ...]:
        """Whole weeks from Monday to Sunday that hold every day of the month."""
        return weeks_between(self.first, self.last)

    def plus(self, months: int) -> "Month":
        """The month so many months later; earlier for a negative number."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day.year, day.month) == (self.year, self.number)


@dataclass(frozen=True)
class Window:
    """A stretch of days, both ends included; empty if `last` is before `first`."""

    first: date
    last: date

    @property
    def is_empty(self) -> bool:
        """Whether no day lies in it."""
        return self.last < self.first

    def of_the_future(self, today: date) -> "Window":
        """The part of it in which dates of schedules are foreseen: from tomorrow on, for three years."""
        horizon = date(min(today.year + PROJECTED_YEARS, LAST_YEAR), 12, 31)
        return Window(max(self.first, today + _DAY), min(self.last, horizon))


class Layer(StrEnum):
    """What an entry of the calendar is."""

    AUDIT = "audit"
    PROJECTED = "projected"
    CORRECTIVE_ACTION = "corrective_action"
    MANAGEMENT_REVIEW = "management_review"


@dataclass(frozen=True)
class Entry:
    """Something that falls on a day; `state` of a date that a schedule will make is `projected`."""

    day: date
    layer: Layer
    reference: str
    path: str
    title: str
    state: str
    audit_type: str = ""
    system: str = ""
    lead_id: int | None = None


@dataclass(frozen=True)
class Day:
    """A day with its first entries, and how many there are altogether."""

    date: date
    entries: tuple[Entry, ...] = ()
    total: int = 0

    @property
    def more(self) -> int:
        """How many are not among the entries shown."""
        return self.total - len(self.entries)


def month_of(day: date) -> Month:
    """The month of a day."""
    return Month(day.year, day.month)


def read_month(text: str, today: date) -> Month:
    """A month from its text such as 2026-11; this month for an empty text. Raises DomainError (400)."""
    if not text:
        return month_of(today)
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, re.ASCII)
    if found is None or not _is_read(int(found[1])):
        raise DomainError("A month is written like 2026-11.")
    return Month(int(found[1]), int(found[2]))


def read_year(text: str, today: date) -> int:
    """A year from its text; this year for an empty text. Raises DomainError (400)."""
    if not text:
        return today.year
    if not re.fullmatch(r"\d{4}", text, re.ASCII) or not _is_read(int(text)):
        raise DomainError("A year is written like 2026.")
    return int(text)


def read_day(text: str, today: date) -> date:
    """A day from its text; today for an empty text. Raises DomainError (400)."""
    if not text:
        return today
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"[\d-]{10}", text, re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not _is_read(found.year):
        raise DomainError("A day is written like 2026-11-20.")
    return found


def _is_read(year: int) -> bool:
    return FIRST_YEAR - 1 <= year <= LAST_YEAR + 1


def monday_of(day: date) -> date:
    """The Monday of a day's week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def week_name(day: date) -> str:
    """The ISO week of a day, such as 2026-W47; at the turn of a year its year may be another than the day's."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"


def weeks_between(first: date, last: date) -> tuple[Days, ...]:
    """Whole weeks from the Monday before `first` to the Sunday after `last`."""
    start = monday_of(first)
    count = (last - start).days // 7 + 1
    return tuple(
        tuple(start + timedelta(days=7 * week + weekday) for weekday in range(7)) for week in range(count)
    )


def months_of(year: int) -> tuple[Month, ...]:
    """The twelve months of a year."""
    return tuple(Month(year, number) for number in range(1, 13))


def dates_of(rule: str, starts_on: date, window: Window) -> Days:
    """The days of a recurrence rule within a window, in order."""
    found: list[date] = []
    for year in range(window.first.year, window.last.year + 1) if not window.is_empty else ():
        days = _dates_in(rule, starts_on, year)
        found += days[bisect_left(days, window.first) : bisect_right(days, window.last)]
    return tuple(found)


# Thousands of schedules share few pairs of rule and start, and every page asks for the same years.
@lru_cache(maxsize=32_768)
def _dates_in(rule: str, starts_on: date, year: int) -> Days:
    return tuple(day for day in recurrence.until(rule, starts_on, date(year, 12, 31)) if day.year == year)


def laid_out(
    days: Iterable[date], entries: Iterable[Entry], totals: Mapping[date, int], per_day: int
) -> dict[date, Day]:
    """Each of the days with its first entries in the order given; `totals` says how many there are on a day altogether."""
    by_day: dict[date, list[Entry]] = {}
    for entry in entries:
        by_day.setdefault(entry.day, []).append(entry)
    return {day: Day(day, tuple(by_day.get(day, ())[:per_day]), totals.get(day, 0)) for day in days}
