"""Reads about findings and corrective actions."""

from collections.abc import Sequence

from dateutil.relativedelta import relativedelta
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.core import records, search
from governance.core.records import Page, Record
from governance.improvement.catalogue import rules
from governance.improvement.models import ActionState, CorrectiveAction, Finding, FindingState, Grade

_OPEN_FINDING = tuple(state for state in FindingState if state not in Finding.FROZEN)
_OPEN_ACTION = tuple(state for state in ActionState if state not in CorrectiveAction.FROZEN)
_CHUNK = 500


def findings(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    grade: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Finding]]:
    """One page of findings."""
    statement: Select[Finding] = select(Finding).options(
        selectinload(Finding.system), selectinload(Finding.source)
    )
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Finding.state == state)
    if grade:
        statement = statement.where(Finding.grade == grade)
    return records.page(session, statement, kind="finding", sort=sort, descending=descending, after=after)


def actions(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[CorrectiveAction]]:
    """One page of corrective actions."""
    statement: Select[CorrectiveAction] = select(CorrectiveAction).options(
        selectinload(CorrectiveAction.finding)
    )
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(CorrectiveAction.state == state)
    return records.page(
        session, statement, kind="corrective_action", sort=sort, descending=descending, after=after
    )


def open_findings(session: Session, *, limit: int = 200) -> list[Finding]:
    """Findings that are not closed, gravest and oldest first."""
    statement = (
        select(Finding)
        .where(Record.kind == "finding", Finding.state.in_(_OPEN_FINDING))
        .order_by(Finding.grade, Record.reference)
    )
    return list(session.scalars(statement.limit(limit)))


def open_of_systems(session: Session, system_ids: Sequence[int]) -> list[Finding]:
    """Findings on these systems that are not closed, by reference; with no system those on the management system."""
    about = Finding.system_id.in_(system_ids) if system_ids else Finding.system_id.is_(None)
    statement = select(Finding).where(Record.kind == "finding", Finding.state.in_(_OPEN_FINDING), about)
    return list(session.scalars(statement.order_by(Record.reference).limit(200)))


def open_majors_by_system(session: Session, system_ids: Sequence[int]) -> dict[int, str]:
    """The reference of an open major finding by the id of its system, of these systems."""
    found: dict[int, str] = {}
    for start in range(0, len(system_ids), _CHUNK):
        rows = session.execute(
            select(Finding.system_id, Finding.reference).where(
                Record.kind == "finding",
                Finding.state.in_(_OPEN_FINDING),
                Finding.grade == Grade.MAJOR,
                Finding.system_id.in_(system_ids[start : start + _CHUNK]),
            )
        )
        found |= {row.system_id: row.reference for row in rows}
    return found


def open_actions(session: Session, *, limit: int = 200) -> list[CorrectiveAction]:
    """Corrective actions that are not closed, the most urgent first."""
    statement = select(CorrectiveAction).where(
        Record.kind == "corrective_action", CorrectiveAction.state.in_(_OPEN_ACTION)
    )
    return list(session.scalars(statement.order_by(CorrectiveAction.due_on).limit(limit)))


def of_system(session: Session, system_id: int) -> list[Finding]:
    """Findings on a system with their actions, oldest first."""
    statement = select(Finding).where(Finding.system_id == system_id).options(selectinload(Finding.actions))
    return list(session.scalars(statement.order_by(Record.reference)))


def on_the_whole(session: Session) -> list[Finding]:
    """Findings on the management system itself with their actions, oldest first."""
    of_none = select(Finding).where(Record.kind == "finding", Finding.system_id.is_(None))
    return list(session.scalars(of_none.options(selectinload(Finding.actions)).order_by(Record.reference)))


def from_source(session: Session, source: Record) -> list[Finding]:
    """Findings that came from an audit or a check."""
    return list(
        session.scalars(select(Finding).where(Finding.source_id == source.id).order_by(Record.reference))
    )


def open_majors(session: Session, system_id: int) -> list[Finding]:
    """Major findings on a system that are not over, oldest first."""
    statement = select(Finding).where(
        Finding.system_id == system_id, Finding.grade == Grade.MAJOR, Finding.state.in_(_OPEN_FINDING)
    )
    return list(session.scalars(statement.order_by(Finding.id)))


def suggested_repeats(session: Session, finding: Finding) -> list[Finding]:
    """Findings that this one may repeat: on the same system and clause or control, closed not long before; newest first."""
    named = set(finding.requirements)
    if not named or finding.repeat_of_id is not None or not finding.is_open:
        return []
    since = finding.created_at.date() - relativedelta(months=rules().repeats.within_months)
    statement = select(Finding).where(
        Finding.system_id == finding.system_id,
        Finding.state == FindingState.CLOSED,
        Finding.closed_on >= since,
    )
    return [
        item
        for item in session.scalars(statement.order_by(Finding.id.desc()))
        if item.id != finding.id and named & set(item.requirements)
    ]
