"""What a gate or an auditor asks about impacts on people and society."""

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, or_, select

from governance.assessments.models import AssessmentState
from governance.core.checks import check
from governance.core.records import Record
from governance.impacts.catalogue import rules
from governance.impacts.models import Effect, Impact, ImpactAssessment, ImpactMeasure
from governance.systems.checks import failing
from governance.systems.models import AiSystem, SystemVersion, Tier

_NEW = "/impact-assessments/new?system={reference}"
_LIST = "/impact-assessments?q={reference}"
_STANDING = (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)


def _assessments(*conditions: Any) -> Any:
    return exists(select(ImpactAssessment.id).where(ImpactAssessment.system_id == AiSystem.id, *conditions))


def _whole_tiers() -> tuple[Tier, ...]:
    order = list(Tier)
    return tuple(order[: order.index(Tier(rules().whole_from)) + 1])


@check("impacts.screened", clause="8.4, A.5.2", severity="major", title="Impacts screened", fix=_NEW)
def not_screened(today: date) -> Select[Any]:
    """No impact assessment was begun, so nobody did the triage."""
    return failing(~_assessments())


@check(
    "impacts.assessment_approved",
    clause="8.4, A.5.2",
    severity="major",
    title="An approved impact assessment",
    fix=_NEW,
)
def none_approved(today: date) -> Select[Any]:
    """No impact assessment is approved and in force; below the tier that needs the whole one, the screening is enough (INV-IA1)."""
    table = ImpactAssessment.__table__
    waiting = (
        select(Record.reference + " is " + Record.state)
        .join(table, table.c.id == Record.id)
        .where(
            table.c.system_id == AiSystem.id,
            Record.state.in_((AssessmentState.DRAFT, AssessmentState.IN_REVIEW)),
        )
        .limit(1)
        .scalar_subquery()
    )
    screened = AiSystem.tier.not_in(_whole_tiers()) & _assessments()
    return failing(~_assessments(ImpactAssessment.state.in_(_STANDING)) & ~screened, waiting)


@check(
    "impacts.assessment_current",
    clause="8.4, A.5.2",
    severity="major",
    title="A current impact assessment",
    fix=_LIST,
)
def not_current(today: date) -> Select[Any]:
    """The assessment in force is past its review, to be re-confirmed, or older than the last material change."""
    later = select(SystemVersion.id).where(
        # Of the assessment's system: the system itself is two levels out, where no subquery looks by itself.
        SystemVersion.system_id == ImpactAssessment.system_id,
        SystemVersion.material.is_(True),
        or_(ImpactAssessment.version_id.is_(None), SystemVersion.id > ImpactAssessment.version_id),
    )
    good = _assessments(
        ImpactAssessment.state == AssessmentState.APPROVED,
        ImpactAssessment.next_review_on >= today,
        ~exists(later),
    )
    return failing(AiSystem.tier.in_(_whole_tiers()) & ~good)


@check(
    "impacts.measures_on_time",
    clause="8.4",
    severity="minor",
    title="No overdue measure against harm",
    fix=_LIST,
)
def measure_overdue(today: date) -> Select[Any]:
    """A measure of an assessment in force is past due."""
    overdue = (
        select(ImpactMeasure.id)
        .join(Impact, Impact.id == ImpactMeasure.impact_id)
        .join(ImpactAssessment, ImpactAssessment.id == Impact.assessment_id)
        .where(ImpactAssessment.system_id == AiSystem.id, ImpactAssessment.state.in_(_STANDING))
        .where(ImpactMeasure.done_on.is_(None), ImpactMeasure.due_on < today)
    )
    return failing(exists(overdue))


@check(
    "impacts.harm_considered",
    clause="A.5.4, A.5.5",
    severity="major",
    title="Harms considered",
    fix=_LIST,
)
def no_harm_considered(today: date) -> Select[Any]:
    """A whole assessment in force names no harm to anybody: then nobody looked for one."""
    harm = exists(
        select(Impact.id)
        .join(ImpactAssessment, ImpactAssessment.id == Impact.assessment_id)
        .where(ImpactAssessment.system_id == AiSystem.id, ImpactAssessment.state.in_(_STANDING))
        .where(Impact.effect == Effect.HARM)
    )
    return failing(
        AiSystem.tier.in_(_whole_tiers()) & _assessments(ImpactAssessment.state.in_(_STANDING)) & ~harm
    )
