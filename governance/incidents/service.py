"""Verbs on incidents: report, triage, contain, tell, resolve, close."""

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.improvement import service as improvement
from governance.improvement.models import Finding
from governance.improvement.schemas import RecordFinding
from governance.incidents.catalogue import rules
from governance.incidents.models import Incident, IncidentNotice, IncidentState, IncidentStep
from governance.incidents.schemas import (
    Contain,
    CorrectAwareness,
    RecordStep,
    ReportIncident,
    Resolve,
    Tell,
    Triage,
)
from governance.signoffs import service as signoffs
from governance.systems import service as systems
from governance.systems.models import AiSystem, Status

POLICY = "incident_close"
_OPEN = (IncidentState.REPORTED, IncidentState.TRIAGED, IncidentState.CONTAINED, IncidentState.INVESTIGATING)
_FUTURE = timedelta(minutes=1)


@verb("incidents.report")
def report(
    session: Session, system: AiSystem, data: ReportIncident, *, source: Record | None = None
) -> Incident:
    """Report an incident or a near miss (INV-INC3)."""
    if data.incident_kind not in rules().kinds:
        raise Refused("Choose one of the list.", field="incident_kind")
    if data.aware_at > clock.now() + _FUTURE:
        raise Refused("This lies in the future.", field="aware_on")
    occurred = (
        datetime.combine(data.occurred_on, time(12), tzinfo=clock.now().tzinfo) if data.occurred_on else None
    )
    current = system.current_version
    item = Incident(
        **data.model_dump(include={"title", "incident_kind", "description", "affected"}),
        state=IncidentState.REPORTED,
        owner_id=system.owner_id,
        system=system,
        version_id=current.id if current else None,
        source=source,
        aware_at=data.aware_at,
        occurred_at=occurred,
    )
    session.add(item)
    session.flush()
    return item


@verb("incidents.triage")
def triage(session: Session, item: Incident, data: Triage) -> Incident:
    """Say how grave it is. S1 suspends the system, S1 and S2 ask for re-assessment; the clocks that apply begin (INV-INC2)."""
    _refuse_unless(item, *_OPEN)
    if data.severity not in rules().severities:
        raise Refused("Choose one of the list.", field="severity")
    if set(data.clocks) - rules().clocks.keys():
        raise Refused("Choose from the list.", field="clocks")
    severity = rules().severities[data.severity]
    wanted = set(data.clocks) | ({"top_management"} if data.severity == "S1" else set())
    item.severity, item.clocks = data.severity, [name for name in rules().clocks if name in wanted]
    if item.state == IncidentState.REPORTED:
        item.state = IncidentState.TRIAGED
    _wind(item)
    system = item.system
    if severity.suspends and system.state == Status.ACTIVE:
        systems.suspend_because(system, f"{item.reference}: {item.title}")
    if severity.reassesses and system.state in (Status.ACTIVE, Status.SUSPENDED):
        system.under_reassessment = f"Incident {item.reference} ({data.severity})"
    item.touch()
    session.flush()
    return item


def _wind(item: Incident) -> None:
    """A notice per clock that runs, due by the moment of becoming aware."""
    there = {notice.clock: notice for notice in item.notices}
    for name in item.clocks:
        if name in there:
            there[name].due_at = item.due_at(name)
        else:
            item.notices.append(IncidentNotice(clock=name, due_at=item.due_at(name)))


@verb("incidents.correct_awareness")
def correct_awareness(session: Session, item: Incident, data: CorrectAwareness) -> Incident:
    """Correct when we became aware; the clocks move with it, and the reason is kept (INV-INC1)."""
    _refuse_unless(item, *_OPEN)
    if data.aware_at > clock.now() + _FUTURE:
        raise Refused("This lies in the future.", field="aware_on")
    session.info["reason"] = data.reason
    item.aware_at = data.aware_at
    _wind(item)
    return item


@verb("incidents.record_step")
def record_step(session: Session, item: Incident, data: RecordStep) -> IncidentStep:
    """Keep what was done."""
    _refuse_unless(item, *_OPEN, IncidentState.RESOLVED)
    step = IncidentStep(at=clock.now(), by_id=actor_of(session).person_id, text=data.text)
    item.steps.append(step)
    if item.state == IncidentState.CONTAINED:
        item.state = IncidentState.INVESTIGATING
    item.touch()
    session.flush()
    return step


@verb("incidents.contain")
def contain(session: Session, item: Incident, data: Contain) -> Incident:
    """Say what keeps it from going on."""
    _refuse_unless(item, IncidentState.TRIAGED, IncidentState.CONTAINED, IncidentState.INVESTIGATING)
    item.containment = data.containment
    if item.state == IncidentState.TRIAGED:
        item.state = IncidentState.CONTAINED
    return item


@verb("incidents.tell")
def tell(session: Session, item: Incident, notice: IncidentNotice, data: Tell) -> IncidentNotice:
    """Record that somebody was told, or why it is not due."""
    if data.told == bool(data.not_due_because):
        raise Refused("Either they were told, or say why it is not due.", field="not_due_because")
    notice.told_at = clock.now() if data.told else None
    notice.not_due_because, notice.note = data.not_due_because, data.note
    notice.decided_by_id = actor_of(session).person_id
    item.touch()
    return notice


@verb("incidents.resolve")
def resolve(session: Session, item: Incident, data: Resolve) -> Incident:
    """Safe again: cause, lessons, communication decision; every clock is settled and grave ones have a finding."""
    _refuse_unless(item, IncidentState.CONTAINED, IncidentState.INVESTIGATING)
    if waiting := [rules().clocks[notice.clock].title for notice in item.notices if not notice.is_settled]:
        raise Refused(f"Somebody still waits to be told: {', '.join(waiting)}.", fix=item.path)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(item, name, value)
    item.state = IncidentState.RESOLVED
    return item


@verb("incidents.ask_to_close")
def ask_to_close(session: Session, item: Incident) -> Incident:
    """Ask for the signature that closes it."""
    _refuse_unless(item, IncidentState.RESOLVED)
    item.state = IncidentState.IN_REVIEW
    signoffs.request(session, item, POLICY)
    return item


@signoffs.when_complete(POLICY)
def _closed(session: Session, record: Record) -> None:
    record.state = IncidentState.CLOSED


@signoffs.when_rejected(POLICY)
def _not_closed(session: Session, record: Record) -> None:
    record.state = IncidentState.RESOLVED


@verb("incidents.open_finding")
def open_finding(session: Session, item: Incident, data: RecordFinding) -> Finding:
    """Open a finding from an incident, so that a corrective action follows."""
    return improvement.record_finding(session, item.system, data, source=item)


def _refuse_unless(item: Incident, *states: IncidentState) -> None:
    if item.state not in states:
        wanted = " or ".join(state.value.replace("_", " ") for state in states)
        raise Refused(
            f"{item.reference} is {item.state.replace('_', ' ')}; this is for one that is {wanted}."
        )
