"""Verbs around the plan of an audit: an audit outside a schedule, its plan, the announcement, and who gets the report."""

from datetime import timedelta

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.audits import catalogue, opening, team
from governance.audits.conduct_models import MemberRole, ReportCopy
from governance.audits.models import Audit, AuditScope, AuditState
from governance.audits.schemas import AnnounceAudit, DistributeReport, OpenAudit, PlanAudit
from governance.core import clock
from governance.core.errors import Refused
from governance.systems.models import AiSystem


@verb("audits.open")
def open_audit(session: Session, systems: list[AiSystem], data: OpenAudit) -> Audit:
    """Plan an audit outside a schedule, on a trigger: of systems, or with none of the management system (audit programme, triggers)."""
    try:
        kind = catalogue.audit_type(data.audit_type)
    except KeyError as error:
        raise Refused("There is no such kind of audit.", field="audit_type") from error
    if (kind.about == "management_system") != (not systems):
        raise Refused(f"{kind.title}: choose another kind for this scope.", field="audit_type")
    if data.due_on < clock.today():
        raise Refused("The date lies in the past.", field="due_on")
    if gone := [item.reference for item in systems if item.state in AiSystem.FROZEN]:
        raise Refused(f"{', '.join(gone)} is retired or rejected and not audited any more.", field="systems")
    checklist = catalogue.checklist(kind.checklist)
    about = systems[0].title if len(systems) == 1 else f"{len(systems)} AI systems" if systems else ""
    audit = Audit(
        title=f"{kind.title}: {about}" if about else kind.title,
        state=AuditState.PLANNED,
        owner_id=systems[0].owner_id if len(systems) == 1 else actor_of(session).person_id,
        system=systems[0] if len(systems) == 1 else None,
        scope=[AuditScope(system=item) for item in systems] if len(systems) > 1 else [],
        audit_type=kind.id,
        checklist=checklist.id,
        checklist_hash=checklist.hash,
        criteria=list(checklist.criteria),
        objectives=data.trigger,
        due_on=data.due_on,
        grace_until=data.due_on + timedelta(days=data.grace_days),
    )
    audit.answers = [opening.asked(q, position) for position, q in enumerate(checklist.questions, start=1)]
    session.add(audit)
    session.flush()
    return audit


@verb("audits.plan")
def plan(session: Session, audit: Audit, data: PlanAudit) -> Audit:
    """Write the plan: criteria, objectives, scope, method, days (ISO 19011, 6.3.2)."""
    if audit.state not in (AuditState.PLANNED, AuditState.MISSED):
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')}; its plan stays.")
    if data.held_until < data.held_from:
        raise Refused("It ends before it begins.", field="held_until")
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(audit, name, value)
    return audit


@verb("audits.announce")
def announce(session: Session, audit: Audit, data: AnnounceAudit) -> Audit:
    """Announce a planned audit to the auditees: the plan is complete, the team independent and its members attested it."""
    if audit.state != AuditState.PLANNED:
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')} already.")
    if not (audit.objectives and audit.scope_text and audit.method and audit.held_from):
        raise Refused("The plan lacks objectives, scope, method or days.", fix=f"{audit.path}/plan")
    if audit.lead_auditor_id is None:
        raise Refused("Assign a lead auditor first.", fix=f"{audit.path}/assign")
    if not any(item.role is MemberRole.AUDITEE for item in audit.members):
        raise Refused("Nobody is named to whom it would be announced; add an auditee.", fix=audit.path)
    team.refuse_unfit_team(session, audit)
    audit.announcement, audit.announced_at = data.announcement, clock.now()
    audit.state = AuditState.ANNOUNCED
    return audit


@verb("audits.distribute")
def distribute(session: Session, audit: Audit, data: DistributeReport) -> list[ReportCopy]:
    """Give the signed report to persons; each confirms having read it (ISO 19011, 6.5.2)."""
    if audit.state != AuditState.CLOSED:
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')}; only a signed report goes out.")
    have = {item.person_id for item in audit.copies}
    copies = [
        ReportCopy(audit=audit, person_id=person_id, sent_at=clock.now())
        for person_id in dict.fromkeys(data.person_ids)
        if person_id not in have
    ]
    if not copies:
        raise Refused("They have it already.", field="person_ids")
    session.add_all(copies)
    session.flush()
    return copies


@verb("audits.confirm_reading")
def confirm_reading(session: Session, audit: Audit) -> ReportCopy:
    """Confirm having read one's copy of the report."""
    person_id = actor_of(session).person_id
    copy = next((item for item in audit.copies if item.person_id == person_id), None)
    if copy is None:
        raise Refused("No copy of this report was sent to you.")
    copy.read_at = copy.read_at or clock.now()
    return copy
