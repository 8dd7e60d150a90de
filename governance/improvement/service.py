"""Verbs on findings: record, answer, dispute, rule, regrade, close. What is done about them stands in `actions.py`."""

from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.improvement import queries, reminders, requirements
from governance.improvement.catalogue import due, is_graver, rules, rules_hash
from governance.improvement.models import ActionState, Finding, FindingState, Grade
from governance.improvement.schemas import (
    AcceptFinding,
    CloseFinding,
    DisputeFinding,
    MarkRepeat,
    RecordFinding,
    Regrade,
    Respond,
    RuleOnDispute,
)
from governance.systems import material_change, reopening
from governance.systems.models import AiSystem, Status

NONCONFORMITIES = (Grade.MAJOR, Grade.MINOR)


@verb("improvement.record_finding")
def record_finding(
    session: Session,
    system: AiSystem | None,
    data: RecordFinding,
    *,
    source: Record | None = None,
    question_id: str = "",
) -> Finding:
    """Record a finding on a system, or without one on the whole organisation: then the owner of its source answers for it.

    A nonconformity needs criterion, evidence and gap. A major one asks for reassessment and re-opens the gate that the system passed last. A repeat is graded higher.
    """
    if data.grade in NONCONFORMITIES and not (data.criterion and data.evidence_statement and data.gap):
        raise Refused("A nonconformity is criterion + evidence + gap; one of them is missing.", field="gap")
    values = data.model_dump(exclude={"repeat_of"})
    values["clauses"], values["controls"] = _requirements(data)
    earlier = _repeated(session, system, data.repeat_of, data.grade) if data.repeat_of else None
    finding = Finding(
        **values,
        state=FindingState.ISSUED,
        owner_id=system.owner_id if system else source.owner_id if source else None,
        system=system,
        source=source,
        question_id=question_id,
        repeat_of_id=earlier.id if earlier else None,
        due_on=due(clock.today(), data.grade, "close"),
        rules_hash=rules_hash(),
    )
    session.add(finding)
    session.flush()
    _reopen_gate(session, finding)
    reminders.tell_of_finding(session, finding)
    return finding


def _requirements(data: RecordFinding) -> tuple[list[str], list[str]]:
    clauses, controls = requirements.tidy(data.clauses), requirements.tidy(data.controls)
    if wrong := requirements.unknown_clauses(clauses):
        raise Refused(f"{', '.join(wrong)} is no clause of ISO/IEC 42001, such as 8.2.", field="clauses")
    if wrong := requirements.unknown_controls(controls):
        raise Refused(f"{', '.join(wrong)} is no control of Annex A, such as A.7.4.", field="controls")
    return clauses, controls


def _repeated(session: Session, system: AiSystem | None, reference: str, grade: Grade) -> Finding:
    """The earlier finding of this reference, if one of this grade may repeat it."""
    earlier = records.find(session, reference)
    if not isinstance(earlier, Finding) or earlier.system is not system:
        raise Refused(f"There is no finding {reference.upper()} on this system.", field="repeat_of")
    since = clock.today() - relativedelta(months=rules().repeats.within_months)
    if earlier.state != FindingState.CLOSED or earlier.closed_on is None or earlier.closed_on < since:
        raise Refused(
            f"{earlier.reference} was not closed within {rules().repeats.within_months} months; only such a finding is repeated.",
            field="repeat_of",
        )
    _refuse_too_low(earlier, grade)
    return earlier


def _refuse_too_low(earlier: Finding, grade: Grade) -> None:
    least = rules().grade_of_repeat(earlier.grade)
    if is_graver(least, grade):
        raise Refused(
            f"{earlier.reference} was {earlier.grade} and has come back: its repeat is graded {least} at least.",
            field="grade",
        )


def _reopen_gate(session: Session, finding: Finding) -> None:
    """Open majors keep the last gate of a system open and the system under reassessment; the last one lets go of both."""
    system = finding.system
    if system is None:
        return
    session.flush()
    majors = [item.reference for item in queries.open_majors(session, system.id)]
    reopening.keep_reopened(session, system, majors)
    ours = system.under_reassessment.startswith("Major finding ")
    if majors and system.state in (Status.ACTIVE, Status.SUSPENDED) and finding.reference in majors:
        system.under_reassessment = f"Major finding {finding.reference}"
    elif majors and ours:
        system.under_reassessment = f"Major finding {majors[0]}"
    elif ours:
        # What the rooms beside have to re-confirm holds it on its own.
        material_change.settle(session, system)
        if system.under_reassessment:
            system.under_reassessment = (
                "A major finding is closed, and what it put in doubt is to be confirmed"
            )


@material_change.holds_reassessment
def _major_is_open(session: Session, system: AiSystem) -> bool:
    return bool(queries.open_majors(session, system.id))


def _refuse_unless(finding: Finding, *states: FindingState) -> None:
    if finding.state not in states:
        raise Refused(f"{finding.reference} is {finding.state.replace('_', ' ')}.", fix=finding.path)


@verb("improvement.accept_finding")
def accept_finding(session: Session, finding: Finding, data: AcceptFinding) -> Finding:
    """Accept a finding with a response; only the auditee does so (INV-AUD4)."""
    if finding.state != FindingState.ISSUED:
        raise Refused(f"{finding.reference} was answered already.")
    finding.auditee_response = data.auditee_response
    finding.state = FindingState.ACCEPTED
    return finding


@verb("improvement.dispute")
def dispute(session: Session, finding: Finding, data: DisputeFinding) -> Finding:
    """Disagree with a finding; until the ruling it is neither acted on nor closed."""
    if finding.state != FindingState.ISSUED:
        raise Refused(f"{finding.reference} was answered already.")
    finding.auditee_response = data.auditee_response
    finding.state = FindingState.DISPUTED
    return finding


@verb("improvement.respond")
def respond(session: Session, finding: Finding, data: Respond) -> Finding:
    """Change the auditee's response; nothing else of a finding is theirs to change (INV-AUD4)."""
    if not finding.is_open:
        raise Refused(f"{finding.reference} is {finding.state} already.")
    finding.auditee_response = data.auditee_response
    return finding


@verb("improvement.rule")
def rule(session: Session, finding: Finding, data: RuleOnDispute) -> Finding:
    """Rule on a dispute: the finding stands, or it is withdrawn. Who answers for the system does not rule on it."""
    _refuse_unless(finding, FindingState.DISPUTED)
    if actor_of(session).person_id in {finding.owner_id, finding.system.owner_id if finding.system else None}:
        raise Refused("The auditee does not rule on their own dispute; somebody else does.")
    session.info["reason"] = data.reason
    finding.ruling = data.reason
    if data.stands:
        finding.state = FindingState.ACCEPTED
        return finding
    return _over(session, finding, FindingState.WITHDRAWN, data.reason)


def _is_for_another(session: Session, finding: Finding) -> bool:
    """Whether the finding comes from an audit that somebody else leads."""
    # By name, not by type: audits are a room above this one.
    leader = getattr(finding.source, "lead_auditor_id", None)
    return leader is not None and leader != actor_of(session).person_id


@verb("improvement.regrade")
def regrade(session: Session, finding: Finding, data: Regrade) -> Finding:
    """Give another grade, with the reason. For a finding of an audit only its lead auditor does so (INV-FIN2)."""
    if _is_for_another(session, finding):
        raise Refused("Only the lead auditor of the audit gives its findings another grade (INV-FIN2).")
    if not finding.is_open:
        raise Refused(f"{finding.reference} is {finding.state} already.")
    if finding.repeat_of_id is not None:
        _refuse_too_low(session.get_one(Finding, finding.repeat_of_id), data.grade)
    if data.grade in NONCONFORMITIES and not (
        finding.criterion and finding.evidence_statement and finding.gap
    ):
        raise Refused("A nonconformity is criterion + evidence + gap; one of them is missing.", field="grade")
    session.info["reason"] = data.reason
    finding.grade, finding.grade_reason = data.grade, data.reason
    finding.due_on = finding.step_due("close")
    _reopen_gate(session, finding)
    return finding


@verb("improvement.mark_repeat")
def mark_repeat(session: Session, finding: Finding, data: MarkRepeat) -> Finding:
    """Say that a finding repeats an earlier one on the same system; refused while it is not graded higher."""
    if not finding.is_open:
        raise Refused(f"{finding.reference} is {finding.state} already.")
    finding.repeat_of_id = _repeated(session, finding.system, data.repeat_of, finding.grade).id
    return finding


@verb("improvement.close_finding")
def close_finding(session: Session, finding: Finding, data: CloseFinding) -> Finding:
    """Close a finding: every corrective action is closed with its effect verified; a nonconformity has at least one (INV-FIN1)."""
    if not finding.is_open:
        raise Refused(f"{finding.reference} is {finding.state} already.")
    if finding.state == FindingState.DISPUTED:
        raise Refused(f"{finding.reference} is disputed; it takes the ruling first.", fix=finding.path)
    if finding.grade in NONCONFORMITIES and not finding.actions:
        raise Refused(
            "A nonconformity needs a corrective action before it can be closed (INV-FIN1).", fix=finding.path
        )
    waiting = [item.reference for item in finding.actions if item.state != ActionState.CLOSED]
    if waiting:
        raise Refused(f"The effect of {', '.join(waiting)} is not verified yet (10.2).", fix=finding.path)
    return _over(session, finding, FindingState.CLOSED, data.reason)


@verb("improvement.withdraw_finding")
def withdraw_finding(session: Session, finding: Finding, data: CloseFinding) -> Finding:
    """Withdraw a finding that was wrong, with the reason; it stays on record. What is acted on is not withdrawn any more."""
    if _is_for_another(session, finding):
        raise Refused("Only the lead auditor of the audit withdraws its findings (INV-FIN2).")
    if finding.state == FindingState.DISPUTED:
        raise Refused(f"{finding.reference} is disputed; it takes the ruling first.", fix=finding.path)
    _refuse_unless(finding, FindingState.ISSUED, FindingState.ACCEPTED)
    return _over(session, finding, FindingState.WITHDRAWN, data.reason)


def _over(session: Session, finding: Finding, state: FindingState, reason: str) -> Finding:
    session.info["reason"] = reason
    finding.state, finding.state_reason, finding.closed_on = state, reason, clock.today()
    _reopen_gate(session, finding)
    return finding
