"""Reads about risk assessments."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.assessments.models import AssessmentState, Risk, RiskAcceptance, RiskAssessment
from governance.core import records, search
from governance.core.records import Page

_WHOLE = (selectinload(RiskAssessment.risks).selectinload(Risk.treatments),)


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[RiskAssessment]]:
    """One page of risk assessments."""
    statement: Select[RiskAssessment] = select(RiskAssessment).options(
        *_WHOLE, selectinload(RiskAssessment.system)
    )
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(RiskAssessment.state == state)
    return records.page(
        session, statement, kind="risk_assessment", sort=sort, descending=descending, after=after
    )


def of_system(session: Session, system_id: int) -> list[RiskAssessment]:
    """Assessments of a system with risks and treatments, newest first."""
    statement = select(RiskAssessment).where(RiskAssessment.system_id == system_id).options(*_WHOLE)
    return list(session.scalars(statement.order_by(RiskAssessment.id.desc())))


def in_force(session: Session, system_id: int) -> RiskAssessment | None:
    """The approved assessment of a system, if there is one."""
    standing = (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)
    return next((item for item in of_system(session, system_id) if item.state in standing), None)


def acceptances_of(session: Session, assessment: RiskAssessment) -> list[RiskAcceptance]:
    """Acceptances of the risks of an assessment, newest first."""
    ids = [risk.id for risk in assessment.risks]
    statement = (
        select(RiskAcceptance).where(RiskAcceptance.risk_id.in_(ids)).order_by(RiskAcceptance.id.desc())
    )
    return list(session.scalars(statement))
