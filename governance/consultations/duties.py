"""Concerns that wait for a disposition, and consultations that wait for feedback."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.consultations.models import Consultation, ConsultationState
from governance.core.records import Record

_OPEN = (ConsultationState.OPEN, ConsultationState.RESPONDING, ConsultationState.FEEDBACK_GIVEN)


@duties
def to_bring_to_an_end(session: Session, actor: Actor) -> Iterable[Duty]:
    """Consultations of the person that are not closed, with the number of concerns without a disposition."""
    mine = (
        select(Consultation)
        .where(Record.kind == "consultation", Consultation.owner_id == actor.person_id)
        .where(Consultation.state.in_(_OPEN))
        .options(selectinload(Consultation.concerns))
    )
    for item in session.scalars(mine.order_by(Record.reference)):
        waiting = sum(concern.disposition is None for concern in item.concerns)
        what = f"{waiting} concerns without a disposition" if waiting else "Tell back, and close"
        yield Duty("Consultations", f"{what}: {item.title}", item, item.ends_on)
