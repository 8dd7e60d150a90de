"""Reads for the calendar: what falls on each day, how much, and what schedules will still make; a constant number of SELECTs each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    and_,
    case,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.audits.calendar import Entry, Layer, Window, dates_of
from governance.audits.calendar_selection import NOBODY, OPEN, OPEN_STATES, OVERDUE, Selection
from governance.audits.models import Audit, AuditSchedule, AuditState, ScheduleState
from governance.core import clock
from governance.core.records import Record, table_of
from governance.systems.models import AiSystem

_AUDIT, _SCHEDULE, _SYSTEM, _RECORD = (table_of(kind) for kind in (Audit, AuditSchedule, AiSystem, Record))
_OF_SYSTEM, _RESTING = _RECORD.alias("record_of_system"), _RECORD.alias("resting")
_MOST_UNITS = 300

Statement = Select[Any]
Totals = dict[date, int]


def units(session: Session) -> list[str]:
    """The organisation units named in the register, the first few hundred, found by hopping along their index."""
    first = select(func.min(_SYSTEM.c.unit).label("name")).cte("hop", recursive=True)
    following = select(func.min(_SYSTEM.c.unit)).where(_SYSTEM.c.unit > first.c.name)
    hops = first.union_all(select(following.scalar_subquery()).where(first.c.name.is_not(None)))
    return [name for name in session.scalars(select(hops.c.name).limit(_MOST_UNITS)) if name]


def _whose(column: ColumnElement[Any], chosen: Selection) -> list[ColumnElement[bool]]:
    if not chosen.auditor:
        return []
    return [column.is_(None) if chosen.auditor == NOBODY else column == int(chosen.auditor)]


def _about(table: FromClause, chosen: Selection) -> list[ColumnElement[bool]]:
    """The conditions on auditor, kind and system that audits and schedules share."""
    found = _whose(table.c.lead_auditor_id, chosen)
    if chosen.type:
        found.append(table.c.audit_type == chosen.type)
    return found + about_systems(table.c.system_id, chosen)


def about_systems(column: ColumnElement[Any], chosen: Selection) -> list[ColumnElement[bool]]:
    """The condition on the system that a column names, if systems are chosen by what they are."""
    return [column.in_(_systems(chosen))] if chosen.about_systems else []


def _systems(chosen: Selection) -> Statement:
    statement: Statement = select(_SYSTEM.c.id)
    if chosen.unit:
        statement = statement.where(_SYSTEM.c.unit == chosen.unit)
    if chosen.tier:
        statement = statement.where(_SYSTEM.c.tier == chosen.tier)
    return statement


def _in_state(chosen: Selection) -> list[ColumnElement[bool]]:
    if not chosen.state:
        return []
    if chosen.state == OPEN:
        return [_RECORD.c.state.in_(OPEN_STATES)]
    if chosen.state == OVERDUE:
        return [_late()]
    return [_RECORD.c.state == chosen.state]


def _late() -> ColumnElement[bool]:
    past = and_(_RECORD.c.state.in_(OPEN_STATES), _AUDIT.c.due_on < clock.today())
    return or_(_RECORD.c.state == AuditState.MISSED, past)


def audits_in(chosen: Selection, window: Window) -> Statement:
    """Audits of a window with what an entry shows, but for the system's title."""
    statement: Statement = select(
        _AUDIT.c.due_on.label("day"),
        _RECORD.c.reference,
        _RECORD.c.title,
        _RECORD.c.state,
        _AUDIT.c.audit_type,
        _AUDIT.c.system_id,
        _AUDIT.c.lead_auditor_id.label("lead_id"),
    ).join_from(_AUDIT, _RECORD, _RECORD.c.id == _AUDIT.c.id)
    within = _AUDIT.c.due_on.between(window.first, window.last)
    return statement.where(within, *_about(_AUDIT, chosen), *_in_state(chosen))


def audits(
    session: Session, _: Actor, chosen: Selection, window: Window, *, per_day: int
) -> tuple[list[Entry], Totals]:
    """The first audits of each day of a window, and how many there are on each."""
    if not chosen.shows_audits:
        return [], {}
    return first_of_each_day(
        session, audits_in(chosen, window), per_day=per_day, layer=Layer.AUDIT, folder=Audit.PATH
    )


def first_of_each_day(
    session: Session, statement: Statement, *, per_day: int, layer: Layer, folder: str
) -> tuple[list[Entry], Totals]:
    """The first entries of each day of a statement with the columns of an entry, and how many there are on each."""
    inner: Any = statement.subquery()
    by_day = inner.c.day
    placed: Any = select(
        inner,
        func.row_number().over(partition_by=by_day, order_by=inner.c.reference).label("place"),
        func.count().over(partition_by=by_day).label("total"),
    ).subquery()
    named = (
        select(placed, _OF_SYSTEM.c.title.label("system"))
        .join_from(placed, _OF_SYSTEM, _OF_SYSTEM.c.id == placed.c.system_id, isouter=True)
        .where(placed.c.place <= per_day)
        .order_by(placed.c.day, placed.c.place)
    )
    rows = session.execute(named).all()
    return [_entry(row, layer, folder) for row in rows], {row.day: row.total for row in rows}


def _entry(row: Any, layer: Layer, folder: str) -> Entry:
    return Entry(
        row.day,
        layer,
        row.reference,
        f"/{folder}/{row.reference}",
        row.title,
        row.state,
        getattr(row, "audit_type", ""),
        row.system or "",
        row.lead_id,
    )


def audits_on(
    session: Session, _: Actor, chosen: Selection, day: date, *, after: str, limit: int
) -> tuple[list[Entry], str]:
    """Audits of one day after a reference, and the reference to go on after; empty if these are the last."""
    if not chosen.shows_audits:
        return [], ""
    inner = audits_in(chosen, Window(day, day)).where(_RECORD.c.reference > after)
    cut = inner.order_by(_RECORD.c.reference).limit(limit + 1).subquery()
    named: Any = select(cut, _OF_SYSTEM.c.title.label("system")).join_from(
        cut, _OF_SYSTEM, _OF_SYSTEM.c.id == cut.c.system_id, isouter=True
    )
    rows = session.execute(named.order_by(cut.c.reference)).all()
    found = [_entry(row, Layer.AUDIT, Audit.PATH) for row in rows[:limit]]
    return found, found[-1].reference if len(rows) > limit else ""


def by_day_and_state(
    session: Session, _: Actor, chosen: Selection, window: Window
) -> dict[tuple[date, str], int]:
    """How many audits fall on each day in each state."""
    if not chosen.shows_audits:
        return {}
    inner = audits_in(chosen, window).subquery()
    counted = select(inner.c.day, inner.c.state, func.count()).group_by(inner.c.day, inner.c.state)
    return {(day, state): total for day, state, total in session.execute(counted)}


def first_audits_of_systems(session: Session, _: Actor, chosen: Selection, window: Window) -> Totals:
    """On each day of a window, how many systems have their first audit in it that was not cancelled."""
    cancelled = select(_RESTING.c.id).where(
        _RESTING.c.kind == "audit", _RESTING.c.state == AuditState.CANCELLED
    )
    mine = select(func.min(_AUDIT.c.due_on).label("day"))
    if chosen.state:
        mine = mine.join_from(_AUDIT, _RECORD, _RECORD.c.id == _AUDIT.c.id).where(*_in_state(chosen))
    first = (
        mine.where(
            _AUDIT.c.due_on.between(window.first, window.last),
            _AUDIT.c.system_id.is_not(None),
            _AUDIT.c.id.not_in(cancelled),
            *_about(_AUDIT, chosen),
        )
        .group_by(_AUDIT.c.system_id)
        .subquery()
    )
    rows = session.execute(select(first.c.day, func.count()).group_by(first.c.day))
    return {day: total for day, total in rows}  # noqa: C416 - rows are typed as rows, not pairs


def systems_in_use(session: Session, chosen: Selection) -> int:
    """How many systems a programme would have to cover: all of the choice that are not retired or rejected."""
    statement = select(func.count()).where(
        _RECORD.c.kind == "ai_system", _RECORD.c.state.not_in(AiSystem.FROZEN)
    )
    return session.execute(statement.where(*about_systems(_RECORD.c.id, chosen))).scalar_one()


@dataclass(frozen=True, order=True)
class Rhythm:
    """A recurrence that some schedules share; `lead` is their lead auditor if it was asked for."""

    rule: str
    starts_on: date
    lead: int = 0


Projection = dict[tuple[Rhythm, date], int]


def projection(session: Session, chosen: Selection, window: Window, *, by_lead: bool = False) -> Projection:
    """How many audits active schedules will still make, by rhythm and day of the future part of a window.

    What the worker has made already is left out, by the name of its occurrence, wherever it was moved to.
    """
    ahead = window.of_the_future(clock.today())
    if ahead.is_empty or not chosen.shows_projected:
        return {}
    found: Projection = {}
    for rhythm, total in _rhythms(session, chosen, by_lead):
        found |= {(rhythm, day): total for day in dates_of(rhythm.rule, rhythm.starts_on, ahead)}
    if found:
        for place, made in _made(session, chosen, ahead, by_lead):
            if place in found:
                found[place] -= made
    return {place: total for place, total in found.items() if total > 0}


def _keys(by_lead: bool) -> tuple[Any, ...]:
    """What schedules are counted by; of schedules of all auditors the lead is left open."""
    keys = (_SCHEDULE.c.starts_on, _SCHEDULE.c.rule)
    return (*keys, _SCHEDULE.c.lead_auditor_id) if by_lead else keys


def active(statement: Statement, chosen: Selection) -> Statement:
    """A statement about schedules, narrowed to the active ones of a choice.

    The others are few and are left out by their ids: to ask each for its state would be a look at every schedule's row, where
    counting recurrences needs their index only.
    """
    resting = select(_RESTING.c.id).where(
        _RESTING.c.kind == "audit_schedule",
        _RESTING.c.state.in_([state for state in ScheduleState if state != ScheduleState.ACTIVE]),
    )
    return statement.where(_SCHEDULE.c.id.not_in(resting), *_about(_SCHEDULE, chosen))


def _rhythms(session: Session, chosen: Selection, by_lead: bool) -> Iterable[tuple[Rhythm, int]]:
    keys = _keys(by_lead)
    statement = active(select(func.count().label("total"), *keys).select_from(_SCHEDULE), chosen)
    for row in session.execute(statement.group_by(*keys)):
        yield _rhythm(row), row.total


def _made(
    session: Session, chosen: Selection, ahead: Window, by_lead: bool
) -> Iterable[tuple[tuple[Rhythm, date], int]]:
    keys = (*_keys(by_lead), _AUDIT.c.period_key)
    after_it = (ahead.last + timedelta(days=1)).isoformat()
    counted = select(func.count().label("total"), *keys)
    joined = counted.join_from(_AUDIT, _SCHEDULE, _SCHEDULE.c.id == _AUDIT.c.schedule_id)
    statement = active(joined, chosen).where(
        _AUDIT.c.period_key >= ahead.first.isoformat(), _AUDIT.c.period_key < after_it
    )
    for row in session.execute(statement.group_by(*keys)):
        yield (_rhythm(row), date.fromisoformat(row.period_key[:10])), row.total


def _rhythm(row: Any) -> Rhythm:
    return Rhythm(row.rule, row.starts_on, getattr(row, "lead_auditor_id", None) or 0)


def totals_of(found: Projection) -> Totals:
    """How many are projected on each day."""
    totals: Counter[date] = Counter()
    for (_, day), total in found.items():
        totals[day] += total
    return dict(totals)


def projected(
    session: Session, chosen: Selection, found: Projection, wanted: Mapping[date, int]
) -> list[Entry]:
    """Entries of a projection: on each day at most as many as `wanted` says, in one SELECT."""
    parts: list[Statement] = []
    open_places = dict(wanted)
    for (rhythm, day), total in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
        room = min(open_places.get(day, 0), total)
        if room > 0:
            open_places[day] -= room
            parts.append(_schedules_on(chosen, rhythm, day, room))
    if not parts:
        return []
    inner = union_all(*(select(part.subquery()) for part in parts)).subquery()
    named = (
        select(inner, _RECORD.c.reference, _RECORD.c.title, _OF_SYSTEM.c.title.label("system"))
        .join_from(inner, _RECORD, _RECORD.c.id == inner.c.id)
        .join(_OF_SYSTEM, _OF_SYSTEM.c.id == inner.c.system_id, isouter=True)
        .order_by(inner.c.day, _RECORD.c.reference)
    )
    return [_entry(row, Layer.PROJECTED, AuditSchedule.PATH) for row in session.execute(named)]


def _schedules_on(chosen: Selection, rhythm: Rhythm, day: date, limit: int) -> Statement:
    """The first schedules of a rhythm whose occurrence of a day was not made."""
    made = exists().where(_AUDIT.c.schedule_id == _SCHEDULE.c.id, _AUDIT.c.period_key == day.isoformat())
    statement: Statement = select(
        _SCHEDULE.c.id,
        literal(day, Date).label("day"),
        literal(Layer.PROJECTED.value).label("state"),
        _SCHEDULE.c.audit_type,
        _SCHEDULE.c.system_id,
        _SCHEDULE.c.lead_auditor_id.label("lead_id"),
    ).select_from(_SCHEDULE)
    same = and_(_SCHEDULE.c.rule == rhythm.rule, _SCHEDULE.c.starts_on == rhythm.starts_on)
    return active(statement, chosen).where(same, ~made).order_by(_SCHEDULE.c.id).limit(limit)


def workload(session: Session, _: Actor, chosen: Selection, last: date) -> Sequence[Any]:
    """Open and missed audits due up to a day: lead auditor or nobody, whether late, year and month, how many."""
    late = case((_late(), 1), else_=0).label("late")
    keys = (
        _AUDIT.c.lead_auditor_id,
        late,
        extract("year", _AUDIT.c.due_on),
        extract("month", _AUDIT.c.due_on),
    )
    wanted = _RECORD.c.state.in_((*OPEN_STATES, AuditState.MISSED))
    statement = (
        select(*keys, func.count())
        .join_from(_AUDIT, _RECORD, _RECORD.c.id == _AUDIT.c.id)
        .where(wanted, _AUDIT.c.due_on <= last, *_about(_AUDIT, chosen))
        .group_by(*keys)
    )
    return session.execute(statement).all()
