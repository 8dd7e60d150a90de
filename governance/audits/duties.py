"""What audits wait for from a person."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.audits import queries


@duties
def audits_to_conduct(session: Session, actor: Actor) -> Iterable[Duty]:
    """Audits led by the person, or in whose team they are, that are not finished; statements of impartiality first."""
    silent = queries.unattested(session, actor.person_id)
    for audit in queries.of_auditor(session, actor.person_id):
        what = f"State your impartiality: {audit.title}" if audit.id in silent else f"Audit: {audit.title}"
        yield Duty("Audits", what, audit, audit.due_on)


@duties
def work_to_review(session: Session, actor: Actor) -> Iterable[Duty]:
    """Audits whose work the person was asked to look over, because an auditor is not independent."""
    for audit in queries.to_review(session, actor.person_id):
        yield Duty("Audits", f"Compensating review: {audit.title}", audit, audit.due_on)


@duties
def reports_to_read(session: Session, actor: Actor) -> Iterable[Duty]:
    """Reports that were given to the person and that they have not said to have read."""
    for audit in queries.to_read(session, actor.person_id):
        yield Duty("Audits", f"Report to read: {audit.title}", audit, None)
