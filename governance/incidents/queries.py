"""Reads about incidents and concerns."""

from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.core import clock, records, search
from governance.core.records import Page, Record
from governance.incidents.models import Concern, Incident, IncidentNotice, IncidentState

_WHOLE = (selectinload(Incident.system), selectinload(Incident.notices), selectinload(Incident.steps))


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    severity: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Incident]]:
    """One page of incidents."""
    statement: Select[Incident] = select(Incident).options(*_WHOLE)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Incident.state == state)
    if severity:
        statement = statement.where(Incident.severity == severity)
    return records.page(session, statement, kind="incident", sort=sort, descending=descending, after=after)


def of_system(session: Session, system_id: int) -> list[Incident]:
    """Incidents of a system, newest first."""
    statement = select(Incident).where(Incident.system_id == system_id).options(*_WHOLE)
    return list(session.scalars(statement.order_by(Incident.id.desc())))


def open_incidents(session: Session, *, limit: int = 50) -> list[Incident]:
    """Incidents that are not closed, the gravest first."""
    statement = (
        select(Incident)
        .where(Record.kind == "incident", Incident.state != IncidentState.CLOSED)
        .options(*_WHOLE)
        .order_by(Incident.severity, Record.reference)
    )
    return list(session.scalars(statement.limit(limit)))


def running(session: Session) -> list[IncidentNotice]:
    """Clocks of the law that are not settled, the most urgent first."""
    statement = (
        select(IncidentNotice)
        .where(IncidentNotice.told_at.is_(None), IncidentNotice.not_due_because == "")
        .options(selectinload(IncidentNotice.incident))
        .order_by(IncidentNotice.due_at)
    )
    return list(session.scalars(statement.limit(200)))


def by_month(session: Session, months: int = 12) -> list[tuple[str, dict[str, int]]]:
    """Number of incidents per month of becoming aware and severity, the last months in order."""
    today = clock.today()
    first = today.year * 12 + today.month - months
    names = [f"{(first + place) // 12:04d}-{(first + place) % 12 + 1:02d}" for place in range(months)]
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    since = date(int(names[0][:4]), int(names[0][5:]), 1)
    statement = select(Incident.aware_at, Incident.severity).where(Record.kind == "incident")
    for aware, severity in session.execute(statement):
        month = f"{aware:%Y-%m}"
        if aware.date() >= since and month in found:
            key = severity or "not triaged"
            found[month][key] = found[month].get(key, 0) + 1
    return list(found.items())


def concerns(session: Session) -> list[Concern]:
    """All concerns, newest first; who may read their text, the pages ask each one."""
    statement = select(Concern).where(Record.kind == "concern").options(selectinload(Concern.system))
    return list(session.scalars(statement.order_by(Concern.id.desc()).limit(500)))


def concern_counts(session: Session, system_id: int | None = None) -> dict[str, int]:
    """Number of concerns per state, about one system or all."""
    table, spine = Concern.__table__, Record.__table__
    statement = (
        select(spine.c.state, func.count())
        .join(table, table.c.id == spine.c.id)
        .where(spine.c.kind == "concern")
    )
    if system_id is not None:
        statement = statement.where(table.c.system_id == system_id)
    return {state: total for state, total in session.execute(statement.group_by(spine.c.state))}  # noqa: C416 - typed rows
