"""Verbs of decisions that need a signature: the plan before anybody is asked, and a grave concern that is turned down."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.consultations.catalogue import rules
from governance.consultations.models import Consultation, ConsultationConcern, ConsultationState
from governance.consultations.participation_models import (
    ConsultationDecision,
    DecisionKind,
    DecisionState,
)
from governance.consultations.states import refuse_unless
from governance.core.errors import Gap, Refused
from governance.core.records import Record
from governance.signoffs import queries as signatures
from governance.signoffs import service as signoffs
from governance.signoffs.models import SignOffState

PLAN_POLICY = "consultation_plan"
ESCALATION_POLICY = "consultation_escalation"
_STANDING = (DecisionState.REQUESTED, DecisionState.APPROVED)


def standing(session: Session, consultation: Consultation, what: DecisionKind) -> list[ConsultationDecision]:
    """Decisions of a kind that are requested or approved, oldest first."""
    statement = select(ConsultationDecision).where(
        ConsultationDecision.consultation_id == consultation.id,
        ConsultationDecision.what == what,
        ConsultationDecision.state.in_(_STANDING),
    )
    return list(session.scalars(statement.order_by(ConsultationDecision.id)))


@verb("consultations.ask_plan_approval")
def ask_plan_approval(session: Session, consultation: Consultation) -> ConsultationDecision:
    """Ask for the signature under a plan. Refused with the list of what the plan still lacks."""
    refuse_unless(consultation, ConsultationState.PLANNED)
    if gaps := missing_of_plan(consultation):
        raise Refused(f"The plan of {consultation.reference} is not complete.", gaps=gaps)
    for item in standing(session, consultation, DecisionKind.PLAN):
        void(session, item, "The approval was asked for again.")
    return _ask(session, consultation, DecisionKind.PLAN, PLAN_POLICY, consultation.plan())


def missing_of_plan(consultation: Consultation) -> tuple[Gap, ...]:
    """What must be fixed before a plan can be approved: questions, groups, who leads it, and on which basis."""
    wanted = (
        ("questions", "The questions, word for word", "A.5.4", consultation.questions),
        ("groups", "The groups to reach", "A.5.4", consultation.groups),
        (
            "facilitator_id",
            "A facilitator",
            "A.5.4",
            consultation.facilitator_id or consultation.facilitator_outside,
        ),
        ("lawful_basis", "The lawful basis for what people say", "A.7.3", consultation.lawful_basis),
    )
    return tuple(
        Gap(f"plan.{name}", clause, "major", title, f"{consultation.path}/edit#{name}")
        for name, title, clause, there in wanted
        if not there
    )


def needs_signed_plan(consultation: Consultation) -> bool:
    """Whether the tier of the system asks for a signature before anybody is asked."""
    tier = consultation.system.tier
    return tier is not None and tier.value in rules().plan_signed_for


def escalate(
    session: Session, consultation: Consultation, concern: ConsultationConcern
) -> ConsultationDecision | None:
    """Bring a grave concern that is declined or deferred before top management; what was asked about it earlier is void (CON-6)."""
    session.flush()
    for item in standing(session, consultation, DecisionKind.ESCALATION):
        if item.concern_number == concern.number:
            if concern.must_escalate and item.subject == concern.signed_content():
                return item
            void(session, item, "The concern was answered anew.")
    if not concern.must_escalate:
        return None
    return _ask(
        session,
        consultation,
        DecisionKind.ESCALATION,
        ESCALATION_POLICY,
        concern.signed_content(),
        concern.number,
    )


def unsigned(session: Session, consultation: Consultation) -> list[ConsultationDecision]:
    """Escalations that top management has not signed yet."""
    return [
        item
        for item in standing(session, consultation, DecisionKind.ESCALATION)
        if item.state == DecisionState.REQUESTED
    ]


def void(session: Session, item: ConsultationDecision, reason: str) -> None:
    """Say that a decision no longer counts; signatures that are still asked for are withdrawn."""
    for row in signatures.of_record(session, item):
        if row.state == SignOffState.REQUESTED:
            row.state, row.state_reason = SignOffState.WITHDRAWN, reason
    item.state, item.state_reason = DecisionState.VOID, reason


def _ask(
    session: Session,
    consultation: Consultation,
    what: DecisionKind,
    policy: str,
    subject: dict[str, Any],
    concern_number: int | None = None,
) -> ConsultationDecision:
    name = "Plan" if what is DecisionKind.PLAN else f"Concern {concern_number} turned down"
    item = ConsultationDecision(
        title=f"{name}: {consultation.title}",
        state=DecisionState.REQUESTED,
        owner_id=actor_of(session).person_id,
        system=consultation.system,
        consultation=consultation,
        what=what,
        concern_number=concern_number,
        subject=subject,
    )
    session.add(item)
    session.flush()
    signoffs.request(session, item, policy)
    return item


def _decision(record: Record) -> ConsultationDecision:
    assert isinstance(record, ConsultationDecision)
    return record


@signoffs.before_signing(PLAN_POLICY)
@signoffs.before_signing(ESCALATION_POLICY)
def _still_so(session: Session, record: Record) -> None:
    item = _decision(record)
    if item.state != DecisionState.REQUESTED:
        raise Refused(f"{item.reference} is {item.state}: {item.state_reason}", fix=item.consultation.path)


@signoffs.when_complete(PLAN_POLICY)
def _plan_approved(session: Session, record: Record) -> None:
    item = _decision(record)
    item.state = DecisionState.APPROVED
    item.consultation.state = ConsultationState.APPROVED


@signoffs.when_complete(ESCALATION_POLICY)
def _known_at_the_top(session: Session, record: Record) -> None:
    _decision(record).state = DecisionState.APPROVED


@signoffs.when_rejected(PLAN_POLICY)
def _plan_refused(session: Session, record: Record) -> None:
    _decision(record).state = DecisionState.REFUSED


@signoffs.when_rejected(ESCALATION_POLICY)
def _answer_again(session: Session, record: Record) -> None:
    """Top management does not turn it down: the concern waits for another answer."""
    item = _decision(record)
    item.state = DecisionState.REFUSED
    for concern in item.consultation.concerns:
        if concern.number == item.concern_number:
            concern.disposition, concern.disposition_reason = None, ""
            concern.decided_by_id, concern.decided_on = None, None
    item.consultation.touch()
