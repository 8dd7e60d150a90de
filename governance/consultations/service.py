"""Verbs on consultations: plan, open, hear, answer, tell back, close."""

from sqlalchemy.orm import Session

from governance.access.models import Person
from governance.access.verbs import actor_of, verb
from governance.consultations import decisions, queries
from governance.consultations.catalogue import rules
from governance.consultations.models import (
    Consultation,
    ConsultationConcern,
    ConsultationState,
    ConsultedGroup,
    key_of,
)
from governance.consultations.participation_models import DecisionKind
from governance.consultations.schemas import (
    AskToClose,
    Cancel,
    EditPlan,
    GiveFeedback,
    Merge,
    PlanConsultation,
    RecordConcern,
    RecordGroup,
    Respond,
)
from governance.consultations.states import DRAFTED, LIVE, gate_ahead, refuse_unless, too_late
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem
from governance.systems.stages import lifecycle

POLICY = "consultation_close"


@verb("consultations.plan")
def plan(session: Session, system: AiSystem, data: PlanConsultation) -> Consultation:
    """Plan a consultation with people affected by a system (A.5.4)."""
    _refuse_unknown(data)
    values = data.model_dump(exclude={"groups"})
    consultation = Consultation(
        **(values | {"informs_gate": data.informs_gate or gate_ahead(session, system)}),
        state=ConsultationState.PLANNED,
        owner_id=actor_of(session).person_id,
        system=system,
    )
    _refuse_owner_as_facilitator(session, consultation)
    consultation.groups = _groups(data.groups)
    session.add(consultation)
    session.flush()
    return consultation


@verb("consultations.edit_plan")
def edit_plan(session: Session, consultation: Consultation, data: EditPlan) -> Consultation:
    """Change a plan before it opens. An approval of the former plan is void then."""
    refuse_unless(consultation, *DRAFTED)
    _refuse_unknown(data)
    values = data.model_dump(exclude={"groups", "version"})
    values["informs_gate"] = data.informs_gate or consultation.informs_gate
    for name, value in values.items():
        setattr(consultation, name, value)
    _refuse_owner_as_facilitator(session, consultation)
    there = {item.key: item for item in consultation.groups}
    wanted = {item.key: item for item in _groups(data.groups)}
    if invited := queries.invited_groups(session, consultation) & {
        there[key].id for key in there.keys() - wanted
    }:
        names = ", ".join(item.name for item in consultation.groups if item.id in invited)
        raise Refused(f"There are invitations for {names}; this group cannot be left out.", field="groups")
    for key in there.keys() - wanted:
        session.delete(there[key])
    session.flush()
    session.expire(consultation, ["groups"])
    consultation.groups.extend(wanted[key] for key in wanted.keys() - there)
    for item in decisions.standing(session, consultation, DecisionKind.PLAN):
        decisions.void(session, item, "The plan was changed.")
    consultation.state = ConsultationState.PLANNED
    consultation.touch()
    session.flush()
    return consultation


def _groups(names: list[str]) -> list[ConsultedGroup]:
    return [ConsultedGroup(name=name) for name in {key_of(name): name[:200] for name in names}.values()]


def _refuse_unknown(data: PlanConsultation) -> None:
    if data.method not in rules().methods:
        raise Refused("There is no such method.", field="method")
    if data.informs_gate and data.informs_gate not in {gate.id for gate in lifecycle().gates}:
        raise Refused("There is no such gate.", field="informs_gate")


def _refuse_owner_as_facilitator(session: Session, consultation: Consultation) -> None:
    """CON-9."""
    system = consultation.system
    if consultation.facilitator_id and session.get(Person, consultation.facilitator_id) is None:
        raise Refused("There is no such person.", field="facilitator_id")
    if system.tier is None or system.tier.value not in rules().facilitated_apart_for or not system.owner_id:
        return
    owner = session.get_one(Person, system.owner_id)
    for field, is_owner in (
        ("facilitator_id", consultation.facilitator_id == owner.id),
        ("facilitator_outside", key_of(consultation.facilitator_outside or "") == key_of(owner.name)),
    ):
        if is_owner:
            raise Refused(
                f"{owner.name} owns {system.reference}, which is {system.tier.value}: somebody else must lead its consultation (CON-9).",
                field=field,
                fix=f"{consultation.path}/edit" if consultation.reference else "",
            )


@verb("consultations.open")
def open_(session: Session, consultation: Consultation) -> Consultation:
    """Open a consultation for contributions. Where the tier asks for it, its plan must be signed; whether it is late is found here (CON-7)."""
    refuse_unless(consultation, *DRAFTED)
    if decisions.needs_signed_plan(consultation) and consultation.state != ConsultationState.APPROVED:
        raise Refused(
            f"The plan of {consultation.reference} must be signed before anybody is asked, because {consultation.system.reference} is "
            f"{consultation.system.tier}; ask for the approval on its page.",
            fix=consultation.path,
        )
    _refuse_owner_as_facilitator(session, consultation)
    gate = consultation.informs_gate or gate_ahead(session, consultation.system)
    consultation.late_because = too_late(session, consultation.system, gate)
    consultation.opened_on = clock.today()
    consultation.state = ConsultationState.OPEN
    return consultation


@verb("consultations.begin_analysing")
def begin_analysing(session: Session, consultation: Consultation) -> Consultation:
    """Close it for contributions; links stop working, what was said is read now."""
    refuse_unless(consultation, ConsultationState.OPEN)
    consultation.state = ConsultationState.ANALYSING
    return consultation


@verb("consultations.begin_responding")
def begin_responding(session: Session, consultation: Consultation) -> Consultation:
    """Begin to answer the concerns. Refused while a contribution was not read (CON-1)."""
    refuse_unless(consultation, ConsultationState.OPEN, ConsultationState.ANALYSING)
    _refuse_unread(session, consultation)
    consultation.state = ConsultationState.RESPONDING
    return consultation


def _refuse_unread(session: Session, consultation: Consultation) -> None:
    if unread := queries.unread(session, consultation):
        first = ", ".join(str(number) for number in unread[:20])
        raise Refused(
            f"Contribution {first} led to no concern yet and was not set aside (CON-1).",
            fix=f"{consultation.path}/contributions",
        )


@verb("consultations.record_group")
def record_group(session: Session, consultation: Consultation, data: RecordGroup) -> ConsultedGroup:
    """Record how many of a group were invited and took part."""
    refuse_unless(consultation, *LIVE)
    group = next((item for item in consultation.groups if item.key == key_of(data.name)), None)
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
    refuse_unless(consultation, *LIVE)
    number = max((item.number for item in consultation.concerns), default=0) + 1
    concern = ConsultationConcern(**data.model_dump(exclude={"version"}), number=number)
    consultation.concerns.append(concern)
    consultation.touch()
    session.flush()
    return concern


@verb("consultations.merge")
def merge(
    session: Session, consultation: Consultation, concern: ConsultationConcern, data: Merge
) -> ConsultationConcern:
    """Merge a concern into one that says the same, whose answer then counts for both; without a number take it out again."""
    refuse_unless(consultation, *LIVE)
    target = next((item for item in consultation.concerns if item.number == data.into), None)
    if data.into is not None and target is None:
        raise Refused(f"{consultation.reference} has no concern {data.into}.", field="into")
    if target is concern or (target is not None and target.merged_into_id is not None):
        raise Refused("Choose another concern, one that is not merged itself.", field="into")
    if any(item.merged_into_id == concern.id for item in consultation.concerns):
        raise Refused(f"Other concerns were merged into {concern.number}; take them out first.", field="into")
    if target is not None:
        # The graver view of the two is the one that is answered (CON-6).
        target.severity = max(target.severity, concern.severity)
        target.touches_red_line = target.touches_red_line or concern.touches_red_line
        concern.disposition, concern.disposition_reason, concern.change_reference = None, "", ""
        concern.decided_by_id, concern.decided_on = None, None
    concern.merged_into = target
    concern.merged_into_id = target.id if target else None
    for item in (concern, target):
        if item is not None:
            decisions.escalate(session, consultation, item)
    consultation.touch()
    session.flush()
    return concern


@verb("consultations.respond")
def respond(
    session: Session, consultation: Consultation, concern: ConsultationConcern, data: Respond
) -> ConsultationConcern:
    """Say what becomes of a concern, with the reason and the change that followed. A grave one turned down is escalated (CON-6)."""
    refuse_unless(consultation, *LIVE)
    if concern.merged_into is not None:
        raise Refused(
            f"Concern {concern.number} was merged into {concern.merged_into.number}; answer that one.",
            field="disposition",
        )
    if data.change_reference and records.find(session, data.change_reference) is None:
        raise Refused(f"There is no record {data.change_reference}.", field="change_reference")
    if consultation.state != ConsultationState.RESPONDING:
        begin_responding(session, consultation)
    concern.disposition, concern.disposition_reason = data.disposition, data.reason
    concern.change_reference = data.change_reference.upper()
    concern.decided_by_id, concern.decided_on = actor_of(session).person_id, clock.today()
    if data.severity is not None:
        concern.severity = data.severity
    if data.touches_red_line is not None:
        concern.touches_red_line = data.touches_red_line
    decisions.escalate(session, consultation, concern)
    consultation.touch()
    return concern


@verb("consultations.give_feedback")
def give_feedback(session: Session, consultation: Consultation, data: GiveFeedback) -> Consultation:
    """Record what was told back.

    Refused while a contribution is unread or a concern has no disposition (CON-1), and while top management has not signed
    that a grave concern is turned down (CON-6).
    """
    refuse_unless(consultation, *LIVE)
    _refuse_unread(session, consultation)
    waiting = [str(item.number) for item in consultation.concerns if item.is_waiting]
    if waiting:
        raise Refused(f"Concern {', '.join(waiting)} has no disposition yet (CON-1).", fix=consultation.path)
    if open_at_the_top := decisions.unsigned(session, consultation):
        first = open_at_the_top[0]
        raise Refused(
            f"Concern {first.concern_number} is grave and turned down; top management must sign {first.reference} first (CON-6).",
            fix=first.path,
        )
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(consultation, name, value)
    consultation.state = ConsultationState.FEEDBACK_GIVEN
    return consultation


@verb("consultations.ask_to_close")
def ask_to_close(session: Session, consultation: Consultation, data: AskToClose) -> Consultation:
    """Say how representative it was and who was missing, and ask for the signature that closes it (CON-2, CON-8)."""
    refuse_unless(consultation, ConsultationState.FEEDBACK_GIVEN)
    if not any(queries.heads(session, consultation).values()):
        raise Refused("Nobody took part; cancel it with the reason instead.", fix=consultation.path)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(consultation, name, value)
    session.flush()
    signoffs.request(session, consultation, POLICY)
    return consultation


@signoffs.when_complete(POLICY)
def _closed(session: Session, record: Record) -> None:
    record.state = ConsultationState.CLOSED


@verb("consultations.cancel")
def cancel(session: Session, consultation: Consultation, data: Cancel) -> Consultation:
    """Cancel a consultation, with the reason; what was heard stays on record."""
    refuse_unless(consultation, *DRAFTED, *LIVE, ConsultationState.FEEDBACK_GIVEN)
    for what in DecisionKind:
        for item in decisions.standing(session, consultation, what):
            decisions.void(session, item, "The consultation was cancelled.")
    session.info["reason"] = data.reason
    consultation.state, consultation.state_reason = ConsultationState.CANCELLED, data.reason
    return consultation
