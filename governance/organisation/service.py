"""Verbs on policies, objectives and training, and on handing over what a person owned."""

from datetime import datetime

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access.models import Person
from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.jobs.registry import recurring
from governance.organisation import progress, queries
from governance.organisation.catalogue import rules
from governance.organisation.models import (
    RUNNING,
    Acknowledgement,
    DocumentState,
    Objective,
    ObjectiveResult,
    ObjectiveState,
    Policy,
    TrainingRecord,
    TrainingState,
)
from governance.organisation.schemas import (
    DraftPolicy,
    EditPolicy,
    HandOver,
    RecordResult,
    RecordTraining,
    SetObjective,
    VerifyTraining,
    WithReason,
)
from governance.signoffs import service as signoffs

POLICY, OBJECTIVE = "policy", "objective"


@verb("policies.draft")
def draft_policy(session: Session, data: DraftPolicy) -> Policy:
    """Draft a policy or its next version (5.2, A.2.2)."""
    _refuse_bad_dates(data)
    versions = queries.versions_of(session, data.number)
    waiting = next(
        (item for item in versions if item.state in (DocumentState.DRAFT, DocumentState.IN_REVIEW)), None
    )
    if waiting is not None:
        raise Refused(
            f"{waiting.reference} is a draft of {data.number} already.", field="number", fix=waiting.path
        )
    revision = max((item.revision for item in versions), default=0) + 1
    item = Policy(**data.model_dump(), state=DocumentState.DRAFT, revision=revision)
    session.add(item)
    session.flush()
    return item


def _refuse_bad_dates(data: DraftPolicy) -> None:
    if data.review_due_on <= data.effective_from:
        raise Refused("The review comes after the day it takes effect (INV-G7).", field="review_due_on")
    if data.number == rules().ai_policy and data.review_due_on > data.effective_from + relativedelta(years=1):
        raise Refused("The AI policy is reviewed at least once a year (INV-POL2).", field="review_due_on")


@verb("policies.edit")
def edit_policy(session: Session, item: Policy, data: EditPolicy) -> Policy:
    """Change a draft."""
    if item.state != DocumentState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}; draft its next version.")
    _refuse_bad_dates(data)
    for name, value in data.model_dump(exclude={"version", "number"}).items():
        setattr(item, name, value)
    return item


@verb("policies.submit")
def submit_policy(session: Session, item: Policy) -> Policy:
    """Ask top management and compliance to approve (INV-POL2)."""
    if item.state != DocumentState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')} already.")
    item.state = DocumentState.IN_REVIEW
    signoffs.request(session, item, POLICY)
    return item


@signoffs.when_complete(POLICY)
def _approved(session: Session, record: Record) -> None:
    assert isinstance(record, Policy)
    record.state = DocumentState.APPROVED
    _take_effect(session, record)


@signoffs.when_rejected(POLICY)
def _rejected(session: Session, record: Record) -> None:
    record.state = DocumentState.DRAFT


def _take_effect(session: Session, item: Policy) -> None:
    """From its day on a version is in force, and the one before is superseded (INV-POL1)."""
    if item.effective_from > clock.today():
        return
    for earlier in queries.versions_of(session, item.number):
        if earlier.id != item.id and earlier.state == DocumentState.EFFECTIVE:
            earlier.state, earlier.state_reason = DocumentState.SUPERSEDED, f"{item.reference} took effect."
    item.state = DocumentState.EFFECTIVE


@verb("policies.withdraw")
def withdraw_policy(session: Session, item: Policy, data: WithReason) -> Policy:
    """Take a policy out of force, with the reason."""
    if item.state not in (DocumentState.APPROVED, DocumentState.EFFECTIVE):
        raise Refused(f"{item.reference} is not in force.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = DocumentState.WITHDRAWN, data.reason
    return item


@verb("policies.acknowledge")
def acknowledge(session: Session, item: Policy) -> Acknowledgement:
    """Say that one has read the version in force and keeps to it; a new version asks again (INV-POL3)."""
    actor = actor_of(session)
    if item.state != DocumentState.EFFECTIVE:
        raise Refused(f"{item.reference} is not in force.")
    there = select(Acknowledgement).where(
        Acknowledgement.policy_id == item.id, Acknowledgement.person_id == actor.person_id
    )
    found = session.scalars(there).first()
    if found is None:
        found = Acknowledgement(policy=item, person_id=actor.person_id or 0, at=clock.now())
        session.add(found)
        session.flush()
    return found


@verb("objectives.set")
def set_objective(session: Session, data: SetObjective) -> Objective:
    """Set an objective as a draft (6.2)."""
    if data.due_on <= data.starts_on:
        raise Refused("It is due after it begins.", field="due_on")
    if data.baseline == data.target:
        raise Refused("Baseline and target are the same; what should change?", field="target")
    item = Objective(**data.model_dump(), state=ObjectiveState.DRAFT)
    session.add(item)
    session.flush()
    return item


@verb("objectives.submit")
def submit_objective(session: Session, item: Objective) -> Objective:
    """Ask top management to approve."""
    if item.state != ObjectiveState.DRAFT:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')} already.")
    item.state = ObjectiveState.IN_REVIEW
    signoffs.request(session, item, OBJECTIVE)
    return item


@signoffs.when_complete(OBJECTIVE)
def _objective_approved(session: Session, record: Record) -> None:
    record.state = ObjectiveState.APPROVED


@signoffs.when_rejected(OBJECTIVE)
def _objective_rejected(session: Session, record: Record) -> None:
    record.state = ObjectiveState.DRAFT


@verb("objectives.record_result")
def record_result(session: Session, item: Objective, data: RecordResult) -> ObjectiveResult:
    """Record a value; whether the objective is on track or achieved is computed (INV-G6)."""
    if item.state not in RUNNING:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}; results are for approved ones.")
    if data.on > clock.today():
        raise Refused("This lies in the future.", field="on")
    if any(row.on == data.on for row in item.results):
        raise Refused("There is a value of this day already.", field="on")
    row = ObjectiveResult(**data.model_dump())
    item.results.append(row)
    session.flush()
    newest = max(item.results, key=lambda found: found.on)
    if progress.is_met(item.baseline, item.target, newest.value):
        item.state = ObjectiveState.ACHIEVED
    else:
        good = progress.on_track(
            item.baseline, item.target, newest.value, item.starts_on, item.due_on, newest.on
        )
        item.state = ObjectiveState.ON_TRACK if good else ObjectiveState.AT_RISK
    return row


@verb("objectives.cancel")
def cancel_objective(session: Session, item: Objective, data: WithReason) -> Objective:
    """Give an objective up, with the reason."""
    if item.state in (ObjectiveState.ACHIEVED, ObjectiveState.MISSED, ObjectiveState.CANCELLED):
        raise Refused(f"{item.reference} is {item.state} already.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = ObjectiveState.CANCELLED, data.reason
    return item


@recurring("organisation.dates", every_seconds=900)
def by_date(session: Session, now: datetime) -> None:
    """Policies take effect and objectives are missed on their day, whether somebody looks or not."""
    session.info["verb"] = "organisation.by_date"
    approved = select(Policy).where(Record.kind == "policy", Policy.state == DocumentState.APPROVED)
    for item in session.scalars(approved).all():
        _take_effect(session, item)
    running = select(Objective).where(
        Record.kind == "objective", Objective.state.in_(RUNNING), Objective.due_on < now.date()
    )
    for objective in session.scalars(running).all():
        objective.state, objective.state_reason = (
            ObjectiveState.MISSED,
            f"Not achieved by {objective.due_on}.",
        )


@verb("training.record")
def record_training(session: Session, data: RecordTraining) -> TrainingRecord:
    """Record a training; what must be demonstrated needs more than attendance (INV-TRN1)."""
    competence = rules().competences.get(data.competence)
    if competence is None:
        raise Refused("There is no such competence.", field="competence")
    if data.completed_on > clock.today():
        raise Refused("This lies in the future.", field="completed_on")
    if competence.proof == "demonstrated" and not data.proof:
        raise Refused(
            "Attendance alone does not show this competence; say what does (INV-TRN1).", field="proof"
        )
    person = people.person(session, data.person_id)
    item = TrainingRecord(
        **data.model_dump(exclude={"person_id"}),
        title=f"{competence.title}: {person.name}",
        owner_id=person.id,
        state=TrainingState.COMPLETED,
        expires_on=data.completed_on + relativedelta(months=competence.months),
    )
    session.add(item)
    session.flush()
    return item


@verb("training.verify")
def verify_training(session: Session, item: TrainingRecord, data: VerifyTraining) -> TrainingRecord:
    """Confirm that it shows in the work; not by the person trained."""
    if item.state != TrainingState.COMPLETED:
        raise Refused(f"{item.reference} is verified already.")
    if item.owner_id == actor_of(session).person_id:
        raise Refused("Nobody verifies their own training.")
    item.effect = data.effect
    session.flush()
    item.state = TrainingState.VERIFIED
    return item


@verb("ownership.hand_over")
def hand_over(session: Session, person: Person, data: HandOver) -> list[Record]:
    """Give what a person owns to a successor: every open record, one by one, with the reason in its history (INV-PER2, INV-SYS1)."""
    successor = people.person(session, data.successor_id)
    if successor.id == person.id or not successor.is_active:
        raise Refused("The successor is somebody else who is here.", field="successor_id")
    session.info["reason"] = data.reason
    given = []
    for record in queries.owned_by(session, person.id):
        if record.state not in record.FROZEN or "owner_id" in record.FREE:
            record.owner_id = successor.id
            given.append(record)
    session.flush()
    return given
