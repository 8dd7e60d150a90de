"""Risk assessments to finish or to renew."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties, soon
from governance.assessments.models import AssessmentState, RiskAssessment
from governance.core.records import Record

_AREA = "Risk assessments"


@duties
def assessments(session: Session, actor: Actor) -> Iterable[Duty]:
    """Drafts of the person, and approved assessments of theirs whose review is near or that must be re-confirmed."""
    live = (AssessmentState.DRAFT, AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)
    mine = select(RiskAssessment).where(
        Record.kind == "risk_assessment",
        RiskAssessment.owner_id == actor.person_id,
        RiskAssessment.state.in_(live),
    )
    for item in session.scalars(mine.order_by(Record.reference)):
        if item.state == AssessmentState.DRAFT:
            yield Duty(_AREA, f"Finish the draft: {item.title}", item)
        elif item.state == AssessmentState.TO_RECONFIRM:
            yield Duty(_AREA, f"Re-confirm or revise: {item.title}", item)
        elif item.next_review_on <= soon():
            yield Duty(_AREA, f"Review: {item.title}", item, item.next_review_on)
