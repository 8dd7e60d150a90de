"""Reads about audits and schedules."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.audits.conduct_models import AuditMember, CompensatingReview, MemberRole, ReportCopy
from governance.audits.models import Audit, AuditSchedule, AuditScope, AuditState
from governance.core import clock, records, search
from governance.core.records import Page, Record
from governance.improvement.models import Finding

_WAITING = (AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.IN_PROGRESS, AuditState.REPORTING)


def audits(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Audit]]:
    """One page of audits."""
    statement: Select[Audit] = select(Audit).options(selectinload(Audit.system))
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Audit.state == state)
    return records.page(session, statement, kind="audit", sort=sort, descending=descending, after=after)


def schedules(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = False,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[AuditSchedule]]:
    """One page of schedules."""
    statement: Select[AuditSchedule] = select(AuditSchedule).options(selectinload(AuditSchedule.system))
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(AuditSchedule.state == state)
    return records.page(
        session, statement, kind="audit_schedule", sort=sort, descending=descending, after=after
    )


def overdue(session: Session, *, limit: int = 200) -> list[Audit]:
    """Audits that were missed or are past due, oldest first."""
    late = or_(Audit.state == AuditState.MISSED, Audit.state.in_(_WAITING) & (Audit.due_on < clock.today()))
    return list(
        session.scalars(select(Audit).where(Record.kind == "audit", late).order_by(Audit.due_on).limit(limit))
    )


def upcoming(session: Session, days: int, *, limit: int = 200) -> list[Audit]:
    """Planned audits due within a number of days, soonest first."""
    today = clock.today()
    soon = Audit.due_on.between(today, today + timedelta(days=days))
    statement = (
        select(Audit).where(Record.kind == "audit", Audit.state.in_(_WAITING), soon).order_by(Audit.due_on)
    )
    return list(session.scalars(statement.limit(limit)))


def of_auditor(session: Session, person_id: int | None) -> list[Audit]:
    """Audits that a person leads, or in whose team they are, and that are not finished."""
    open_states = (*_WAITING, AuditState.MISSED)
    member = select(AuditMember.audit_id).where(
        AuditMember.person_id == person_id,
        AuditMember.role.in_((MemberRole.AUDITOR, MemberRole.TECHNICAL_EXPERT)),
    )
    statement = select(Audit).where(
        or_(Audit.lead_auditor_id == person_id, Audit.id.in_(member)), Audit.state.in_(open_states)
    )
    return list(session.scalars(statement.order_by(Audit.due_on)))


def unattested(session: Session, person_id: int | None) -> set[int]:
    """Ids of audits in whose team a person is without having stated their impartiality."""
    silent = select(AuditMember.audit_id).where(
        AuditMember.person_id == person_id,
        AuditMember.role.in_((MemberRole.AUDITOR, MemberRole.TECHNICAL_EXPERT)),
        AuditMember.attested_at.is_(None),
    )
    return set(session.scalars(silent))


def to_review(session: Session, person_id: int | None) -> list[Audit]:
    """Audits not reported yet whose work a person was asked to look over and has not."""
    asked = select(CompensatingReview.audit_id).where(
        CompensatingReview.reviewer_id == person_id, CompensatingReview.reviewed_at.is_(None)
    )
    statement = select(Audit).where(Audit.id.in_(asked), Audit.state.in_((*_WAITING, AuditState.MISSED)))
    return list(session.scalars(statement.order_by(Audit.due_on)))


def to_read(session: Session, person_id: int | None) -> list[Audit]:
    """Audits whose report was given to a person who has not said to have read it."""
    given = select(ReportCopy.audit_id).where(ReportCopy.person_id == person_id, ReportCopy.read_at.is_(None))
    return list(session.scalars(select(Audit).where(Audit.id.in_(given)).order_by(Audit.due_on)))


def of_system(session: Session, system_id: int) -> list[Audit]:
    """Audits of a system, also those by rule in whose scope it is, with their answers, newest first."""
    statement = select(Audit).where(about_system(system_id)).options(selectinload(Audit.answers))
    return list(session.scalars(statement.order_by(Audit.due_on.desc())))


def of_the_whole(session: Session) -> list[Audit]:
    """Audits of the management system itself, with their answers, newest first."""
    of_none = Audit.system_id.is_(None) & Audit.id.not_in(select(AuditScope.audit_id))
    statement = select(Audit).where(Record.kind == "audit", of_none).options(selectinload(Audit.answers))
    return list(session.scalars(statement.order_by(Audit.due_on.desc())))


def about_system(system_id: Any) -> ColumnElement[bool]:
    """The condition that an audit is about a system, given by id or by column."""
    in_scope = select(AuditScope.audit_id).where(AuditScope.system_id == system_id)
    return or_(Audit.system_id == system_id, Audit.id.in_(in_scope))


def of_year(session: Session, year: int, *, limit: int = 500) -> list[Audit]:
    """Audits due in a year that were not cancelled, by their day."""
    inside = Audit.due_on.between(date(year, 1, 1), date(year, 12, 31))
    gone = Audit.state.in_((AuditState.CANCELLED, AuditState.MERGED))
    statement = select(Audit).where(Record.kind == "audit", inside, ~gone).options(selectinload(Audit.system))
    return list(session.scalars(statement.order_by(Audit.due_on).limit(limit)))


def overdue_before(session: Session, day: date, *, limit: int = 500) -> list[Audit]:
    """Audits not held that were due before a day and have no finding yet, oldest first."""
    not_held = Audit.state.in_((AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.MISSED))
    statement = select(Audit).where(Record.kind == "audit", not_held, Audit.due_on < day)
    found = exists(select(Finding.id).where(Finding.source_id == Audit.id))
    return list(session.scalars(statement.where(~found).order_by(Audit.due_on).limit(limit)))


def schedules_of(session: Session, system_id: int) -> list[AuditSchedule]:
    """Schedules of a system."""
    return list(session.scalars(select(AuditSchedule).where(AuditSchedule.system_id == system_id)))


def of_schedule(session: Session, item: AuditSchedule) -> list[Audit]:
    """Occurrences of a schedule, newest first."""
    return list(
        session.scalars(select(Audit).where(Audit.schedule_id == item.id).order_by(Audit.due_on.desc()))
    )
