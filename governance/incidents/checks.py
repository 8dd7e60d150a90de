"""What a gate or an auditor asks about incidents and concerns."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, literal, select
from sqlalchemy.orm import aliased

from governance.core import clock
from governance.core.checks import check
from governance.core.records import Record
from governance.improvement.models import Finding
from governance.incidents.catalogue import rules
from governance.incidents.models import Concern, ConcernState, Incident, IncidentNotice, IncidentState
from governance.systems.checks import failing
from governance.systems.models import AiSystem

_OWN = "/incidents/{reference}"
_TRIAGE_DAYS = 3
_FINDING_DAYS = 14


def _incidents(condition: Any) -> Select[Any]:
    columns: Any = select(Incident.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(Incident).where(Record.kind == "incident", condition)
    return statement


@check(
    "incidents.none_open",
    clause="8.4, A.8.4",
    severity="critical",
    title="No open grave incident",
    fix="/systems/{reference}/incidents",
)
def grave_open(today: date) -> Select[Any]:
    """An incident of severity S1 or S2 is not resolved."""
    table, spine = Incident.__table__, aliased(Record.__table__)
    over = (IncidentState.RESOLVED, IncidentState.IN_REVIEW, IncidentState.CLOSED)
    found = (
        select(table.c.id)
        .join(spine, spine.c.id == table.c.id)
        .where(
            table.c.system_id == AiSystem.id, table.c.severity.in_(("S1", "S2")), spine.c.state.not_in(over)
        )
    )
    return failing(exists(found))


@check(
    "incidents.triaged",
    clause="A.8.4",
    severity="major",
    title="Incidents triaged",
    fix=_OWN,
    about="incident",
)
def not_triaged(today: date) -> Select[Any]:
    """An incident was reported days ago and nobody said how grave it is."""
    old = clock.now() - timedelta(days=_TRIAGE_DAYS)
    return _incidents(and_(Incident.state == IncidentState.REPORTED, Record.created_at < old))


@check(
    "incidents.told_in_time",
    clause="A.8.4",
    severity="critical",
    title="Duties to tell kept in time",
    fix=_OWN,
    about="incident",
)
def clock_overdue(today: date) -> Select[Any]:
    """A clock of the law ran out and nobody was told."""
    notice = IncidentNotice.__table__
    late = exists(
        select(notice.c.id).where(
            notice.c.incident_id == Incident.id,
            notice.c.told_at.is_(None),
            notice.c.not_due_because == "",
            notice.c.due_at < clock.now(),
        )
    )
    return _incidents(late)


@check(
    "incidents.communication_decided",
    clause="A.8.4",
    severity="major",
    title="Communication decided",
    fix=_OWN,
    about="incident",
)
def without_communication(today: date) -> Select[Any]:
    """An incident is older than 30 days and nobody decided who is told what."""
    old = clock.now() - timedelta(days=30)
    return _incidents(and_(Incident.communication == "", Record.created_at < old))


@check(
    "incidents.grave_has_finding",
    clause="10.2",
    severity="major",
    title="Grave incidents lead to a finding",
    fix=_OWN,
    about="incident",
)
def grave_without_finding(today: date) -> Select[Any]:
    """An S1 or S2 incident is two weeks old and no finding came from it or from what it came from."""
    finding = Finding.__table__
    found = exists(
        select(finding.c.id).where(
            (finding.c.source_id == Incident.id) | (finding.c.source_id == Incident.source_id)
        )
    )
    old = clock.now() - timedelta(days=_FINDING_DAYS)
    return _incidents(and_(Incident.severity.in_(("S1", "S2")), Record.created_at < old, ~found))


@check(
    "incidents.concerns_assessed",
    clause="A.3.3",
    severity="major",
    title="Concerns assessed in time",
    fix="/concerns/{reference}",
    about="concern",
)
def concern_waiting(today: date) -> Select[Any]:
    """A concern was received and nobody looked at it within the promised time."""
    old = clock.now() - timedelta(days=rules().concerns.assess_within_days)
    columns: Any = select(Concern.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(Concern).where(
        Record.kind == "concern", Concern.state == ConcernState.RECEIVED, Concern.received_at < old
    )
    return statement
