"""Reads about impact assessments."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.assessments.models import AssessmentState
from governance.core import records, search
from governance.core.records import Page
from governance.impacts.models import Impact, ImpactAssessment

_WHOLE = (selectinload(ImpactAssessment.impacts).selectinload(Impact.measures),)


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[ImpactAssessment]]:
    """One page of impact assessments."""
    statement: Select[ImpactAssessment] = select(ImpactAssessment).options(
        *_WHOLE, selectinload(ImpactAssessment.system)
    )
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(ImpactAssessment.state == state)
    return records.page(
        session, statement, kind="impact_assessment", sort=sort, descending=descending, after=after
    )


def of_system(session: Session, system_id: int) -> list[ImpactAssessment]:
    """Assessments of a system with impacts and measures, newest first."""
    statement = select(ImpactAssessment).where(ImpactAssessment.system_id == system_id).options(*_WHOLE)
    return list(session.scalars(statement.order_by(ImpactAssessment.id.desc())))


def in_force(session: Session, system_id: int) -> ImpactAssessment | None:
    """The approved assessment of a system, if there is one."""
    standing = (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)
    return next((item for item in of_system(session, system_id) if item.state in standing), None)
