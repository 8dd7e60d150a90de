"""What waits for the owner of an AI system."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties, soon
from governance.core.records import Record
from governance.systems.models import AiSystem, Status

_MOST = 100


@duties
def of_owners(session: Session, actor: Actor) -> Iterable[Duty]:
    """Systems to register, to bring back, to re-assess or to review, of which the person is the accountable owner."""
    mine = (
        select(AiSystem)
        .where(Record.kind == "ai_system", AiSystem.owner_id == actor.person_id)
        .where(AiSystem.state.not_in((Status.RETIRED, Status.REJECTED)))
        .order_by(Record.reference)
    )
    for system in session.scalars(mine.limit(_MOST)):
        gates = f"{system.path}/gates"
        if system.owner_accepted_at is None and system.state != Status.DRAFT:
            yield Duty("AI systems", f"Accept that you answer for {system.title}", system)
        if system.state == Status.DRAFT:
            yield Duty("AI systems", f"Register {system.title}: gate G0", system, path=gates)
        if system.state == Status.SUSPENDED:
            yield Duty(
                "AI systems", f"{system.title} is suspended: {system.suspended_because}", system, path=gates
            )
        if system.under_reassessment:
            yield Duty("AI systems", f"Re-assess {system.title}: {system.under_reassessment}", system)
        if system.next_review_on and system.next_review_on <= soon():
            yield Duty("AI systems", f"Review {system.title}", system, system.next_review_on, gates)
