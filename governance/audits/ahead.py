"""The next occurrences of a recurrence as people see them: the day of the rule, the day it is due, and why they differ. Pure."""

from dataclasses import dataclass
from datetime import date

from governance.audits import recurrence, working_days
from governance.audits.models import Shift


@dataclass(frozen=True)
class Occasion:
    """One coming occurrence; `why` names the weekend or holiday that moved it, or is empty."""

    occurs_on: date
    due_on: date
    why: str = ""


def occasions(
    rule: str, starts_on: date, after: date, number: int, shift: Shift = Shift.NONE, holidays: str = ""
) -> list[Occasion]:
    """The next occurrences whose day of the rule is after a day."""
    return [
        Occasion(
            day,
            due := working_days.shifted(day, shift, holidays),
            working_days.why_free(day, holidays) if due != day else "",
        )
        for day in recurrence.following(rule, starts_on, after, number)
    ]
