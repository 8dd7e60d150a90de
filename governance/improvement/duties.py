"""Findings to answer, corrective actions to carry out and effects to verify."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.core.records import Record
from governance.improvement.models import BEFORE_DONE, ActionState, CorrectiveAction, Finding, FindingState

_AREA = "Findings and corrective actions"


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
        if item.owner_id == actor.person_id and item.state in BEFORE_DONE:
            due_on = item.contain_by if item.state == ActionState.OPEN else item.due_on
            yield Duty(_AREA, _next_step(item), item, due_on)
        if item.verifier_id == actor.person_id and item.state == ActionState.IMPLEMENTED:
            what = f"From {item.check_from} on, verify the effect of: {item.title}"
            yield Duty(_AREA, what, item, item.finding.due_on)


def _next_step(item: CorrectiveAction) -> str:
    match item.state:
        case ActionState.OPEN:
            return f"Contain: {item.title}"
        case ActionState.CONTAINED:
            return f"Find the cause of: {item.title}"
        case ActionState.REOPENED:
            return f"Find the cause anew of: {item.title}"
        case ActionState.CAUSE_AGREED:
            return f"Plan what removes the cause of: {item.title}"
        case _:
            return f"Carry out: {item.title}"


@duties
def disputes(session: Session, actor: Actor) -> Iterable[Duty]:
    """Disputes on which a compliance officer rules."""
    if "compliance_officer" not in actor.roles:
        return
    disputed = select(Finding).where(Record.kind == "finding", Finding.state == FindingState.DISPUTED)
    for item in session.scalars(disputed.order_by(Record.reference)):
        yield Duty(_AREA, f"Rule on the dispute: {item.title}", item, item.due_on)
