"""Which clause and control was audited where, when and with what result, what is planned, and what stays untouched (9.2.1, 9.2.2).

Clauses are due each year, applicable controls within the months that config/audit_programme.yaml says, both counted to the
end of the year in question.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from governance.audits import catalogue, recurrence, scope
from governance.audits.models import (
    Audit,
    AuditSchedule,
    AuditScope,
    AuditState,
    ChecklistAnswer,
    ScheduleState,
    Verdict,
)
from governance.controls import queries as controls
from governance.controls.frameworks import Requirement, iso42001
from governance.core.records import Record
from governance.systems.models import AiSystem

AIMS = ""
"""The column of audits about the management system as a whole."""
MOST_COLUMNS = 12
_GRAVITY = {Verdict.MAJOR: 4, Verdict.MINOR: 3, Verdict.OBSERVATION: 2, Verdict.OPPORTUNITY: 1}
_AHEAD = (AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.IN_PROGRESS)
_DONE = (AuditState.REPORTING, AuditState.CLOSED)


@dataclass(frozen=True)
class Cell:
    """What is known of one requirement in one place: last audited, the gravest verdict, how many audits, when next."""

    last: date | None = None
    worst: Verdict | None = None
    audits: int = 0
    planned: date | None = None

    @property
    def state(self) -> str:
        """nonconforming, conforming, planned or untouched."""
        if self.last is not None:
            return "nonconforming" if self.worst in (Verdict.MAJOR, Verdict.MINOR) else "conforming"
        return "planned" if self.planned is not None else "untouched"

    def with_(self, other: "Cell") -> "Cell":
        """Both together."""
        return Cell(
            last=max((day for day in (self.last, other.last) if day), default=None),
            worst=max((self.worst, other.worst), key=lambda item: _GRAVITY.get(item, 0) if item else -1),
            audits=self.audits + other.audits,
            planned=min((day for day in (self.planned, other.planned) if day), default=None),
        )


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
    places = _places(session, by, unit)
    done, ahead = _done(session, since, until, by), _ahead(session, since, until, by)
    columns = (
        AIMS,
        *[place for place in places if place in done or place in ahead or len(places) <= MOST_COLUMNS],
    )
    columns = columns[: MOST_COLUMNS + 1]
    excluded = _excluded(session)
    rows = []
    for requirement in iso42001().requirements:
        cells = {
            place: _cell(requirement, done.get(place, {})).with_(_cell(requirement, ahead.get(place, {})))
            for place in {AIMS, *done, *ahead}
        }
        total = Cell()
        for cell in cells.values():
            total = total.with_(cell)
        is_clause = requirement in iso42001().clauses
        rows.append(
            Row(
                requirement,
                requirement.id not in excluded,
                {place: cells.get(place, Cell()) for place in columns},
                total,
                _is_covered(total, date(year, 1, 1) if is_clause else since, until),
            )
        )
    return Map(year, since, columns, tuple(rows))


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


def _column(by: str) -> Any:
    return Record.__table__.c.reference if by == "system" else AiSystem.__table__.c.unit


def _places(session: Session, by: str, unit: str) -> list[str]:
    if by != "system":
        return scope.units(session)
    systems = select(AiSystem.reference).where(AiSystem.unit == unit) if unit else select(AiSystem.reference)
    return list(session.scalars(systems.order_by(AiSystem.reference).limit(MOST_COLUMNS)))


def _audit_places(by: str) -> Any:
    """SELECT of (audit id, place) for every audit and each place it is about."""
    audit, system, spine = Audit.__table__, AiSystem.__table__, Record.__table__
    named = select(audit.c.id.label("audit_id"), audit.c.system_id.label("system_id"))
    listed = select(AuditScope.audit_id, AuditScope.system_id)
    pairs = named.union_all(listed).subquery()
    return (
        select(pairs.c.audit_id, func.coalesce(_column(by), AIMS).label("place"))
        .select_from(pairs)
        .outerjoin(system, system.c.id == pairs.c.system_id)
        .outerjoin(spine, spine.c.id == system.c.id)
        .distinct()
        .subquery()
    )


def _done(session: Session, since: date, until: date, by: str) -> dict[str, dict[str, Cell]]:
    """What was audited, by place and by what a question refers to; counted in the database, however many answers there are."""
    audit, spine, answer = Audit.__table__, Record.__table__, ChecklistAnswer.__table__
    places = _audit_places(by)
    refs = cast(answer.c.refs, Text).label("refs")
    rows = session.execute(
        select(
            places.c.place,
            refs,
            answer.c.verdict,
            func.max(audit.c.due_on).label("last"),
            func.count(func.distinct(audit.c.id)).label("audits"),
        )
        .select_from(answer)
        .join(audit, audit.c.id == answer.c.audit_id)
        .join(spine, spine.c.id == audit.c.id)
        .join(places, places.c.audit_id == audit.c.id)
        .where(
            spine.c.state.in_(_DONE),
            audit.c.due_on.between(since, until),
            answer.c.verdict.is_not(None),
            answer.c.verdict.not_in([Verdict.NOT_AUDITED]),
        )
        .group_by(places.c.place, refs, answer.c.verdict)
    )
    found: dict[str, dict[str, Cell]] = defaultdict(dict)
    for row in rows:
        cell = Cell(_day(row.last), Verdict(row.verdict), row.audits)
        _add(found[row.place], json.loads(row.refs), cell)
    return found


def _ahead(session: Session, since: date, until: date, by: str) -> dict[str, dict[str, Cell]]:
    """What is planned until the end of the year: audits that are made already, and those that schedules will make."""
    audit, spine, answer = Audit.__table__, Record.__table__, ChecklistAnswer.__table__
    places = _audit_places(by)
    refs = cast(answer.c.refs, Text).label("refs")
    rows = session.execute(
        select(places.c.place, refs, audit.c.audit_type, func.min(audit.c.due_on).label("due"))
        .select_from(answer)
        .join(audit, audit.c.id == answer.c.audit_id)
        .join(spine, spine.c.id == audit.c.id)
        .join(places, places.c.audit_id == audit.c.id)
        .where(spine.c.state.in_(_AHEAD), audit.c.due_on.between(since, until))
        .group_by(places.c.place, refs, audit.c.audit_type)
    )
    found: dict[str, dict[str, Cell]] = defaultdict(dict)
    for row in rows:
        cell = Cell(planned=_day(row.due))
        _add(found[row.place], json.loads(row.refs), cell)
        _add(found[row.place], _control_refs(session, row.audit_type), cell)
    for item, day in _projected(session, until):
        cited = [ref for ask in catalogue.checklist(item.checklist).questions for ref in ask.refs]
        cited += _control_refs(session, item.audit_type)
        for place in _places_of(session, item, by):
            _add(found[place], cited, Cell(planned=day))
    return found


def _control_refs(session: Session, audit_type: str) -> list[str]:
    kind = catalogue.audit_type(audit_type)
    if not kind.control_questions:
        return []
    asked = catalogue.control_questions(session, of_systems=kind.about == "systems")
    return [ref for ask in asked for ref in ask.refs]


def _projected(session: Session, until: date) -> Iterable[tuple[AuditSchedule, date]]:
    """The next occurrence of each active schedule that is not made yet and falls due by a day."""
    last = (
        select(Audit.__table__.c.schedule_id, func.max(Audit.__table__.c.period_key).label("made"))
        .group_by(Audit.__table__.c.schedule_id)
        .subquery()
    )
    rows = session.execute(
        select(AuditSchedule, last.c.made)
        .outerjoin(last, last.c.schedule_id == AuditSchedule.id)
        .where(AuditSchedule.state == ScheduleState.ACTIVE)
    )
    for item, made in rows:
        after = max(date.fromisoformat(made) if made else date.min, item.starts_on - timedelta(days=1))
        for day in recurrence.following(item.rule, item.starts_on, after, 1):
            if day <= until:
                yield item, day


def _places_of(session: Session, item: AuditSchedule, by: str) -> Sequence[str]:
    if item.system is not None:
        return [item.system.reference if by == "system" else item.system.unit]
    if item.systems_where is None:
        return [AIMS]
    places = select(_column(by)).where(
        AiSystem.__table__.c.id.in_(
            scope.matching(session, item.systems_where).with_only_columns(AiSystem.id)
        )
    )
    if by == "system":
        places = places.where(Record.__table__.c.id == AiSystem.__table__.c.id)
    return list(session.scalars(places.distinct()))


def _add(cited: dict[str, Cell], refs: Iterable[str], cell: Cell) -> None:
    for ref in refs:
        cited[ref] = cited.get(ref, Cell()).with_(cell)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
