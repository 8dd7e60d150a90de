"""The certification cycle: what is due when after a decision, computed from the audits that were held (ISO/IEC 17021-1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta

FIRST_SURVEILLANCE_MONTHS = 12
MAJORS_MONTHS = 6
RESTORATION_MONTHS = 6
# How long before its day a milestone is announced, so that there is time to plan an audit.
AHEAD = timedelta(days=90)


class Duty(StrEnum):
    """What the cycle asks for."""

    FIRST_SURVEILLANCE = "first_surveillance"
    SURVEILLANCE_OF_YEAR = "surveillance_of_year"
    RECERTIFICATION = "recertification"
    RESTORATION = "restoration"


class Standing(StrEnum):
    """How a milestone stands."""

    DONE = "done"
    LATE = "late"
    SOON = "soon"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Held:
    """An audit that was held: a surveillance or a recertification with its last day, and the decision if there is one."""

    ends_on: date
    is_surveillance: bool
    decided_on: date | None = None


@dataclass(frozen=True)
class Milestone:
    """One thing the cycle asks for: until which day, done on which day, and how it stands."""

    duty: Duty
    due_on: date
    done_on: date | None
    standing: Standing
    clause: str


def months_after(day: date, months: int) -> date:
    """The same day so many months later; at a month's end its last day."""
    return day + relativedelta(months=months)


def first_day_not_past(today: date, months: int) -> date:
    """The earliest day whose term of so many months is not over today: what lies before it is late.

    The way back over month ends is not the way there, so it is found from the front.
    """
    day = today - relativedelta(months=months) - timedelta(days=4)
    while months_after(day, months) < today:
        day += timedelta(days=1)
    return day


def milestones(
    decided_on: date, expires_on: date, held: Sequence[Held], today: date
) -> tuple[Milestone, ...]:
    """What a certificate's cycle asks for, in order of its days.

    The first surveillance within twelve months of the decision (9.1.3.3), one in each calendar year but that of the
    recertification (9.1.3.3), the decision on recertification before the end (9.6.3.2), or else the outstanding work
    within six months after it (9.6.3.2.5).
    """
    watched = sorted(item.ends_on for item in held if item.is_surveillance and item.ends_on >= decided_on)
    renewed = min(
        (
            item.decided_on
            for item in held
            if not item.is_surveillance and item.decided_on is not None and item.decided_on > decided_on
        ),
        default=None,
    )
    first_due = months_after(decided_on, FIRST_SURVEILLANCE_MONTHS)
    found = [
        _milestone(Duty.FIRST_SURVEILLANCE, first_due, next(iter(watched), None), today, "17021-1, 9.1.3.3")
    ]
    for year in range(decided_on.year + 1, expires_on.year):
        done = next((day for day in watched if day.year == year), None)
        if done is None and any(not item.is_surveillance and item.ends_on.year == year for item in held):
            continue
        found.append(
            _milestone(Duty.SURVEILLANCE_OF_YEAR, date(year, 12, 31), done, today, "17021-1, 9.1.3.3")
        )
    found.append(_milestone(Duty.RECERTIFICATION, expires_on, renewed, today, "17021-1, 9.6.3.2"))
    if today > expires_on and (renewed is None or renewed > expires_on):
        until = months_after(expires_on, RESTORATION_MONTHS)
        found.append(_milestone(Duty.RESTORATION, until, renewed, today, "17021-1, 9.6.3.2.5"))
    return tuple(sorted(found, key=lambda item: item.due_on))


def _milestone(duty: Duty, due_on: date, done_on: date | None, today: date, clause: str) -> Milestone:
    if done_on is not None:
        standing = Standing.DONE if done_on <= due_on else Standing.LATE
    elif today > due_on:
        standing = Standing.LATE
    else:
        standing = Standing.SOON if due_on - today <= AHEAD else Standing.AHEAD
    return Milestone(duty, due_on, done_on, standing, clause)
