"""Signatures that wait for a person."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.signoffs import queries


@duties
def to_sign(session: Session, actor: Actor) -> Iterable[Duty]:
    """Sign-offs that this person could give now."""
    for item in queries.waiting_for(session, actor):
        slot = item.slot.replace("_", " ")
        yield Duty("Signatures", f"Sign as {slot}: {item.subject.title}", item.subject, path=item.path)
