"""The workload of auditors: what is overdue, what is planned and what schedules will still make, by month."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.audits import calendar, calendar_queries
from governance.audits.calendar import Month, Window
from governance.audits.calendar_selection import Selection
from governance.core import clock

MONTHS = 12


@dataclass(frozen=True)
class Load:
    """One auditor's audits, or those of nobody: overdue, and for each month planned and projected."""

    person_id: int | None
    overdue: int
    planned: tuple[int, ...]
    projected: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return self.overdue + sum(self.planned) + sum(self.projected)


def loads(session: Session, actor: Actor, chosen: Selection) -> tuple[list[Month], list[Load]]:
    """The next twelve months from this one on, and what each auditor has in them; the busiest first, nobody on top."""
    today = clock.today()
    months = [calendar.month_of(today).plus(number) for number in range(MONTHS)]
    overdue: Counter[int] = Counter()
    planned: Counter[tuple[int, Month]] = Counter()
    projected: Counter[tuple[int, Month]] = Counter()
    for lead, late, year, number, total in calendar_queries.workload(session, actor, chosen, months[-1].last):
        if late:
            overdue[lead or 0] += total
        else:
            planned[lead or 0, Month(int(year), int(number))] += total
    coming = calendar_queries.projection(session, chosen, Window(today, months[-1].last), by_lead=True)
    for (rhythm, day), total in coming.items():
        projected[rhythm.lead, calendar.month_of(day)] += total
    people = overdue.keys() | {lead for lead, _ in planned} | {lead for lead, _ in projected}
    found = [
        Load(
            lead or None,
            overdue[lead],
            tuple(planned[lead, item] for item in months),
            tuple(projected[lead, item] for item in months),
        )
        for lead in people
    ]
    return months, sorted(found, key=lambda load: (load.person_id is not None, -load.total, load.person_id))
