"""What audits reach: what their questions refer to, by the place they are about, counted by the database however many there are."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, Text, case, cast, exists, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import Session

from governance.audits import catalogue, scope
from governance.audits.ahead import occasions
from governance.audits.models import (
    Audit,
    AuditSchedule,
    AuditScope,
    AuditState,
    ChecklistAnswer,
    ScheduleState,
    Shift,
    Verdict,
)
from governance.core.records import Record, table_of
from governance.systems.models import AiSystem

AIMS = ""
"""The place of audits about the management system as a whole."""
ANYWHERE = "*"
NO_UNIT = "without a unit"
_GRAVITY = {Verdict.MAJOR: 4, Verdict.MINOR: 3, Verdict.OBSERVATION: 2, Verdict.OPPORTUNITY: 1}
_AHEAD = (AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.IN_PROGRESS)
_DONE = (AuditState.REPORTING, AuditState.CLOSED)
_audit, _answer, _scope = table_of(Audit), table_of(ChecklistAnswer), table_of(AuditScope)
_spine = table_of(Record)
# A system with its reference, beside the spine of the audit.
_own = _spine.alias()
_systems = (
    select(_own.c.id, _own.c.reference, table_of(AiSystem).c.unit)
    .join(_own, _own.c.id == table_of(AiSystem).c.id)
    .subquery()
)

Cited = Iterator[tuple[str, str, "Cell"]]


@dataclass(frozen=True)
class Cell:
    """What is known of one requirement in one place: last audited, the gravest verdict, when next."""

    last: date | None = None
    worst: Verdict | None = None
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
            planned=min((day for day in (self.planned, other.planned) if day), default=None),
        )


def places(session: Session, by: str, unit: str, most: int) -> list[str]:
    """The first places to make columns of: units that are named, or with `by="system"` systems, of one unit if it is named."""
    if by != "system":
        nameless = session.scalars(select(AiSystem.id).where(AiSystem.unit == "").limit(1)).all()
        return [*scope.units(session)[: most - 1], *([NO_UNIT] if nameless else [])]
    systems = select(AiSystem.reference).order_by(AiSystem.reference).limit(most)
    return list(session.scalars(systems.where(AiSystem.unit == unit) if unit else systems))


def cited(
    session: Session, since: date, until: date, by: str = "", columns: Sequence[str] = (ANYWHERE,)
) -> Cited:
    """What questions of audits refer to, done since a day or planned until another: (place, reference to a clause, cell).

    Without `by` everything is in one place, ANYWHERE. A reference is that of the checklist: 9.2, or A.6.2.4.
    """
    yield from _done(session, since, until, by, columns)
    yield from _made(session, since, until, by, columns)
    yield from _projected(session, until, by, columns)


def _answers(states: Sequence[AuditState], since: date, until: date, *wanted: Any) -> Select[Any]:
    """SELECT over the answers of audits in these states that are due in a time, grouped by what their questions refer to."""
    refs = cast(_answer.c.refs, Text).label("refs")
    return (
        select(refs, *wanted)
        .select_from(_answer)
        .join(_audit, _audit.c.id == _answer.c.audit_id)
        .join(_spine, _spine.c.id == _audit.c.id)
        .where(_spine.c.state.in_(states), _audit.c.due_on.between(since, until))
        .group_by(refs)
    )


def _by_place(statement: Select[Any], by: str, columns: Sequence[str]) -> Select[Any]:
    """The same for each place that an audit is about, if it is one of the columns."""
    if not by:
        return statement.add_columns(literal(ANYWHERE).label("place"))
    about = _about(by)
    return (
        statement.join(about, about.c.audit_id == _audit.c.id)
        .where(about.c.place.in_(columns))
        .add_columns(about.c.place)
        .group_by(about.c.place)
    )


def _place(by: str) -> Any:
    return (
        _systems.c.reference if by == "system" else func.coalesce(func.nullif(_systems.c.unit, ""), NO_UNIT)
    )


def _about(by: str) -> Any:
    """SELECT of (audit id, place): the system of an audit, the systems in its scope, or the management system."""
    place = _place(by).label("place")
    one = select(_audit.c.id.label("audit_id"), place).join(_systems, _systems.c.id == _audit.c.system_id)
    several = select(_scope.c.audit_id, place).join(_systems, _systems.c.id == _scope.c.system_id).distinct()
    in_scope = exists(select(_scope.c.id).where(_scope.c.audit_id == _audit.c.id))
    whole = select(_audit.c.id, literal(AIMS)).where(_audit.c.system_id.is_(None), not_(in_scope))
    return union_all(one, several, whole).subquery()


def _done(session: Session, since: date, until: date, by: str, columns: Sequence[str]) -> Cited:
    last = func.max(_audit.c.due_on).label("last")
    statement = _answers(_DONE, since, until, _answer.c.verdict, last).where(
        _answer.c.verdict.is_not(None), _answer.c.verdict.not_in([Verdict.NOT_AUDITED])
    )
    for row in session.execute(_by_place(statement.group_by(_answer.c.verdict), by, columns)):
        for ref in json.loads(row.refs):
            yield row.place, ref, Cell(last=row.last, worst=row.verdict)


def _made(session: Session, since: date, until: date, by: str, columns: Sequence[str]) -> Cited:
    """What audits will ask that are made and not done."""
    due = func.min(_audit.c.due_on).label("due")
    statement = _answers(_AHEAD, since, until, _audit.c.audit_type, due).group_by(_audit.c.audit_type)
    of_controls = _control_refs(session)
    for row in session.execute(_by_place(statement, by, columns)):
        for ref in (*json.loads(row.refs), *of_controls[row.audit_type]):
            yield row.place, ref, Cell(planned=row.due)


def _projected(session: Session, until: date, by: str, columns: Sequence[str]) -> Cited:
    """What the next audit of each schedule will ask that is not made yet and falls due by a day."""
    of_controls, next_due = _control_refs(session), cache(_next_due)
    places_of = cache(lambda where: _places_of_rule(session, where, by, columns))
    for row in session.execute(_schedules(by, columns)):
        due = next_due(row.rule, row.starts_on, row.made, row.shift, row.holidays)
        if due is None or due > until:
            continue
        refs = [ref for ask in catalogue.checklist(row.checklist).questions for ref in ask.refs]
        for place in (row.place,) if row.place is not None else places_of(row.systems_where):
            for ref in (*refs, *of_controls[row.audit_type]):
                yield place, ref, Cell(planned=due)


def _schedules(by: str, columns: Sequence[str]) -> Select[Any]:
    """SELECT of the different schedules: what two have in common is worked out once, and most have everything in common."""
    schedule, spine = table_of(AuditSchedule), _spine
    made = select(_audit.c.schedule_id, func.max(_audit.c.period_key).label("made")).group_by(
        _audit.c.schedule_id
    )
    last = made.subquery()
    where = cast(schedule.c.systems_where, Text)
    place = literal(ANYWHERE) if not by else case(
        (schedule.c.system_id.is_not(None), _place(by)), (where.is_(None), literal(AIMS)), else_=None
    )  # fmt: skip
    statement = (
        select(
            schedule.c.rule, schedule.c.starts_on, schedule.c.shift, schedule.c.holidays, schedule.c.checklist,
            schedule.c.audit_type, last.c.made, where.label("systems_where"), place.label("place"),
        )
        .join(spine, spine.c.id == schedule.c.id)
        .outerjoin(last, last.c.schedule_id == schedule.c.id)
        .where(spine.c.state == ScheduleState.ACTIVE)
        .distinct()
    )  # fmt: skip
    if not by:
        return statement
    statement = statement.outerjoin(_systems, _systems.c.id == schedule.c.system_id)
    return statement.where(or_(place.is_(None), place.in_(columns)))


def _next_due(rule: str, starts_on: date, made: str | None, shift: Shift, holidays: str) -> date | None:
    after = max(date.fromisoformat(made) if made else date.min, starts_on - timedelta(days=1))
    coming = occasions(rule, starts_on, after, 1, shift, holidays)
    return coming[0].due_on if coming else None


def _places_of_rule(session: Session, where: str, by: str, columns: Sequence[str]) -> list[str]:
    found = scope.matching(session, json.loads(where)).with_only_columns(AiSystem.id)
    place = _place(by)
    reached = select(place).where(_systems.c.id.in_(found), place.in_(columns)).distinct()
    return list(session.scalars(reached))


def _control_refs(session: Session) -> dict[str, list[str]]:
    """By kind of audit, the controls that it asks about one by one."""
    asked = {
        about: [
            ref
            for ask in catalogue.control_questions(session, of_systems=about == "systems")
            for ref in ask.refs
        ]
        for about in ("systems", "management_system")
    }
    return {
        item.id: asked[item.about] if item.control_questions else [] for item in catalogue.programme().types
    }
