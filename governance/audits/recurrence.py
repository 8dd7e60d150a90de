"""Recurrence of audits: RFC 5545 rules over calendar days, correct at month ends and clock changes. Pure."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrulestr

from governance.core.errors import Refused

UNITS = {"days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}
# Ten years: a management system is certified for three, so what comes more rarely is a slip of the keyboard.
_MOST = {"DAILY": 3_650, "WEEKLY": 520, "MONTHLY": 120, "YEARLY": 10}
# A rule is followed for a century and no further, so that one that never comes true ends too.
_HORIZON_YEARS: Final = 100

_WEEKDAYS = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday", "SU": "Sunday",
}  # fmt: skip
_WORKING_WEEK = "MO,TU,WE,TH,FR"
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ORDINALS = {
    "1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth",
    "-1": "last", "-2": "second to last", "-3": "third to last", "-4": "fourth to last", "-5": "fifth to last",
}  # fmt: skip
_DAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": "[1-9][0-9]{0,3}",
    "BYDAY": f"(?:-?[1-5])?{_DAY}(?:,(?:-?[1-5])?{_DAY})*",
    "BYMONTHDAY": "-?(?:[12][0-9]|3[01]|[1-9])(?:,-?(?:[12][0-9]|3[01]|[1-9]))*",
    "BYMONTH": "(?:1[0-2]|[1-9])(?:,(?:1[0-2]|[1-9]))*",
    "BYSETPOS": "-?[1-5]",
    "WKST": _DAY,
}


def build_rule(every: int, unit: str, on: str = "") -> str:
    """The rule of "every N days, weeks, months or years", if wanted on a named day.

    `on` is, for weeks, a weekday or several ("monday, thursday"); for months "first monday" to "fourth" or "last", or
    "first" or "last" of "weekday" or "day". Empty: the day of the schedule's start counts. Raises Refused naming the
    field that is wrong.
    """
    if unit not in UNITS:
        raise Refused("Choose days, weeks, months or years.", field="unit")
    most = _MOST[UNITS[unit]]
    if not 1 <= every <= most:
        raise Refused(f"The interval is a whole number from 1 to {most} {unit}.", field="every")
    rule = f"FREQ={UNITS[unit]};INTERVAL={every}"
    return rule + _named_day(unit, " ".join(on.lower().split())) if on.strip() else rule


def _named_day(unit: str, on: str) -> str:
    codes = {name.lower(): code for code, name in _WEEKDAYS.items()}
    if unit == "weeks":
        named = [word.strip() for word in on.split(",")]
        if set(named) <= codes.keys():
            return ";BYDAY=" + ",".join(codes[word] for word in named)
        raise Refused("Name weekdays, for example monday or monday, thursday.", field="on")
    if unit == "months":
        which, _, what = on.rpartition(" ")
        position = {
            name: number for number, name in _ORDINALS.items() if number in ("1", "2", "3", "4", "-1")
        }.get(which)
        if position and what in codes:
            return f";BYDAY={position}{codes[what]}"
        if position in ("1", "-1") and what == "weekday":
            return f";BYDAY={_WORKING_WEEK};BYSETPOS={position}"
        if position in ("1", "-1") and what == "day":
            return f";BYMONTHDAY={position}"
        raise Refused(
            "Name a day of the month, for example first monday, last weekday or last day.", field="on"
        )
    raise Refused(
        "A named day goes with weeks or months; leave it empty for the day of the start.", field="on"
    )


def parts_of(rule: str) -> dict[str, str]:
    """The parts of a rule (RFC 5545, 3.3.10) after checking it. Raises Refused saying what is wrong."""
    parts: dict[str, str] = {}
    for piece in rule.upper().split(";"):
        name, _, value = piece.partition("=")
        if name in ("COUNT", "UNTIL"):
            raise Refused(f"Leave {name} out: a schedule ends by being ended, with a reason.", field="rule")
        if name not in _PARTS:
            raise Refused(
                f"{name or 'An empty part'} is not used here; write a rule like FREQ=MONTHLY;INTERVAL=3.",
                field="rule",
            )
        if name in parts:
            raise Refused(f"{name} stands in the rule twice.", field="rule")
        if re.fullmatch(_PARTS[name], value) is None:
            raise Refused(
                _WRONG.get(name, "{name}={value} is not understood.").format(name=name, value=value),
                field="rule",
            )
        parts[name] = value
    _refuse_contradictions(parts)
    return parts


_WRONG = {
    "FREQ": "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not {value}; audits do not recur within a day.",
    "INTERVAL": "INTERVAL is a whole number from 1 on, not {value}.",
}


def _refuse_contradictions(parts: dict[str, str]) -> None:
    frequency = parts.get("FREQ")
    if frequency is None:
        raise Refused("The rule needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.", field="rule")
    if int(parts.get("INTERVAL", "1")) > _MOST[frequency]:
        raise Refused(
            f"With FREQ={frequency} the INTERVAL is at most {_MOST[frequency]}, which is ten years.",
            field="rule",
        )
    if frequency in ("DAILY", "WEEKLY") and re.search("[0-9]", parts.get("BYDAY", "")):
        raise Refused("A numbered weekday such as 1MO goes with MONTHLY or YEARLY.", field="rule")
    if frequency == "WEEKLY" and "BYMONTHDAY" in parts:
        raise Refused("BYMONTHDAY does not go with WEEKLY.", field="rule")
    if "BYSETPOS" in parts and not parts.keys() & {"BYDAY", "BYMONTHDAY"}:
        raise Refused("BYSETPOS chooses among days; say which with BYDAY or BYMONTHDAY.", field="rule")
    # From the start of a leap year, so that 29 February counts.
    if next(_days(parts, date(2000, 1, 1)), None) is None:
        raise Refused("No day fulfils this rule.", field="rule")


def occurrences(rule: str, start: date) -> Iterator[date]:
    """The days of a rule from its start on, for a hundred years. Raises Refused if it is no rule.

    A monthly or yearly rule that names no day counts from its anchor and is clamped to the end of short months: from
    31 January come 28 or 29 February, 31 March, 30 April. RFC 5545 alone would skip the short months, and an audit
    that is due would not happen. All else is as python-dateutil has it.
    """
    return _days(parts_of(rule), start)


def _days(parts: dict[str, str], start: date) -> Iterator[date]:
    horizon = min(start.year + _HORIZON_YEARS, date.max.year)
    if parts["FREQ"] in ("MONTHLY", "YEARLY") and not parts.keys() & {"BYDAY", "BYMONTHDAY"}:
        for year, month in _months(parts, start, horizon):
            day = date(year, month, min(start.day, monthrange(year, month)[1]))
            if day >= start:
                yield day
        return
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    for moment in rrulestr(f"{rule};UNTIL={horizon:04d}1231T000000", dtstart=datetime.combine(start, time())):
        yield moment.date()


def _months(parts: dict[str, str], start: date, last_year: int) -> Iterator[tuple[int, int]]:
    """Year and month of every step; BYMONTH narrows monthly steps and multiplies yearly ones."""
    interval = int(parts.get("INTERVAL", "1"))
    named = sorted({int(month) for month in parts.get("BYMONTH", "").split(",") if month})
    if parts["FREQ"] == "YEARLY":
        for year in range(start.year, last_year + 1, interval):
            yield from ((year, month) for month in named or [start.month])
        return
    for number in range(start.year * 12 + start.month - 1, (last_year + 1) * 12, interval):
        if not named or number % 12 + 1 in named:
            yield number // 12, number % 12 + 1


def until(rule: str, start: date, last: date) -> list[date]:
    """The days of a rule up to and including `last`."""
    return list(takewhile(lambda day: day <= last, occurrences(rule, start)))


def following(rule: str, start: date, after: date, number: int) -> list[date]:
    """The next `number` days of a rule after a day; fewer if a hundred years from the start do not have them."""
    return list(islice((day for day in occurrences(rule, start) if day > after), number))


def period_key(day: date) -> str:
    """The name of an occurrence, stable however often it is computed."""
    return day.isoformat()


def zone(name: str) -> ZoneInfo:
    """A time zone by name. Raises Refused."""
    if name not in _zones():
        raise Refused(f"There is no time zone {name!r}; write it like Europe/Berlin.", field="zone")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    # Looking them up walks through a thousand files, and the worker asks for every schedule.
    return frozenset(available_timezones())


def begins_at(day: date, zone_name: str) -> datetime:
    """The first moment of a local day, aware, in UTC; on days when midnight is skipped, the first that exists.

    Where the clock went back at midnight, the first of both midnights (PEP 495, fold 0). A day that a zone skipped
    altogether begins with the next one.
    """
    return datetime.combine(day, time(), tzinfo=zone(zone_name)).astimezone(UTC)


def today_in(zone_name: str, now: datetime) -> date:
    """The calendar day in a zone at an aware moment."""
    return now.astimezone(zone(zone_name)).date()


def in_words(rule: str) -> tuple[int, str, str]:
    """The interval, the unit and the named day that `build_rule` makes this rule of; an empty day where it has no such words."""
    parts = parts_of(rule)
    every = int(parts.get("INTERVAL", "1"))
    unit = {value: key for key, value in UNITS.items()}[parts["FREQ"]]
    for on in _wordings(parts):
        if parts_of(build_rule(every, unit, on)) == {"INTERVAL": "1", **parts}:
            return every, unit, on
    return every, unit, ""


def _wordings(parts: dict[str, str]) -> Iterator[str]:
    yield ""
    if parts["FREQ"] == "WEEKLY" and "BYDAY" in parts:
        yield ", ".join(_WEEKDAYS[code].lower() for code in parts["BYDAY"].split(","))
    if parts["FREQ"] == "MONTHLY":
        for number in ("1", "2", "3", "4", "-1"):
            yield from (f"{_ORDINALS[number]} {name.lower()}" for name in _WEEKDAYS.values())
        for number in ("1", "-1"):
            yield from (f"{_ORDINALS[number]} {what}" for what in ("weekday", "day"))


def describe(rule: str) -> str:
    """A rule in plain words: "every 3 months on the first Monday". Raises Refused if it is no rule."""
    parts = parts_of(rule)
    interval = int(parts.get("INTERVAL", "1"))
    unit = {value: key for key, value in UNITS.items()}[parts["FREQ"]]
    words = [f"every {unit[:-1]}" if interval == 1 else f"every {interval} {unit}", _said_days(parts)]
    if "BYMONTHDAY" in parts:
        words.append(f"on {_listed(_said_monthday(number) for number in parts['BYMONTHDAY'].split(','))}")
    if "BYMONTH" in parts:
        words.append(f"in {_listed(_MONTHS[int(month) - 1] for month in parts['BYMONTH'].split(','))}")
    return " ".join(word for word in words if word)


def _said_days(parts: dict[str, str]) -> str:
    if "BYDAY" not in parts:
        return ""
    days = parts["BYDAY"]
    named = (
        "weekday"
        if days == _WORKING_WEEK
        else _listed((_said_weekday(day) for day in days.split(",")), "or" if "BYSETPOS" in parts else "and")
    )
    if "BYSETPOS" in parts:
        return f"on the {_ORDINALS[parts['BYSETPOS']]} {named}"
    return f"on {'every ' if days == _WORKING_WEEK else ''}{named}"


def _said_weekday(day: str) -> str:
    position, name = day[:-2], _WEEKDAYS[day[-2:]]
    return f"the {_ORDINALS[position]} {name}" if position else name


def _said_monthday(number: str) -> str:
    if not number.startswith("-"):
        return f"day {number}"
    return "the last day" if number == "-1" else f"the day {int(number[1:]) - 1} before the last"


def _listed(words: Iterator[str], joint: str = "and") -> str:
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last
