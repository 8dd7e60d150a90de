"""Impact assessments to finish or to renew, and measures to carry out."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties, soon
from governance.assessments.models import AssessmentState
from governance.core.records import Record
from governance.impacts.models import Impact, ImpactAssessment, ImpactMeasure

_AREA = "Impact assessments"


@duties
def assessments(session: Session, actor: Actor) -> Iterable[Duty]:
    """Drafts of the person, and assessments of theirs whose review is near or that must be re-confirmed."""
    live = (AssessmentState.DRAFT, AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)
    mine = select(ImpactAssessment).where(
        Record.kind == "impact_assessment",
        ImpactAssessment.owner_id == actor.person_id,
        ImpactAssessment.state.in_(live),
    )
    for item in session.scalars(mine.order_by(Record.reference)):
        if item.state == AssessmentState.DRAFT:
            yield Duty(_AREA, f"Finish the draft: {item.title}", item)
        elif item.state == AssessmentState.TO_RECONFIRM:
            yield Duty(_AREA, f"Re-confirm or revise: {item.title}", item)
        elif item.next_review_on <= soon():
            yield Duty(_AREA, f"Review: {item.title}", item, item.next_review_on)


@duties
def measures(session: Session, actor: Actor) -> Iterable[Duty]:
    """Measures of the person that are not carried out, of assessments in force."""
    statement = (
        select(ImpactMeasure, ImpactAssessment)
        .join(Impact, Impact.id == ImpactMeasure.impact_id)
        .join(ImpactAssessment, ImpactAssessment.id == Impact.assessment_id)
        .where(ImpactMeasure.owner_id == actor.person_id, ImpactMeasure.done_on.is_(None))
        .where(ImpactAssessment.state.in_((AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)))
    )
    for measure, item in session.execute(statement.order_by(ImpactMeasure.id)):
        yield Duty(_AREA, f"Carry out: {measure.measure}", item, measure.due_on)
