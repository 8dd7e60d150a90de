"""Verbs on tensions between values: open, deliberate, decide with reasons and dissent, revisit."""

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem
from governance.values.models import Tension, TensionState, Value
from governance.values.schemas import DecideTension, OpenTension, WithReason

POLICY = "value_tension"


@verb("values.open_tension")
def open_tension(session: Session, system: AiSystem, data: OpenTension) -> Tension:
    """Record that two values pull against each other in a system."""
    if data.first_value_id == data.second_value_id and not data.description:
        raise Refused("A tension is between two values, or two readings of one.", field="second_value_id")
    for name in ("first_value_id", "second_value_id"):
        if session.get(Value, getattr(data, name)) is None:
            raise Refused("There is no such value.", field=name)
    item = Tension(
        **data.model_dump(), state=TensionState.OPEN, owner_id=actor_of(session).person_id, system=system
    )
    session.add(item)
    session.flush()
    return item


@verb("values.deliberate")
def deliberate(session: Session, item: Tension) -> Tension:
    """Begin to deliberate; two options at least must be on the table."""
    if item.state not in (TensionState.OPEN, TensionState.REVISITED):
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}.")
    if len(item.options) < 2:
        raise Refused("List at least two options first; without a choice there is nothing to deliberate.")
    item.state = TensionState.DELIBERATING
    return item


@verb("values.decide_tension")
def decide_tension(session: Session, item: Tension, data: DecideTension) -> Tension:
    """Propose a decision for signature. An option that crosses a red line can never be decided (INV-TEN1)."""
    if item.state != TensionState.DELIBERATING:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')}; deliberate first.")
    if data.decision in item.crossing_options:
        raise Refused(
            "This option crosses a red line; a decision never trades one (INV-TEN1).", field="decision"
        )
    if data.decision not in item.options:
        raise Refused("Choose one of the options.", field="decision")
    if data.gave_way_id not in (item.first_value_id, item.second_value_id):
        raise Refused("One of the two values gave way.", field="gave_way_id")
    if data.review_on <= clock.today():
        raise Refused("The review lies in the future.", field="review_on")
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(item, name, value)
    item.state = TensionState.IN_REVIEW
    session.flush()
    signoffs.request(session, item, POLICY)
    return item


@signoffs.when_complete(POLICY)
def _decided(session: Session, record: Record) -> None:
    record.state = TensionState.DECIDED


@signoffs.when_rejected(POLICY)
def _not_decided(session: Session, record: Record) -> None:
    record.state = TensionState.DELIBERATING


@verb("values.revisit_tension")
def revisit_tension(session: Session, item: Tension, data: WithReason) -> Tension:
    """Open a decision again because of new evidence or its date."""
    if item.state != TensionState.DECIDED:
        raise Refused("Only a decided tension is revisited.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = TensionState.REVISITED, data.reason
    return item
