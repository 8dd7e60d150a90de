"""What the management system asks of a person: acknowledge, decide, measure, renew."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.access.duties import Duty, duties, soon
from governance.core.records import Record
from governance.organisation import queries
from governance.organisation.models import (
    RUNNING,
    DocumentState,
    Objective,
    Policy,
    ReviewDecision,
    TrainingRecord,
)

_AREA = "Management system"


@duties
def policies(session: Session, actor: Actor) -> Iterable[Duty]:
    """Policies to acknowledge, and own ones whose review is near."""
    for item in queries.to_acknowledge(session, actor.person_id, actor.roles):
        yield Duty(_AREA, f"Read and acknowledge: {item.title}", item)
    mine = select(Policy).where(
        Record.kind == "policy",
        Policy.owner_id == actor.person_id,
        Policy.state == DocumentState.EFFECTIVE,
        Policy.review_due_on <= soon(),
    )
    for item in session.scalars(mine):
        yield Duty(_AREA, f"Review: {item.title}", item, item.review_due_on)


@duties
def decisions(session: Session, actor: Actor) -> Iterable[Duty]:
    """Decisions of management reviews that the person carries out, and objectives they own."""
    mine = select(ReviewDecision).where(
        ReviewDecision.owner_id == actor.person_id, ReviewDecision.done_on.is_(None)
    )
    for row in session.scalars(mine.options(selectinload(ReviewDecision.review))):
        yield Duty(_AREA, f"Carry out: {row.text}", row.review, row.due_on)
    running = select(Objective).where(
        Record.kind == "objective", Objective.owner_id == actor.person_id, Objective.state.in_(RUNNING)
    )
    for item in session.scalars(running):
        yield Duty(_AREA, f"Measure: {item.title}", item, item.due_on)


@duties
def training(session: Session, actor: Actor) -> Iterable[Duty]:
    """Own trainings that run out soon and that nothing renews."""
    newest: dict[str, TrainingRecord] = {}
    for item in queries.trainings(session, actor.person_id or 0):
        known = newest.get(item.competence)
        if known is None or item.expires_on > known.expires_on:
            newest[item.competence] = item
    for item in newest.values():
        if item.expires_on <= soon():
            yield Duty(_AREA, f"Renew: {item.title}", item, item.expires_on)
