"""Which clause and control was audited where, when and with what result, what is planned, and what stays untouched (9.2.1, 9.2.2).

Clauses are due each year, applicable controls within the months that config/audit_programme.yaml says, both counted to the
end of the year in question.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from governance.audits import catalogue
from governance.controls import queries as controls
from governance.controls.frameworks import Requirement, iso42001
from governance.programmes import reach
from governance.programmes.reach import AIMS, Cell

MOST_COLUMNS = 12


@dataclass(frozen=True)
class Row:
    """One requirement: its cells by column, all of them together, and whether it is due and met by the end of the year."""

    requirement: Requirement
    applicable: bool
    cells: dict[str, Cell]
    total: Cell
    is_covered: bool


@dataclass(frozen=True)
class Map:
    """The coverage map of a year and the cycle before it: columns, rows, and the first day that counts for controls."""

    year: int
    since: date
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def uncovered(self) -> tuple[Requirement, ...]:
        """Applicable requirements that neither were audited in time nor are planned in time."""
        return tuple(row.requirement for row in self.rows if row.applicable and not row.is_covered)


def control_cycle_start(year: int) -> date:
    """The first day that counts for a control: the cycle before the end of the year."""
    months = catalogue.programme().control_cycle_months
    return date(year + 1, 1, 1) - relativedelta(months=months)


def of_year(session: Session, year: int, *, by: str = "unit", unit: str = "") -> Map:
    """The coverage map. Columns are units, or with `by="system"` the systems of one unit; the first is the management system."""
    since, until = control_cycle_start(year), date(year, 12, 31)
    columns = (AIMS, *reach.places(session, by, unit, MOST_COLUMNS))
    everywhere = _both(reach.cited(session, since, until))[reach.ANYWHERE]
    by_column = _both(reach.cited(session, since, until, by, columns))
    excluded = _excluded(session)
    clauses = {item.id for item in iso42001().clauses}
    rows = []
    for requirement in iso42001().requirements:
        total = _cell(requirement, everywhere)
        due_since = date(year, 1, 1) if requirement.id in clauses else since
        rows.append(
            Row(
                requirement,
                requirement.id not in excluded,
                {place: _cell(requirement, by_column[place]) for place in columns},
                total,
                _is_covered(total, due_since, until),
            )
        )
    return Map(year, since, columns, tuple(rows))


def _both(cited: Iterable[tuple[str, str, Cell]]) -> defaultdict[str, dict[str, Cell]]:
    """By place and by what a question refers to: everything known of it together."""
    found: defaultdict[str, dict[str, Cell]] = defaultdict(dict)
    for place, ref, cell in cited:
        found[place][ref] = found[place].get(ref, Cell()).with_(cell)
    return found


def _is_covered(cell: Cell, since: date, until: date) -> bool:
    return bool((cell.last and since <= cell.last) or (cell.planned and since <= cell.planned <= until))


def _excluded(session: Session) -> set[str]:
    statement = controls.in_force(session)
    return {item.control for item in statement.entries if item.applicable is False} if statement else set()


def _cell(requirement: Requirement, cited: dict[str, Cell]) -> Cell:
    found = Cell()
    for ref, cell in cited.items():
        if requirement.id == ref or requirement.id.startswith(f"{ref}."):
            found = found.with_(cell)
    return found
