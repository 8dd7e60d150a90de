"""Verbs on audits: schedule, make occurrences, conduct, report (ISO 19011; 9.2)."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access.verbs import actor_of, verb
from governance.audits import catalogue, queries, recurrence, reminders
from governance.audits.independence import objection, who_else
from governance.audits.models import Audit, AuditSchedule, AuditState, ChecklistAnswer, ScheduleState, Verdict
from governance.audits.schemas import (
    AnswerQuestion,
    Assign,
    ChangeSchedule,
    ReportAudit,
    ScheduleAudits,
    StartAudit,
    Why,
)
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.improvement import queries as improvement
from governance.improvement import service as findings
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import RecordFinding
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem

POLICY = "audit_report"
_CHANGED = "The schedule was changed."
_GRADES = {Verdict.MAJOR: Grade.MAJOR, Verdict.MINOR: Grade.MINOR, Verdict.OPPORTUNITY: Grade.OPPORTUNITY}


@verb("audits.schedule")
def schedule(session: Session, system: AiSystem, data: ScheduleAudits) -> AuditSchedule:
    """Schedule recurring audits of a system; its occurrences are made by the worker."""
    if system.state in AiSystem.FROZEN:
        raise Refused(f"{system.reference} is {system.state}; it is not audited any more.")
    try:
        kind = catalogue.audit_type(data.audit_type)
    except KeyError as error:
        raise Refused("There is no such kind of audit.", field="audit_type") from error
    recurrence.zone(data.zone)
    if data.lead_auditor_id is not None:
        _refuse_dependent(session, data.lead_auditor_id, system)
    made = AuditSchedule(
        title=f"{kind.title}: {system.title}",
        state=ScheduleState.ACTIVE,
        owner_id=system.owner_id,
        system=system,
        checklist=kind.checklist,
        rule=recurrence.build_rule(data.every, data.unit, data.on),
        **data.model_dump(exclude={"every", "unit", "on"}),
    )
    session.add(made)
    session.flush()
    return made


def _refuse_dependent(session: Session, person_id: int, system: AiSystem) -> None:
    why = objection(session, person_id, system)
    if why:
        name = people.person(session, person_id).name
        others = (
            ", ".join(who_else(session, system, person_id))
            or "nobody at present; ask another unit or an external auditor"
        )
        raise Refused(
            f"{name} {why} and is not independent of {system.reference} (9.2.2, INV-AUD1). Independent would be: {others}.",
            field="lead_auditor_id",
        )


@verb("audits.change_schedule")
def change_schedule(session: Session, item: AuditSchedule, data: ChangeSchedule) -> list[Audit]:
    """Let a schedule recur otherwise from a day on. Returns the planned audits that are cancelled by it.

    What is past, started, reported or missed is never touched; a planned audit stays if its day is also one of the new rule.
    """
    if item.state == ScheduleState.ENDED:
        raise Refused(f"{item.reference} is ended; make a new schedule.")
    today = recurrence.today_in(item.zone, clock.now())
    if data.starts_on < today:
        raise Refused("A change begins today or later; what is past stays as it was.", field="starts_on")
    item.rule = recurrence.build_rule(data.every, data.unit, data.on)
    item.starts_on, item.lead_days, item.grace_days = data.starts_on, data.lead_days, data.grace_days
    session.info["reason"] = data.reason
    ahead = [audit for audit in queries.of_schedule(session, item) if audit.due_on > today]
    last = max((audit.due_on for audit in ahead), default=today)
    days = set(recurrence.until(item.rule, item.starts_on, last))
    cancelled = []
    for audit in ahead:
        if audit.due_on in days and _was_cancelled_by_a_change(audit):
            audit.state, audit.state_reason = AuditState.PLANNED, ""
        elif audit.due_on not in days and audit.state == AuditState.PLANNED:
            audit.state, audit.state_reason = AuditState.CANCELLED, _CHANGED
            cancelled.append(audit)
    session.flush()
    return cancelled


def _was_cancelled_by_a_change(audit: Audit) -> bool:
    return audit.state == AuditState.CANCELLED and audit.state_reason == _CHANGED


@verb("audits.pause")
def pause(session: Session, item: AuditSchedule, data: Why) -> AuditSchedule:
    """Pause a schedule, with the reason. What falls due meanwhile is made when it goes on, marked late: nothing vanishes."""
    if item.state != ScheduleState.ACTIVE:
        raise Refused(f"{item.reference} is {item.state}.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = ScheduleState.PAUSED, data.reason
    return item


@verb("audits.resume")
def resume(session: Session, item: AuditSchedule, data: Why) -> AuditSchedule:
    """Let a paused schedule go on."""
    if item.state != ScheduleState.PAUSED:
        raise Refused(f"{item.reference} is {item.state}.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = ScheduleState.ACTIVE, data.reason
    return item


@verb("audits.end_schedule")
def end_schedule(session: Session, item: AuditSchedule, data: Why) -> AuditSchedule:
    """End a schedule for good, with the reason."""
    session.info["reason"] = data.reason
    item.state, item.state_reason = ScheduleState.ENDED, data.reason
    return item


def make_occurrence(session: Session, item: AuditSchedule, due: date, today: date) -> Audit:
    """Make the audit of one occurrence with the checklist as it stands now."""
    checklist = catalogue.checklist(item.checklist)
    audit = Audit(
        title=f"{item.title}, due {due.isoformat()}"[:400],
        state=AuditState.PLANNED,
        owner_id=item.system.owner_id,
        schedule=item,
        period_key=recurrence.period_key(due),
        system=item.system,
        audit_type=item.audit_type,
        checklist=checklist.id,
        checklist_hash=checklist.hash,
        criteria=list(checklist.criteria),
        due_on=due,
        grace_until=due + timedelta(days=item.grace_days),
        created_late=due < today,
        lead_auditor_id=item.lead_auditor_id,
    )
    audit.answers = [
        ChecklistAnswer(
            position=position, question_id=q.id, question=q.question, refs=list(q.refs), wanted=q.wanted
        )
        for position, q in enumerate(checklist.questions, start=1)
    ]
    session.add(audit)
    session.flush()
    return audit


@verb("audits.assign")
def assign(session: Session, audit: Audit, data: Assign) -> Audit:
    """Assign the lead auditor. Refused with the reason, and who would be free, if not independent."""
    if audit.state not in (AuditState.PLANNED, AuditState.MISSED):
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')}; its auditor stays.")
    if "auditor" not in people.person(session, data.lead_auditor_id).roles:
        raise Refused("Only somebody with the role auditor leads an audit.", field="lead_auditor_id")
    _refuse_dependent(session, data.lead_auditor_id, audit.system)
    audit.lead_auditor_id = data.lead_auditor_id
    reminders.tell_assigned(session, audit)
    return audit


@verb("audits.start")
def start(session: Session, audit: Audit, data: StartAudit) -> Audit:
    """Start an audit with its plan; independence is looked at again (a missed one may still be held, late)."""
    if audit.state not in (AuditState.PLANNED, AuditState.MISSED):
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')} already.")
    if audit.lead_auditor_id is None:
        raise Refused("Assign a lead auditor first.", fix=audit.path)
    _refuse_dependent(session, audit.lead_auditor_id, audit.system)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(audit, name, value)
    audit.started_at = clock.now()
    audit.state = AuditState.IN_PROGRESS
    return audit


@verb("audits.answer")
def answer(session: Session, audit: Audit, question_id: str, data: AnswerQuestion) -> ChecklistAnswer:
    """Answer one question. Conforming cites evidence (INV-AUD3); not applicable says why."""
    if audit.state != AuditState.IN_PROGRESS:
        raise Refused(
            f"{audit.reference} is {audit.state.replace('_', ' ')}; answers are given while it is in progress (INV-AUD2)."
        )
    row = next((item for item in audit.answers if item.question_id == question_id), None)
    if row is None:
        raise Refused(f"{audit.reference} has no question {question_id}.")
    evidence = [text.upper() for text in data.evidence_references]
    unknown = [text for text in evidence if not isinstance(records.find(session, text), Record)]
    if unknown:
        raise Refused(f"There is no record {', '.join(unknown)}.", field="evidence_references")
    if data.verdict is Verdict.CONFORMS and not evidence:
        raise Refused(
            "“Conforms” cites at least one record as evidence (INV-AUD3).", field="evidence_references"
        )
    if data.verdict is not Verdict.CONFORMS and len(data.note) < 3:
        raise Refused("Say what was seen, or why it does not apply.", field="note")
    row.verdict, row.note, row.evidence_references = data.verdict, data.note, evidence
    row.answered_by_id, row.answered_at = actor_of(session).person_id, clock.now()
    return row


@verb("audits.raise_finding")
def raise_finding(session: Session, audit: Audit, question_id: str, data: RecordFinding) -> Finding:
    """Raise a finding from an answer; its grade is the verdict."""
    row = next((item for item in audit.answers if item.question_id == question_id), None)
    if row is None or row.verdict not in _GRADES:
        raise Refused("A finding comes from an answer that is major, minor or an opportunity.")
    if any(item.question_id == question_id for item in improvement.from_source(session, audit)):
        raise Refused(f"There is a finding for {question_id} already.")
    graded = data.model_copy(update={"grade": _GRADES[row.verdict]})
    return findings.record_finding(session, audit.system, graded, source=audit, question_id=question_id)


@verb("audits.report")
def report(session: Session, audit: Audit, data: ReportAudit) -> Audit:
    """Report: no question unanswered, a finding for each nonconformity; then the lead auditor signs."""
    if audit.state != AuditState.IN_PROGRESS:
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')}.")
    unanswered = [item.question_id for item in audit.answers if item.verdict is None]
    if unanswered:
        raise Refused(f"{len(unanswered)} questions are unanswered: {', '.join(unanswered)}.", fix=audit.path)
    raised = {item.question_id for item in improvement.from_source(session, audit)}
    lacking = [
        item.question_id
        for item in audit.answers
        if item.verdict in (Verdict.MAJOR, Verdict.MINOR) and item.question_id not in raised
    ]
    if lacking:
        raise Refused(f"A nonconformity needs its finding: {', '.join(lacking)}.", fix=audit.path)
    _refuse_dependent(session, audit.lead_auditor_id or 0, audit.system)
    audit.conclusion = data.conclusion
    audit.state, audit.reported_at = AuditState.REPORTING, clock.now()
    session.flush()
    signoffs.request(session, audit, POLICY)
    return audit


@signoffs.when_complete(POLICY)
def _closed(session: Session, record: Record) -> None:
    assert isinstance(record, Audit)
    record.state, record.closed_at = AuditState.CLOSED, clock.now()


@signoffs.when_rejected(POLICY)
def _back(session: Session, record: Record) -> None:
    record.state = AuditState.IN_PROGRESS


@verb("audits.cancel")
def cancel(session: Session, audit: Audit, data: Why) -> Audit:
    """Cancel an audit, with the reason; it stays on record."""
    if audit.state in (AuditState.CLOSED, AuditState.CANCELLED, AuditState.REPORTING):
        raise Refused(f"{audit.reference} is {audit.state}.")
    session.info["reason"] = data.reason
    audit.state, audit.state_reason = AuditState.CANCELLED, data.reason
    return audit
