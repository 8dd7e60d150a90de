"""Verbs on external audits: plan, start, report, record the decision and the findings, close, cancel."""

from typing import Any

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock, records
from governance.core.errors import Refused
from governance.evidence import queries as evidence
from governance.external_audits import queries, sharing
from governance.external_audits.models import (
    BEGINS_A_CYCLE,
    WAITS_FOR_US,
    Decision,
    ExternalAudit,
    ExternalKind,
    ExternalState,
)
from governance.external_audits.schemas import (
    EditExternalAudit,
    EndExternalAudit,
    PlanExternalAudit,
    RecordDecision,
    RecordExternalFinding,
    ReportExternalAudit,
)
from governance.improvement import service as improvement
from governance.improvement.models import Finding
from governance.improvement.schemas import RecordFinding
from governance.systems.models import AiSystem
from governance.systems.supplier_models import Supplier

_CERTIFICATE = (*BEGINS_A_CYCLE, ExternalKind.SPECIAL)


@verb("external_audits.plan")
def plan(session: Session, data: PlanExternalAudit) -> ExternalAudit:
    """Plan an audit that a certification body announced."""
    made = ExternalAudit(
        **_announced(session, data), state=ExternalState.PLANNED, owner_id=actor_of(session).person_id
    )
    session.add(made)
    session.flush()
    return made


@verb("external_audits.edit")
def edit(session: Session, audit: ExternalAudit, data: EditExternalAudit) -> ExternalAudit:
    """Change what was announced, until the audit is reported."""
    _in_state(audit, ExternalState.PLANNED, ExternalState.IN_PROGRESS)
    for name, value in _announced(session, data).items():
        setattr(audit, name, value)
    return audit


def _announced(session: Session, data: PlanExternalAudit) -> dict[str, Any]:
    values = data.model_dump(exclude={"version"})
    if data.body_id is not None:
        body = session.get(Supplier, data.body_id)
        if body is None:
            raise Refused("Choose a third party of the list.", field="body_id")
        values["body"] = body.title[:200]
    if not values["body"]:
        raise Refused("Say which certification body it is.", field="body")
    return values


@verb("external_audits.start")
def start(session: Session, audit: ExternalAudit) -> ExternalAudit:
    """Record that the auditors are at work."""
    _in_state(audit, ExternalState.PLANNED)
    audit.state = ExternalState.IN_PROGRESS
    return audit


@verb("external_audits.report")
def report(session: Session, audit: ExternalAudit, data: ReportExternalAudit) -> ExternalAudit:
    """Record the body's report and what it recommends; the report itself is evidence of the audit."""
    _in_state(audit, ExternalState.IN_PROGRESS)
    if clock.today() < audit.starts_on:
        raise Refused("The audit has not begun yet; correct its days first.", fix=f"{audit.path}/edit")
    found = next(
        (item for item in evidence.of_record(session, audit) if item.reference == data.report.upper()), None
    )
    if found is None:
        raise Refused("Add the report as evidence of this audit first.", field="report")
    audit.outcome, audit.conclusion, audit.report = data.outcome, data.conclusion, found
    audit.state = ExternalState.REPORTED
    return audit


@verb("external_audits.decide")
def decide(session: Session, audit: ExternalAudit, data: RecordDecision) -> ExternalAudit:
    """Record the certification body's decision; a certificate has a number and a last day."""
    _in_state(audit, ExternalState.REPORTED)
    if data.decided_on > clock.today():
        raise Refused("A decision cannot lie in the future.", field="decided_on")
    if data.decided_on < audit.ends_on:
        raise Refused("The decision cannot come before the last day of the audit.", field="decided_on")
    if data.decision is Decision.GRANTED:
        if audit.audit_kind not in _CERTIFICATE:
            raise Refused(
                "A certificate follows from stage 2, a recertification or a special audit.", field="decision"
            )
        if not data.certificate_number:
            raise Refused("A certificate has a number.", field="certificate_number")
        if data.expires_on is None:
            raise Refused("A certificate has a last day.", field="expires_on")
    audit.decision, audit.decided_on = data.decision, data.decided_on
    granted = data.decision is Decision.GRANTED
    audit.certificate_number = data.certificate_number if granted else ""
    audit.expires_on = data.expires_on if granted else None
    return audit


@verb("external_audits.record_finding")
def record_finding(session: Session, audit: ExternalAudit, data: RecordExternalFinding) -> Finding:
    """Record a finding of the certification body, so that it is corrected like any other."""
    if audit.state not in (ExternalState.IN_PROGRESS, ExternalState.REPORTED):
        raise Refused(
            f"{audit.reference} is {audit.state.replace('_', ' ')}; findings come with the audit and its report."
        )
    system = records.get(session, AiSystem, data.system) if data.system else None
    finding = RecordFinding.model_validate(data.model_dump(exclude={"system"}))
    return improvement.record_finding(session, system, finding, source=audit)


@verb("external_audits.close")
def close(session: Session, audit: ExternalAudit, data: EndExternalAudit) -> ExternalAudit:
    """Close a reported audit: no request waits for us, and its auditors have no access any more."""
    _in_state(audit, ExternalState.REPORTED)
    waiting = [item.reference for item in queries.requests_of(session, audit) if item.state in WAITS_FOR_US]
    if waiting:
        raise Refused(f"{', '.join(waiting)} waits for an answer.", fix=f"{audit.path}/requests")
    return _end(session, audit, ExternalState.CLOSED, data)


@verb("external_audits.cancel")
def cancel(session: Session, audit: ExternalAudit, data: EndExternalAudit) -> ExternalAudit:
    """Cancel an audit that does not take place, with the reason; access to the room ends."""
    _in_state(audit, ExternalState.PLANNED, ExternalState.IN_PROGRESS)
    return _end(session, audit, ExternalState.CANCELLED, data)


def _end(
    session: Session, audit: ExternalAudit, state: ExternalState, data: EndExternalAudit
) -> ExternalAudit:
    session.info["reason"] = data.reason
    for guest in audit.guests:
        if guest.ended_at is None:
            sharing.end_access(session, audit, guest)
    audit.state, audit.state_reason = state, data.reason
    return audit


def _in_state(audit: ExternalAudit, *states: ExternalState) -> None:
    if audit.state not in states:
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')}; this comes at another time.")
