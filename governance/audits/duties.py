"""Audits that a person leads."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.audits import queries


@duties
def audits_to_lead(session: Session, actor: Actor) -> Iterable[Duty]:
    """Audits led by the person that are not finished."""
    for audit in queries.of_auditor(session, actor.person_id):
        yield Duty("Audits", f"Audit: {audit.title}", audit, audit.due_on)
