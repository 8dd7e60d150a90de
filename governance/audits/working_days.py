"""Working days and public holidays of a country or a part of it (library `holidays`). Pure."""

from datetime import date, timedelta
from functools import cache

import holidays
from holidays import HolidayBase

from governance.audits.models import Shift
from governance.core.errors import Refused

# No run of weekends and holidays is longer; a calendar that says so is wrong.
_LONGEST_REST = 31


@cache
def _calendar(region: str) -> HolidayBase:
    if not region:
        return HolidayBase()
    country, _, part = region.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)


def known(region: str) -> str:
    """The region as it is stored: DE, or DE-BE. Raises Refused if nobody knows its holidays."""
    region = region.strip().upper()
    try:
        _calendar(region)
    except NotImplementedError as error:
        raise Refused(
            f"The public holidays of “{region}” are not known. Write a country like DE, or with its part DE-BE.",
            field="holidays",
        ) from error
    return region


def shifted(day: date, shift: Shift, region: str) -> date:
    """The day itself, or the nearest working day after or before it."""
    if shift is Shift.NONE:
        return day
    calendar, step = _calendar(region), timedelta(days=1 if shift is Shift.NEXT else -1)
    for _ in range(_LONGEST_REST):
        if calendar.is_working_day(day):
            break
        day += step
    return day


def why_free(day: date, region: str) -> str:
    """Why a day is no working day: the weekday, or the holiday's name; empty for a working day."""
    calendar = _calendar(region)
    if calendar.is_working_day(day):
        return ""
    return str(calendar.get(day) or f"{day:%A}")
