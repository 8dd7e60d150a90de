"""Findings to answer, corrective actions to carry out and effects to verify."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.core.records import Record
from governance.improvement.models import ActionState, CorrectiveAction, Finding, FindingState

_AREA = "Findings and corrective actions"
_TO_DO = (ActionState.PLANNED, ActionState.REOPENED)


@duties
def findings_to_answer(session: Session, actor: Actor) -> Iterable[Duty]:
    """Findings on the person's systems that nobody answered, or that have no action yet."""
    waiting = (FindingState.ISSUED, FindingState.ACCEPTED)
    mine = select(Finding).where(
        Record.kind == "finding", Finding.owner_id == actor.person_id, Finding.state.in_(waiting)
    )
    for item in session.scalars(mine.order_by(Record.reference)):
        act = "Answer" if item.state == FindingState.ISSUED else "Plan what to do about"
        yield Duty(_AREA, f"{act} the {item.grade} finding: {item.title}", item, item.due_on)


@duties
def actions(session: Session, actor: Actor) -> Iterable[Duty]:
    """Corrective actions that the person carries out or verifies."""
    mine = or_(CorrectiveAction.owner_id == actor.person_id, CorrectiveAction.verifier_id == actor.person_id)
    statement = select(CorrectiveAction).where(
        Record.kind == "corrective_action", mine, CorrectiveAction.state != ActionState.CLOSED
    )
    for item in session.scalars(statement.order_by(Record.reference)):
        if item.owner_id == actor.person_id and item.state in _TO_DO:
            yield Duty(_AREA, f"Carry out: {item.title}", item, item.due_on)
        if item.verifier_id == actor.person_id and item.state == ActionState.IMPLEMENTED:
            yield Duty(_AREA, f"Verify the effect of: {item.title}", item)
