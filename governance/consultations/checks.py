"""What a gate or an auditor asks about the people affected."""

from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import Select, and_, exists, or_, select

from governance.consultations.catalogue import rules
from governance.consultations.models import Consultation, ConsultationConcern, ConsultationState
from governance.core.checks import check
from governance.systems.checks import failing
from governance.systems.models import AiSystem, Tier

_NEW = "/consultations/new?system={reference}"
_HEARD = (ConsultationState.FEEDBACK_GIVEN, ConsultationState.CLOSED)


def _consultations(*conditions: Any) -> Any:
    return exists(select(Consultation.id).where(Consultation.system_id == AiSystem.id, *conditions))


@check("consultations.planned", clause="A.5.4", severity="major", title="A consultation planned", fix=_NEW)
def none_planned(today: date) -> Select[Any]:
    """Nobody affected is going to be asked."""
    return failing(~_consultations(Consultation.state != ConsultationState.CANCELLED))


@check(
    "consultations.minimum_met",
    clause="A.5.4",
    severity="major",
    title="People affected were heard",
    fix=_NEW,
)
def minimum_not_met(today: date) -> Select[Any]:
    """No consultation with feedback reaches the level that the tier needs, or it is too old (INV-CON2)."""
    return failing(or_(*(_below(tier, today) for tier in Tier)))


def _below(tier: Tier, today: date) -> Any:
    least = rules().minimum[tier.value]
    conditions = [Consultation.state.in_(_HEARD), Consultation.level >= least.level]
    if least.every_months:
        conditions.append(Consultation.ends_on >= today - relativedelta(months=least.every_months))
    is_tier = AiSystem.tier == tier
    if tier is Tier.MODERATE:
        is_tier = or_(is_tier, AiSystem.tier.is_(None))
    return and_(is_tier, ~_consultations(*conditions))


@check(
    "consultations.concerns_answered",
    clause="A.8.3",
    severity="major",
    title="Every concern answered",
    fix="/consultations?q={reference}",
)
def concern_unanswered(today: date) -> Select[Any]:
    """A consultation is over and a concern has no disposition."""
    waiting = (
        select(ConsultationConcern.id)
        .join(Consultation, Consultation.id == ConsultationConcern.consultation_id)
        .where(Consultation.system_id == AiSystem.id, ConsultationConcern.disposition.is_(None))
        .where(Consultation.state != ConsultationState.CANCELLED, Consultation.ends_on < today)
    )
    return failing(exists(waiting))
