"""Recurrence of audits: RFC 5545 rules over calendar days, correct at month ends and clock changes. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice, takewhile
from zoneinfo import ZoneInfo, available_timezones

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr

from governance.core.errors import Refused

UNITS = {"days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}
_PERIOD = {"MONTHLY": "months", "YEARLY": "years"}
_ALLOWED = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}
_MOST_INTERVAL = 1_000


def build_rule(every: int, unit: str) -> str:
    """The rule of "every N days, weeks, months or years". Raises Refused."""
    if unit not in UNITS:
        raise Refused("Choose days, weeks, months or years.", field="unit")
    if not 1 <= every <= _MOST_INTERVAL:
        raise Refused(f"The interval is a whole number from 1 to {_MOST_INTERVAL}.", field="every")
    return f"FREQ={UNITS[unit]};INTERVAL={every}"


def parts_of(rule: str) -> dict[str, str]:
    """The parts of a rule after checking it. Raises Refused saying what is wrong."""
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    unknown = sorted(parts.keys() - _ALLOWED)
    if unknown:
        raise Refused(f"The rule part {', '.join(unknown)} is not used here; a schedule ends by being ended.", field="rule")
    if parts.get("FREQ") not in UNITS.values():
        raise Refused("The rule needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.", field="rule")
    interval = parts.get("INTERVAL", "1")
    if not interval.isdigit() or not 1 <= int(interval) <= _MOST_INTERVAL:
        raise Refused(f"INTERVAL is a whole number from 1 to {_MOST_INTERVAL}.", field="rule")
    try:
        rrulestr(rule.upper(), dtstart=datetime(2000, 1, 1))
    except (ValueError, TypeError) as error:
        raise Refused(f"This is no recurrence rule: {error}.", field="rule") from error
    return parts


def occurrences(rule: str, start: date) -> Iterator[date]:
    """All days of a rule from its start on, without end.

    A monthly or yearly rule without BY… parts counts from its anchor and is clamped to the end of short months: from
    31 January come 28 or 29 February, 31 March, 30 April. RFC 5545 alone would skip the short months, and an audit
    that is due would not happen. All else is as python-dateutil has it.
    """
    parts = parts_of(rule)
    interval = int(parts.get("INTERVAL", "1"))
    if parts["FREQ"] in _PERIOD and not any(key.startswith("BY") for key in parts):
        unit = _PERIOD[parts["FREQ"]]
        for number in count():
            step = relativedelta(months=number * interval) if unit == "months" else relativedelta(years=number * interval)
            day = start + step
            yield day
            if day.year > 9990:
                return
    else:
        for moment in rrulestr(rule.upper(), dtstart=datetime.combine(start, time())):
            yield moment.date()


def until(rule: str, start: date, last: date) -> list[date]:
    """The days of a rule up to and including `last`."""
    return list(takewhile(lambda day: day <= last, occurrences(rule, start)))


def following(rule: str, start: date, after: date, number: int) -> list[date]:
    """The next `number` days of a rule after a day."""
    return list(islice((day for day in occurrences(rule, start) if day > after), number))


def period_key(day: date) -> str:
    """The name of an occurrence, stable however often it is computed."""
    return day.isoformat()


def zone(name: str) -> ZoneInfo:
    """A time zone by name. Raises Refused."""
    if name not in available_timezones():
        raise Refused(f"There is no time zone {name!r}; write it like Europe/Berlin.", field="zone")
    return ZoneInfo(name)


def begins_at(day: date, zone_name: str) -> datetime:
    """The first moment of a local day, aware, in UTC; on days when midnight is skipped, the first that exists."""
    local = datetime.combine(day, time(), tzinfo=zone(zone_name))
    moment = local.astimezone(UTC)
    # Midnight that does not exist maps back to another hour; the day then begins later.
    if moment.astimezone(local.tzinfo).date() < day:
        moment += timedelta(hours=1)
    return moment


def today_in(zone_name: str, now: datetime) -> date:
    """The calendar day in a zone at an aware moment."""
    return now.astimezone(zone(zone_name)).date()


def describe(rule: str) -> str:
    """A rule in plain words."""
    parts = parts_of(rule)
    interval = int(parts.get("INTERVAL", "1"))
    unit = {value: key for key, value in UNITS.items()}[parts["FREQ"]]
    words = f"every {unit[:-1]}" if interval == 1 else f"every {interval} {unit}"
    extra = [f"{key} {value}" for key, value in sorted(parts.items()) if key.startswith("BY")]
    return words + (f" ({', '.join(extra)})" if extra else "")
