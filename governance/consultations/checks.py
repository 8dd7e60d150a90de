"""What a gate or an auditor asks about the people affected."""

from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from governance.consultations.catalogue import rules
from governance.consultations.models import (
    Consultation,
    ConsultationConcern,
    ConsultationState,
    ConsultedGroup,
)
from governance.consultations.participation_models import (
    ConsultationDecision,
    Contribution,
    DecisionKind,
    DecisionState,
    Relation,
    Stakeholder,
    StakeholderKind,
    StakeholderState,
    StakeholderSystem,
)
from governance.consultations.states import HEARD, LIVE
from governance.core.checks import check
from governance.core.records import Record
from governance.systems.checks import failing
from governance.systems.models import AiSystem, Tier

_NEW = "/consultations/new?system={reference}"
_PAGE = "/consultations/{reference}"


def _consultations(*conditions: Any) -> ColumnElement[bool]:
    return exists(select(Consultation.id).where(Consultation.system_id == AiSystem.id, *conditions))


def _took_part() -> ColumnElement[bool]:
    """Whether anybody of the group of the enclosing SELECT took part, in person or by a link."""
    sent = exists(select(Contribution.id).where(Contribution.group_id == ConsultedGroup.id))
    return or_(ConsultedGroup.took_part > 0, sent)


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
    """No consultation with feedback reaches what the tier needs: level, age, groups, in time for the decision (INV-CON2, CON-7)."""
    return failing(or_(*(_below(tier, today) for tier in Tier)))


def _is_tier(tier: Tier) -> ColumnElement[bool]:
    """One that is not classified yet counts as moderate."""
    is_tier: ColumnElement[bool] = AiSystem.tier == tier
    return or_(is_tier, AiSystem.tier.is_(None)) if tier is Tier.MODERATE else is_tier


def _counting(tier: Tier, today: date) -> list[Any]:
    least = rules().least(tier.value)
    conditions: list[Any] = [
        Consultation.state.in_(HEARD),
        Consultation.level >= least.level,
        Consultation.late_because == "",
    ]
    if least.every_months:
        conditions.append(Consultation.ends_on >= today - relativedelta(months=least.every_months))
    return conditions


def _below(tier: Tier, today: date) -> ColumnElement[bool]:
    least, conditions = rules().least(tier.value), _counting(tier, today)
    if least.groups == "told":
        return and_(_is_tier(tier), ~_consultations(*conditions))
    somebody = exists(
        select(ConsultedGroup.id)
        .join(Consultation, Consultation.id == ConsultedGroup.consultation_id)
        .where(Consultation.system_id == AiSystem.id, _took_part(), *conditions)
    )
    lacking = [~somebody]
    if least.groups == "all_directly_affected":
        lacking.append(_unheard(conditions, Stakeholder.relation == Relation.DIRECTLY_AFFECTED))
    if least.advocate:
        lacking.append(
            ~_stakeholders(Stakeholder.party == StakeholderKind.INDEPENDENT_ADVOCATE, _was_heard(conditions))
        )
    return and_(_is_tier(tier), or_(*lacking))


def _stakeholders(*conditions: Any) -> ColumnElement[bool]:
    return exists(
        select(Stakeholder.id)
        .join(StakeholderSystem, StakeholderSystem.stakeholder_id == Stakeholder.id)
        .where(
            StakeholderSystem.system_id == AiSystem.id,
            Stakeholder.state != StakeholderState.INACTIVE,
            *conditions,
        )
    )


def _was_heard(conditions: list[Any]) -> ColumnElement[bool]:
    """Whether the stakeholder of the enclosing SELECT took part in a consultation about the system."""
    return exists(
        select(ConsultedGroup.id)
        .join(Consultation, Consultation.id == ConsultedGroup.consultation_id)
        .where(
            ConsultedGroup.key == Stakeholder.name_key,
            Consultation.system_id == AiSystem.id,
            _took_part(),
            *conditions,
        )
        .correlate(AiSystem, Stakeholder)
    )


def _unheard(conditions: list[Any], *which: Any) -> ColumnElement[bool]:
    return _stakeholders(~_was_heard(conditions), *which)


@check(
    "consultations.groups_heard",
    clause="A.5.4",
    severity="major",
    title="Every group affected directly was heard in time",
    fix="/affected-groups?system={reference}",
)
def group_never_heard(today: date) -> Select[Any]:
    """A group of the stakeholder register took part in no consultation within the months that the tier allows."""
    found = []
    for tier in Tier:
        months = rules().least(tier.value).every_months
        recent: list[Any] = [Consultation.state != ConsultationState.CANCELLED]
        if months:
            recent.append(Consultation.ends_on >= today - relativedelta(months=months))
        direct = Stakeholder.relation == Relation.DIRECTLY_AFFECTED
        found.append(and_(_is_tier(tier), _unheard(recent, direct)))
    return failing(or_(*found))


@check(
    "consultations.stakeholders_confirmed",
    clause="4.2, A.5.4",
    severity="minor",
    title="A confirmed entry in the stakeholder register",
    fix="/affected-groups?system={reference}",
)
def no_stakeholder(today: date) -> Select[Any]:
    """Nobody looked at who is affected by the system: no group is confirmed (INV-STK1)."""
    return failing(~_stakeholders(Stakeholder.state == StakeholderState.CONFIRMED))


@check(
    "consultations.concerns_answered",
    clause="A.8.3",
    severity="major",
    title="Every concern answered",
    fix="/consultations?q={reference}",
)
def concern_unanswered(today: date) -> Select[Any]:
    """A consultation is over and a concern has no disposition (CON-1)."""
    waiting = (
        select(ConsultationConcern.id)
        .join(Consultation, Consultation.id == ConsultationConcern.consultation_id)
        .where(Consultation.system_id == AiSystem.id, ConsultationConcern.disposition.is_(None))
        .where(ConsultationConcern.merged_into_id.is_(None))
        .where(Consultation.state != ConsultationState.CANCELLED, Consultation.ends_on < today)
    )
    return failing(exists(waiting))


@check(
    "consultations.in_time",
    clause="A.5.4",
    severity="minor",
    title="Asked before the decision",
    fix="/consultations?q={reference}",
)
def only_late(today: date) -> Select[Any]:
    """Every consultation about the system was opened after the decision that it should inform (CON-7)."""
    held = Consultation.state.in_((*LIVE, *HEARD))
    return failing(
        and_(
            _consultations(held, Consultation.late_because != ""),
            ~_consultations(held, Consultation.late_because == ""),
        )
    )


def _failing_consultations(condition: ColumnElement[bool], detail: Any = "") -> Select[Any]:
    text = literal(detail) if isinstance(detail, str) else detail
    columns: Any = select(Consultation.id, Record.reference, text.label("detail"))
    statement: Select[Any] = columns.select_from(Consultation).where(condition)
    return statement


@check(
    "consultations.somebody_came",
    clause="A.5.4",
    severity="major",
    title="Somebody took part",
    fix=_PAGE,
    about="consultation",
)
def nobody_came(today: date) -> Select[Any]:
    """A consultation was answered or closed although nobody took part."""
    came = exists(
        select(ConsultedGroup.id).where(ConsultedGroup.consultation_id == Consultation.id, _took_part())
    )
    return _failing_consultations(and_(Consultation.state.in_(HEARD), Consultation.level > 1, ~came))


@check(
    "consultations.escalations_signed",
    clause="5.1, A.5.4",
    severity="major",
    title="Grave concerns that are turned down are known to top management",
    fix=_PAGE,
    about="consultation",
)
def escalation_waits(today: date) -> Select[Any]:
    """Top management has not signed yet that a grave concern is turned down (CON-6)."""
    waits = exists(
        select(ConsultationDecision.id).where(
            ConsultationDecision.consultation_id == Consultation.id,
            ConsultationDecision.what == DecisionKind.ESCALATION,
            ConsultationDecision.state == DecisionState.REQUESTED,
        )
    )
    return _failing_consultations(waits)


@check(
    "consultations.words_erased",
    clause="A.7.3",
    severity="major",
    title="Words of participants are erased when their time is over",
    fix=_PAGE + "/contributions",
    about="consultation",
)
def kept_too_long(today: date) -> Select[Any]:
    """What participants wrote is still there after the day on which it was to be erased (INV-G11)."""
    kept = (
        select(func.count())
        .select_from(Contribution)
        .where(Contribution.consultation_id == Consultation.id, Contribution.content.is_not(None))
    )
    return _failing_consultations(and_(Consultation.retention_until < today, kept.scalar_subquery() > 0))
