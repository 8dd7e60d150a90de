"""Incidents and concerns that wait for somebody."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.duties import Duty, duties
from governance.core.records import Record
from governance.incidents import queries
from governance.incidents.catalogue import rules
from governance.incidents.models import Concern, ConcernState, Incident, IncidentState

_AREA = "Incidents and concerns"


@duties
def incidents(session: Session, actor: Actor) -> Iterable[Duty]:
    """Incidents on the person's systems; for compliance all that are not triaged, and every clock that runs."""
    mine = Incident.owner_id == actor.person_id
    if actor.has("compliance_officer"):
        mine = or_(mine, Incident.state == IncidentState.REPORTED)
    statement = select(Incident).where(
        Record.kind == "incident", Incident.state != IncidentState.CLOSED, mine
    )
    for item in session.scalars(statement.order_by(Record.reference)):
        yield Duty(_AREA, f"{item.state.replace('_', ' ').capitalize()}: {item.title}", item)
    if actor.has("compliance_officer"):
        for notice in queries.running(session):
            what = f"Tell: {rules().clocks[notice.clock].title} ({rules().clocks[notice.clock].source})"
            yield Duty(_AREA, what, notice.incident, notice.due_at.date())


@duties
def concerns(session: Session, actor: Actor) -> Iterable[Duty]:
    """Concerns to assess for compliance, and those the person handles."""
    waiting = Concern.handler_id == actor.person_id
    if actor.has("compliance_officer"):
        waiting = or_(waiting, Concern.state == ConcernState.RECEIVED)
    statement = select(Concern).where(Record.kind == "concern", Concern.state != ConcernState.CLOSED, waiting)
    for item in session.scalars(statement.order_by(Record.reference)):
        due = (item.received_at + timedelta(days=rules().concerns.assess_within_days)).date()
        received = item.state == ConcernState.RECEIVED
        what = f"Assess: {item.title}" if received else f"Handle: {item.title}"
        yield Duty(_AREA, what, item, due if received else None)
