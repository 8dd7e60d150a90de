"""What falls on the days of the calendar, layer upon layer; on wish also corrective actions and management reviews."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Integer, Select, func, literal, null, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.audits import calendar_queries
from governance.audits.calendar import Day, Entry, Layer, Window, laid_out
from governance.audits.calendar_selection import Selection
from governance.core.records import Record, table_of
from governance.improvement.models import CorrectiveAction, Finding
from governance.organisation.models import ManagementReview
from governance.systems.models import AiSystem

_RECORD, _ACTION, _FINDING, _REVIEW, _SYSTEM = (
    table_of(kind) for kind in (Record, CorrectiveAction, Finding, ManagementReview, AiSystem)
)


def entries(
    session: Session, _: Actor, chosen: Selection, window: Window, *, per_day: int
) -> tuple[list[Entry], dict[date, int]]:
    """The first entries of each day of the layers that are wanted, and how many there are on each."""
    found: list[Entry] = []
    totals: dict[date, int] = {}
    for layer, statement, folder in (
        (Layer.CORRECTIVE_ACTION, _actions(chosen, window), CorrectiveAction.PATH),
        (Layer.MANAGEMENT_REVIEW, _reviews(window), ManagementReview.PATH),
    ):
        if layer.value in chosen.also:
            some, counted = calendar_queries.first_of_each_day(
                session, statement, per_day=per_day, layer=layer, folder=folder
            )
            found += some
            totals = {day: totals.get(day, 0) + counted.get(day, 0) for day in totals.keys() | counted.keys()}
    return found, totals


def _actions(chosen: Selection, window: Window) -> Select[Any]:
    """Corrective actions by the day until which they are due; of the chosen systems, whoever audits."""
    statement: Select[Any] = (
        select(
            _ACTION.c.due_on.label("day"),
            _RECORD.c.reference,
            _RECORD.c.title,
            _RECORD.c.state,
            literal("").label("audit_type"),
            _FINDING.c.system_id,
            _RECORD.c.owner_id.label("lead_id"),
        )
        .join_from(_ACTION, _RECORD, _RECORD.c.id == _ACTION.c.id)
        .join(_FINDING, _FINDING.c.id == _ACTION.c.finding_id)
        .where(_ACTION.c.due_on.between(window.first, window.last))
    )
    return statement.where(*calendar_queries.about_systems(_FINDING.c.system_id, chosen))


def _reviews(window: Window) -> Select[Any]:
    day = func.coalesce(_REVIEW.c.held_on, _REVIEW.c.planned_on)
    statement: Select[Any] = (
        select(
            day.label("day"),
            _RECORD.c.reference,
            _RECORD.c.title,
            _RECORD.c.state,
            literal("").label("audit_type"),
            null().cast(Integer).label("system_id"),
            _RECORD.c.owner_id.label("lead_id"),
        )
        .join_from(_REVIEW, _RECORD, _RECORD.c.id == _REVIEW.c.id)
        .where(day.between(window.first, window.last))
    )
    return statement


def days(
    session: Session, actor: Actor, chosen: Selection, window: Window, *, per_day: int
) -> dict[date, Day]:
    """Every day of a window with its first entries: audits, then the further layers, then what schedules will make."""
    found, totals = calendar_queries.audits(session, actor, chosen, window, per_day=per_day)
    further, more = entries(session, actor, chosen, window, per_day=per_day)
    coming = calendar_queries.projection(session, chosen, window)
    counted = Counter(totals) + Counter(more)
    expected = calendar_queries.totals_of(coming)
    room = {day: per_day - counted[day] for day in expected}
    found += further + calendar_queries.projected(session, chosen, coming, room)
    every = (window.first + timedelta(days=number) for number in range((window.last - window.first).days + 1))
    return laid_out(every, found, counted + Counter(expected), per_day)
