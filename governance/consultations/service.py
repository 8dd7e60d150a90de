"""Verbs on consultations: plan, hear, answer, tell back, close."""

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.consultations.catalogue import rules
from governance.consultations.models import (
    Consultation,
    ConsultationConcern,
    ConsultationState,
    ConsultedGroup,
)
from governance.consultations.schemas import (
    AskToClose,
    Cancel,
    GiveFeedback,
    PlanConsultation,
    RecordConcern,
    RecordGroup,
    Respond,
)
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem

POLICY = "consultation_close"
_LIVE = (ConsultationState.OPEN, ConsultationState.RESPONDING)


@verb("consultations.plan")
def plan(session: Session, system: AiSystem, data: PlanConsultation) -> Consultation:
    """Plan a consultation with people affected by a system (A.5.4)."""
    if data.method not in rules().methods:
        raise Refused("There is no such method.", field="method")
    consultation = Consultation(
        **data.model_dump(exclude={"groups"}),
        state=ConsultationState.PLANNED,
        owner_id=actor_of(session).person_id,
        system=system,
    )
    consultation.groups = [ConsultedGroup(name=name) for name in dict.fromkeys(data.groups)]
    session.add(consultation)
    session.flush()
    return consultation


def _refuse_unless(consultation: Consultation, *states: ConsultationState) -> None:
    if consultation.state not in states:
        wanted = " or ".join(state.value.replace("_", " ") for state in states)
        raise Refused(
            f"{consultation.reference} is {consultation.state.replace('_', ' ')}; this is for one that is {wanted}."
        )


@verb("consultations.open")
def open_(session: Session, consultation: Consultation) -> Consultation:
    """Open a planned consultation."""
    _refuse_unless(consultation, ConsultationState.PLANNED)
    consultation.state = ConsultationState.OPEN
    return consultation


@verb("consultations.record_group")
def record_group(session: Session, consultation: Consultation, data: RecordGroup) -> ConsultedGroup:
    """Record how many of a group were invited and took part."""
    _refuse_unless(consultation, *_LIVE)
    group = next((item for item in consultation.groups if item.name == data.name), None)
    if group is None:
        group = ConsultedGroup(name=data.name)
        consultation.groups.append(group)
    for name, value in data.model_dump(exclude={"version", "name"}).items():
        setattr(group, name, value)
    consultation.touch()
    session.flush()
    return group


@verb("consultations.record_concern")
def record_concern(session: Session, consultation: Consultation, data: RecordConcern) -> ConsultationConcern:
    """Record a concern or position that was heard."""
    _refuse_unless(consultation, *_LIVE)
    number = max((item.number for item in consultation.concerns), default=0) + 1
    concern = ConsultationConcern(**data.model_dump(exclude={"version"}), number=number)
    consultation.concerns.append(concern)
    consultation.touch()
    session.flush()
    return concern


@verb("consultations.respond")
def respond(
    session: Session, consultation: Consultation, concern: ConsultationConcern, data: Respond
) -> ConsultationConcern:
    """Say what becomes of a concern, with the reason and the change that followed."""
    _refuse_unless(consultation, *_LIVE)
    if data.change_reference and records.find(session, data.change_reference) is None:
        raise Refused(f"There is no record {data.change_reference}.", field="change_reference")
    concern.disposition, concern.disposition_reason = data.disposition, data.reason
    concern.change_reference = data.change_reference.upper()
    concern.decided_by_id, concern.decided_on = actor_of(session).person_id, clock.today()
    consultation.state = ConsultationState.RESPONDING
    consultation.touch()
    return concern


@verb("consultations.give_feedback")
def give_feedback(session: Session, consultation: Consultation, data: GiveFeedback) -> Consultation:
    """Record what was told back. Refused while a concern has no disposition (CON-1)."""
    _refuse_unless(consultation, *_LIVE)
    waiting = [str(item.number) for item in consultation.concerns if item.disposition is None]
    if waiting:
        raise Refused(f"Concern {', '.join(waiting)} has no disposition yet (CON-1).", fix=consultation.path)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(consultation, name, value)
    consultation.state = ConsultationState.FEEDBACK_GIVEN
    return consultation


@verb("consultations.ask_to_close")
def ask_to_close(session: Session, consultation: Consultation, data: AskToClose) -> Consultation:
    """Say how representative it was and who was missing, and ask for the signature that closes it (CON-2, CON-8)."""
    _refuse_unless(consultation, ConsultationState.FEEDBACK_GIVEN)
    if not any(group.took_part for group in consultation.groups):
        raise Refused("Nobody took part; cancel it with the reason instead.", fix=consultation.path)
    consultation.representativeness, consultation.missing_voices = (
        data.representativeness,
        data.missing_voices,
    )
    session.flush()
    signoffs.request(session, consultation, POLICY)
    return consultation


@signoffs.when_complete(POLICY)
def _closed(session: Session, record: Record) -> None:
    record.state = ConsultationState.CLOSED


@verb("consultations.cancel")
def cancel(session: Session, consultation: Consultation, data: Cancel) -> Consultation:
    """Cancel a consultation, with the reason; what was heard stays on record."""
    _refuse_unless(consultation, ConsultationState.PLANNED, *_LIVE)
    session.info["reason"] = data.reason
    consultation.state, consultation.state_reason = ConsultationState.CANCELLED, data.reason
    return consultation
