"""Verbs on management reviews: plan, hold with inputs frozen, answer, decide, approve the minutes, carry out."""

from typing import Any

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.organisation import inputs
from governance.organisation.models import ManagementReview, ReviewDecision, ReviewState
from governance.organisation.schemas import AnswerInputs, CarryOut, Decide, HoldReview, PlanReview
from governance.signoffs import service as signoffs

POLICY = "management_review"


@verb("reviews.plan")
def plan(session: Session, data: PlanReview) -> ManagementReview:
    """Plan a review (9.3.1)."""
    if data.period_from >= data.planned_on:
        raise Refused("A review looks back.", field="period_from")
    item = ManagementReview(
        **data.model_dump(), state=ReviewState.PLANNED, owner_id=actor_of(session).person_id
    )
    session.add(item)
    session.flush()
    return item


@verb("reviews.hold")
def hold(session: Session, item: ManagementReview, data: HoldReview) -> ManagementReview:
    """Hold it: everything the registry knows about the period is frozen into the minutes."""
    if item.state != ReviewState.PLANNED:
        raise Refused(f"{item.reference} was held already.")
    if data.held_on > clock.today():
        raise Refused("This lies in the future.", field="held_on")
    item.held_on, item.attendees = data.held_on, data.attendees
    item.inputs = inputs.collected(session, item.period_from, data.held_on)
    item.state = ReviewState.HELD
    return item


@verb("reviews.answer")
def answer(session: Session, item: ManagementReview, data: AnswerInputs) -> ManagementReview:
    """Write down what was said about each input, and the conclusions."""
    _refuse_unless_held(item)
    known = {str(row["id"]) for row in item.inputs}
    if unknown := data.answers.keys() - known:
        raise Refused(f"There is no input {', '.join(sorted(unknown))}.")
    item.inputs = [_answered(row, data.answers) for row in item.inputs]
    item.conclusions = data.conclusions
    return item


def _answered(row: dict[str, Any], answers: dict[str, str]) -> dict[str, Any]:
    return {**row, "answer": answers.get(str(row["id"]), str(row["answer"])).strip()}


@verb("reviews.decide")
def decide(session: Session, item: ManagementReview, data: Decide) -> ReviewDecision:
    """Decide something that somebody carries out until a date (INV-MR2)."""
    _refuse_unless_held(item)
    decision = ReviewDecision(**data.model_dump(exclude={"version"}))
    item.decisions.append(decision)
    item.touch()
    session.flush()
    return decision


@verb("reviews.submit")
def submit(session: Session, item: ManagementReview) -> ManagementReview:
    """Ask top management to approve the minutes; every input is answered or says «nothing to report» (INV-MR1)."""
    _refuse_unless_held(item)
    if open_inputs := [str(row["title"]) for row in item.inputs if not row["answer"]]:
        raise Refused(
            f"{len(open_inputs)} inputs have no answer; write “nothing to report” where that is so (INV-MR1): {', '.join(open_inputs[:4])}.",
            fix=item.path,
        )
    if not item.decisions and not item.conclusions:
        raise Refused("A review without a decision says at least what it concluded (9.3.3).", fix=item.path)
    item.state = ReviewState.IN_REVIEW
    signoffs.request(session, item, POLICY)
    return item


@signoffs.when_complete(POLICY)
def _approved(session: Session, record: Record) -> None:
    record.state = ReviewState.MINUTES_APPROVED


@signoffs.when_rejected(POLICY)
def _rejected(session: Session, record: Record) -> None:
    record.state = ReviewState.HELD


@verb("reviews.carry_out")
def carry_out(
    session: Session, item: ManagementReview, decision: ReviewDecision, data: CarryOut
) -> ReviewDecision:
    """Record that a decision was carried out; also after the minutes are approved."""
    if data.done_on > clock.today():
        raise Refused("This lies in the future.", field="done_on")
    decision.done_on, decision.done_note = data.done_on, data.done_note
    return decision


def _refuse_unless_held(item: ManagementReview) -> None:
    if item.state != ReviewState.HELD:
        raise Refused(
            f"{item.reference} is {item.state.replace('_', ' ')}; this is for a review that is held."
        )
