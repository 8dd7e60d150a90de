"""Verbs on audits: schedule, make occurrences, conduct, report (ISO 19011; 9.2)."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access.verbs import actor_of, verb
from governance.audits import (
    catalogue,
    drafts,
    making,
    opening,
    queries,
    recurrence,
    reminders,
    scope,
    team,
    working_days,
)
from governance.audits.independence import refuse_dependent
from governance.audits.models import (
    Audit,
    AuditSchedule,
    AuditState,
    ChecklistAnswer,
    ScheduleState,
    Verdict,
)
from governance.audits.schemas import (
    AnswerQuestion,
    Assign,
    ChangeSchedule,
    ReportAudit,
    ScheduleAudits,
    ScheduleByRule,
    ScheduleForAims,
    StartAudit,
    Why,
)
from governance.core import clock, records
from governance.core.errors import Conflict, Refused
from governance.core.records import Record
from governance.improvement import queries as improvement
from governance.improvement import service as findings
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import RecordFinding
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem

POLICY = "audit_report"
_CHANGED = "The schedule was changed."
BEFORE_START = (AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.MISSED)
GRADES = {
    Verdict.MAJOR: Grade.MAJOR,
    Verdict.MINOR: Grade.MINOR,
    Verdict.OBSERVATION: Grade.OBSERVATION,
    Verdict.OPPORTUNITY: Grade.OPPORTUNITY,
}


@verb("audits.schedule")
def schedule(session: Session, system: AiSystem, data: ScheduleAudits) -> AuditSchedule:
    """Schedule recurring audits of a system; its occurrences are made by the worker."""
    if system.state in AiSystem.FROZEN:
        raise Refused(f"{system.reference} is {system.state}; it is not audited any more.")
    if data.lead_auditor_id is not None:
        refuse_dependent(session, data.lead_auditor_id, (system,))
    if data.by_tier and data.unit != "months":
        raise Refused("An interval that follows the tier is counted in months.", field="unit")
    return _made(session, data, system.title, system.owner_id, system=system)


@verb("audits.schedule_by_rule")
def schedule_by_rule(session: Session, data: ScheduleByRule) -> AuditSchedule:
    """Schedule recurring audits of every system that a rule finds at the time (9.2.2)."""
    where = scope.checked(session, {name: getattr(data, name) for name in scope.PARTS})
    in_scope = scope.found(session, where)
    if data.lead_auditor_id is not None:
        refuse_dependent(session, data.lead_auditor_id, in_scope)
    return _made(session, data, scope.in_words(session, where), data.owner_id, where=where)


@verb("audits.schedule_for_aims")
def schedule_for_aims(session: Session, data: ScheduleForAims) -> AuditSchedule:
    """Schedule recurring audits of the management system as a whole (9.2.1)."""
    if data.lead_auditor_id is not None:
        refuse_dependent(session, data.lead_auditor_id, ())
    return _made(session, data, "", data.owner_id)


def _made(
    session: Session,
    data: ScheduleAudits | ScheduleByRule | ScheduleForAims,
    about: str,
    owner_id: int | None,
    *,
    system: AiSystem | None = None,
    where: dict[str, str] | None = None,
) -> AuditSchedule:
    try:
        kind = catalogue.audit_type(data.audit_type)
    except KeyError as error:
        raise Refused("There is no such kind of audit.", field="audit_type") from error
    if (kind.about == "management_system") != (system is None and where is None):
        raise Refused(f"{kind.title}: choose another kind for this scope.", field="audit_type")
    recurrence.zone(data.zone)
    common = {name: getattr(data, name) for name in _COMMON}
    made = AuditSchedule(
        title=f"{kind.title}: {about}" if about else kind.title,
        state=ScheduleState.ACTIVE,
        owner_id=owner_id,
        system=system,
        systems_where=where,
        checklist=kind.checklist,
        rule=recurrence.build_rule(data.every, data.unit, data.on),
        by_tier=getattr(data, "by_tier", False),
        **{**common, "holidays": working_days.known(data.holidays)},
    )
    session.add(made)
    session.flush()
    making.look_again(session, made, date.min)
    return made


_COMMON = (
    "audit_type", "starts_on", "zone", "lead_days", "grace_days", "shift", "holidays", "catch_up", "lead_auditor_id",
)  # fmt: skip


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
    session.info["reason"] = data.reason
    making.make_what_fell_due(session, item)
    item.lead_days, item.grace_days = data.lead_days, data.grace_days
    item.shift, item.holidays, item.catch_up = data.shift, working_days.known(data.holidays), data.catch_up
    return recur(session, item, recurrence.build_rule(data.every, data.unit, data.on), data.starts_on)


def recur(session: Session, item: AuditSchedule, rule: str, starts_on: date) -> list[Audit]:
    """Give a schedule another rule and start, and let what is planned follow. Returns the audits that are cancelled."""
    today = recurrence.today_in(item.zone, clock.now())
    item.rule, item.starts_on = rule, starts_on
    making.look_again(session, item, today)
    ahead = [audit for audit in queries.of_schedule(session, item) if audit.due_on > today]
    last = max((audit.occurs_on for audit in ahead), default=today)
    days = set(recurrence.until(item.rule, item.starts_on, last))
    cancelled = []
    for audit in ahead:
        if audit.occurs_on in days and _was_cancelled_by_a_change(audit):
            audit.state, audit.state_reason = AuditState.PLANNED, ""
        elif audit.occurs_on not in days and audit.state in (AuditState.PLANNED, AuditState.ANNOUNCED):
            audit.state, audit.state_reason = AuditState.CANCELLED, _CHANGED
            cancelled.append(audit)
    # What is cancelled cannot change; so what is not any more becomes planned first.
    session.flush()
    for audit in ahead:
        if audit.state in (AuditState.PLANNED, AuditState.ANNOUNCED):
            audit.due_on = working_days.shifted(audit.occurs_on, item.shift, item.holidays)
            audit.grace_until = audit.due_on + timedelta(days=item.grace_days)
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
    making.look_again(session, item, recurrence.today_in(item.zone, clock.now()))
    return item


@verb("audits.end_schedule")
def end_schedule(session: Session, item: AuditSchedule, data: Why) -> AuditSchedule:
    """End a schedule for good, with the reason. What fell due before is made first; what fell due in a pause is not."""
    session.info["reason"] = data.reason
    if item.state == ScheduleState.ACTIVE:
        making.make_what_fell_due(session, item)
    item.state, item.state_reason = ScheduleState.ENDED, data.reason
    return item


@verb("audits.assign")
def assign(session: Session, audit: Audit, data: Assign) -> Audit:
    """Assign the lead auditor. Refused with the reason, and who would be free, if not independent."""
    if audit.state not in BEFORE_START:
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')}; its auditor stays.")
    if "auditor" not in people.person(session, data.lead_auditor_id).roles:
        raise Refused("Only somebody with the role auditor leads an audit.", field="lead_auditor_id")
    team.refuse_unfit(session, audit, data.lead_auditor_id)
    audit.lead_auditor_id = data.lead_auditor_id
    reminders.tell_assigned(session, audit)
    return audit


@verb("audits.start")
def start(session: Session, audit: Audit, data: StartAudit) -> Audit:
    """Start an audit with its plan; independence is looked at again (a missed one may still be held, late)."""
    if audit.state not in BEFORE_START:
        raise Refused(f"{audit.reference} is {audit.state.replace('_', ' ')} already.")
    if audit.lead_auditor_id is None:
        raise Refused("Assign a lead auditor first.", fix=audit.path)
    if audit.schedule and audit.schedule.systems_where is not None:
        opening.renew_scope(session, audit)
    team.refuse_unfit_team(session, audit)
    for name, value in data.model_dump(exclude={"version", "control_questions"}).items():
        setattr(audit, name, value)
    opening.ask_further(session, audit, controls=data.control_questions)
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
    if data.revision is not None and data.revision != row.revision:
        raise Conflict(
            f"Somebody else answered {question_id} meanwhile; look at their answer and save yours again if it still holds."
        )
    if data.verdict is Verdict.CONFORMS and not evidence:
        raise Refused(
            "“Conforms” cites at least one record as evidence (INV-AUD3).", field="evidence_references"
        )
    if data.verdict is not Verdict.CONFORMS and len(data.note) < 3:
        raise Refused("Say what was seen, or why it does not apply.", field="note")
    row.verdict, row.note, row.evidence_references = data.verdict, data.note, evidence
    row.answered_by_id, row.answered_at = actor_of(session).person_id, clock.now()
    row.revision += 1
    drafts.forget(session, row)
    return row


@verb("audits.raise_finding")
def raise_finding(
    session: Session, audit: Audit, question_id: str, data: RecordFinding, *, system: AiSystem | None = None
) -> Finding:
    """Raise a finding from an answer; its grade is the verdict. It is about one system in scope, or about the management system."""
    if audit.state != AuditState.IN_PROGRESS:
        raise Refused(f"{audit.reference} is {audit.state}; findings are raised while it is in progress.")
    if system is not None and system not in audit.systems:
        raise Refused(f"{system.reference} is not in the scope of {audit.reference}.", field="system")
    row = next((item for item in audit.answers if item.question_id == question_id), None)
    if row is None or row.verdict not in GRADES:
        raise Refused(
            "A finding comes from an answer that is major, minor, an observation or an opportunity."
        )
    if any(item.question_id == question_id for item in improvement.from_source(session, audit)):
        raise Refused(f"There is a finding for {question_id} already.")
    graded = data.model_copy(update={"grade": GRADES[row.verdict]})
    return findings.record_finding(
        session, system or audit.system, graded, source=audit, question_id=question_id
    )


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
    team.refuse_unfit_team(session, audit)
    team.refuse_unreviewed(audit)
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
    if audit.state in (*Audit.FROZEN, AuditState.REPORTING):
        raise Refused(f"{audit.reference} is {audit.state}.")
    session.info["reason"] = data.reason
    audit.state, audit.state_reason = AuditState.CANCELLED, data.reason
    return audit
