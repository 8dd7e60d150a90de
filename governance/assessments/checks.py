"""What a gate or an auditor asks about risks."""

from datetime import date
from typing import Any

from sqlalchemy import Select, String, and_, case, cast, exists, func, literal, or_, select

from governance.assessments.models import (
    AcceptanceState,
    AssessmentState,
    Risk,
    RiskAcceptance,
    RiskAssessment,
    Treatment,
)
from governance.assessments.scales import LEVELS, criteria
from governance.core.checks import check
from governance.core.records import Link
from governance.evidence.models import Evidence, EvidenceState
from governance.evidence.service import LINK_ROLE
from governance.systems.checks import failing
from governance.systems.models import AiSystem, SystemVersion

_NEW = "/risk-assessments/new?system={reference}"
_LIST = "/risk-assessments?q={reference}"
_STANDING = (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)


def _assessments(*conditions: Any) -> Any:
    return exists(select(RiskAssessment.id).where(RiskAssessment.system_id == AiSystem.id, *conditions))


@check(
    "assessments.risk_assessment_drafted",
    clause="6.1.2",
    severity="major",
    title="A risk assessment",
    fix=_NEW,
)
def none_drafted(today: date) -> Select[Any]:
    """No risk assessment was begun."""
    return failing(~_assessments())


@check(
    "assessments.risk_assessment_approved",
    clause="8.2",
    severity="major",
    title="An approved risk assessment",
    fix=_NEW,
)
def none_approved(today: date) -> Select[Any]:
    """No risk assessment is approved and in force."""
    waiting = (
        select(RiskAssessment.reference + " is " + RiskAssessment.state)
        .where(
            RiskAssessment.system_id == AiSystem.id,
            RiskAssessment.state.in_((AssessmentState.DRAFT, AssessmentState.IN_REVIEW)),
        )
        .limit(1)
        .scalar_subquery()
    )
    return failing(~_assessments(RiskAssessment.state.in_(_STANDING)), waiting)


@check(
    "assessments.risk_assessment_current",
    clause="8.2",
    severity="major",
    title="A current risk assessment",
    fix=_LIST,
)
def not_current(today: date) -> Select[Any]:
    """The assessment in force is past its review, marked to be re-confirmed, or was made for an older material version."""
    later = select(SystemVersion.id).where(
        # Of the assessment's system: the system itself is two levels out, where no subquery looks by itself.
        SystemVersion.system_id == RiskAssessment.system_id,
        SystemVersion.material.is_(True),
        SystemVersion.id > RiskAssessment.version_id,
    )
    good = _assessments(
        RiskAssessment.state == AssessmentState.APPROVED,
        RiskAssessment.next_review_on >= today,
        ~exists(later),
    )
    return failing(or_(~good, AiSystem.under_reassessment != ""))


@check(
    "assessments.residual_accepted",
    clause="6.1.3",
    severity="major",
    title="Residual risk within appetite or accepted",
    fix=_LIST,
)
def residual_not_accepted(today: date) -> Select[Any]:
    """A residual risk above the appetite has no signed acceptance in date."""
    above = LEVELS[LEVELS.index(criteria().appetite) + 1 :]
    accepted = exists(
        select(RiskAcceptance.id).where(
            RiskAcceptance.risk_id == Risk.id,
            RiskAcceptance.state == AcceptanceState.ACCEPTED,
            RiskAcceptance.expires_on >= today,
        )
    )
    remaining = or_(Risk.residual_level.in_(above), and_(Risk.residual_level == "", Risk.level.in_(above)))
    open_risks = (
        select(Risk.id)
        .join(RiskAssessment, RiskAssessment.id == Risk.assessment_id)
        .where(
            RiskAssessment.system_id == AiSystem.id, RiskAssessment.state.in_(_STANDING), remaining, ~accepted
        )
    )
    return failing(exists(open_risks))


@check(
    "assessments.treatments_on_time",
    clause="8.3",
    severity="minor",
    title="No overdue risk treatment",
    fix=_LIST,
)
def treatment_overdue(today: date) -> Select[Any]:
    """A treatment of an assessment in force is past due (INV-TRT2)."""
    overdue = (
        select(Treatment.id)
        .join(Risk, Risk.id == Treatment.risk_id)
        .join(RiskAssessment, RiskAssessment.id == Risk.assessment_id)
        .where(RiskAssessment.system_id == AiSystem.id, RiskAssessment.state.in_(_STANDING))
        .where(Treatment.done_on.is_(None), Treatment.due_on < today)
    )
    return failing(exists(overdue))


@check(
    "assessments.reduction_shown",
    clause="8.3",
    severity="minor",
    title="Lowered risks shown to be lower",
    fix=_LIST,
)
def reduction_not_shown(today: date) -> Select[Any]:
    """A risk counts as lowered, and no control of its treatments was carried out with an effect and evidence in date (INV-RSK2).

    Until the treatment is due the lower rating is what is expected, and fails nothing.
    """
    ranks = {level: rank for rank, level in enumerate(LEVELS)}
    lowered = case(ranks, value=Risk.residual_level, else_=len(LEVELS)) < case(
        ranks, value=Risk.level, else_=0
    )
    proof = exists(
        select(Link.id)
        .join(Evidence, Evidence.id == Link.target_id)
        .where(Link.source_id == RiskAssessment.id, Link.role == LINK_ROLE)
        .where(Evidence.state == EvidenceState.APPROVED)
        .where(or_(Evidence.valid_until.is_(None), Evidence.valid_until >= today))
    )
    shown = exists(
        select(Treatment.id).where(
            Treatment.risk_id == Risk.id,
            cast(Treatment.controls, String) != "[]",
            or_(
                Treatment.due_on >= today, and_(Treatment.done_on.is_not(None), Treatment.effect != "", proof)
            ),
        )
    )
    bare = (
        select(func.min(Risk.number))
        .join(RiskAssessment, RiskAssessment.id == Risk.assessment_id)
        .where(RiskAssessment.system_id == AiSystem.id, RiskAssessment.state.in_(_STANDING), lowered, ~shown)
        .scalar_subquery()
    )
    return failing(bare.is_not(None), literal("Risk ") + cast(bare, String))
