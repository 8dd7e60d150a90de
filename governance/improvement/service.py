"""Verbs on findings and corrective actions: a state machine with no way around the effectiveness check (10.2)."""

import re
from datetime import timedelta

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.improvement import reminders
from governance.improvement.models import ActionState, CorrectiveAction, Finding, FindingState, Grade
from governance.improvement.schemas import (
    AcceptFinding,
    CloseFinding,
    ExtendAction,
    ImplementAction,
    JudgeEffect,
    PlanAction,
    RecordFinding,
    Regrade,
)
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem, Status

POLICY = "corrective_action_close"
NONCONFORMITIES = (Grade.MAJOR, Grade.MINOR)
# Days until a nonconformity must be closed (config of the programme may shorten it; 17021-1 asks 90 for majors).
DUE_DAYS = {Grade.MAJOR: 90, Grade.MINOR: 180, Grade.OBSERVATION: 60, Grade.OPPORTUNITY: 365}
MOST_EXTENSIONS = 2
_BLAME = re.compile(r"^\W*(human error|operator error|not followed|carelessness)\W*$", re.IGNORECASE)


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

    A nonconformity needs criterion, evidence and gap; a major one asks for reassessment.
    """
    if data.grade in NONCONFORMITIES and not (data.criterion and data.evidence_statement and data.gap):
        raise Refused("A nonconformity is criterion + evidence + gap; one of them is missing.", field="gap")
    finding = Finding(
        **data.model_dump(),
        state=FindingState.ISSUED,
        owner_id=system.owner_id if system else source.owner_id if source else None,
        system=system,
        source=source,
        question_id=question_id,
        due_on=clock.today() + timedelta(days=DUE_DAYS[data.grade]),
    )
    session.add(finding)
    session.flush()
    _ask_reassessment(finding)
    reminders.tell_of_finding(session, finding)
    return finding


def _ask_reassessment(finding: Finding) -> None:
    system = finding.system
    if system and finding.grade is Grade.MAJOR and system.state in (Status.ACTIVE, Status.SUSPENDED):
        system.under_reassessment = f"Major finding {finding.reference}"


@verb("improvement.accept_finding")
def accept_finding(session: Session, finding: Finding, data: AcceptFinding) -> Finding:
    """Accept a finding with a response."""
    if finding.state != FindingState.ISSUED:
        raise Refused(f"{finding.reference} was answered already.")
    finding.auditee_response = data.auditee_response
    finding.state = FindingState.ACCEPTED
    return finding


@verb("improvement.regrade")
def regrade(session: Session, finding: Finding, data: Regrade) -> Finding:
    """Give another grade, with the reason. For a finding of an audit only its lead auditor does so (INV-FIN2)."""
    # By name, not by type: audits are a room above this one.
    leader = getattr(finding.source, "lead_auditor_id", None)
    if leader is not None and leader != actor_of(session).person_id:
        raise Refused("Only the lead auditor of the audit gives its findings another grade (INV-FIN2).")
    session.info["reason"] = data.reason
    finding.grade, finding.grade_reason = data.grade, data.reason
    _ask_reassessment(finding)
    return finding


@verb("improvement.plan_action")
def plan_action(session: Session, finding: Finding, data: PlanAction) -> CorrectiveAction:
    """Plan a corrective action with its root cause; the verifier is not the owner (INV-COR1)."""
    if finding.state in Finding.FROZEN:
        raise Refused(f"{finding.reference} is {finding.state}.")
    if data.verifier_id == data.owner_id:
        raise Refused("Who does the action does not verify it (INV-COR1).", field="verifier_id")
    if _BLAME.match(data.root_cause):
        raise Refused(
            "“Human error” is never the last why: ask why the error was possible.", field="root_cause"
        )
    if data.due_on < clock.today():
        raise Refused("The date lies in the past.", field="due_on")
    action = CorrectiveAction(
        **data.model_dump(), state=ActionState.PLANNED, finding=finding, original_due_on=data.due_on
    )
    session.add(action)
    finding.state = FindingState.IN_ACTION
    session.flush()
    reminders.tell_of_action(session, action)
    return action


@verb("improvement.extend")
def extend(session: Session, action: CorrectiveAction, data: ExtendAction) -> CorrectiveAction:
    """Move the due date, with the reason, at most twice (INV-COR2)."""
    if action.extensions >= MOST_EXTENSIONS:
        raise Refused("A due date is moved twice at most (INV-COR2); escalate instead.")
    if data.due_on <= action.due_on:
        raise Refused("The new date is not later than the present one.", field="due_on")
    session.info["reason"] = data.reason
    action.due_on = data.due_on
    action.extensions += 1
    return action


@verb("improvement.implement")
def implement(session: Session, action: CorrectiveAction, data: ImplementAction) -> CorrectiveAction:
    """Record that the action was carried out; now somebody else looks whether it works."""
    if action.state not in (ActionState.PLANNED, ActionState.REOPENED):
        raise Refused(f"{action.reference} is {action.state}; only a planned action is carried out.")
    if data.done_on > clock.today():
        raise Refused("This lies in the future.", field="done_on")
    action.done_on, action.done_note = data.done_on, data.done_note
    action.state = ActionState.IMPLEMENTED
    reminders.tell_carried_out(session, action)
    return action


@verb("improvement.judge_effect")
def judge_effect(session: Session, action: CorrectiveAction, data: JudgeEffect) -> CorrectiveAction:
    """Judge whether the action works. Effective: the verifier signs and it closes; otherwise it is reopened."""
    if action.state != ActionState.IMPLEMENTED:
        raise Refused(
            f"{action.reference} is {action.state}; effectiveness is checked after it is carried out (10.2)."
        )
    if actor_of(session).person_id == action.owner_id:
        raise Refused("The owner does not verify the effect of their own action (INV-COR1, SD-4).")
    action.effectiveness_note, action.verified_on = data.effectiveness_note, clock.today()
    if data.effective:
        session.flush()
        signoffs.request(session, action, POLICY)
    else:
        action.state = ActionState.REOPENED
    return action


@signoffs.when_complete(POLICY)
def _closed(session: Session, record: Record) -> None:
    record.state = ActionState.CLOSED


@signoffs.when_rejected(POLICY)
def _reopened(session: Session, record: Record) -> None:
    record.state = ActionState.REOPENED


@verb("improvement.close_finding")
def close_finding(session: Session, finding: Finding, data: CloseFinding) -> Finding:
    """Close a finding: every corrective action is closed with its effect verified; a nonconformity has at least one (INV-FIN1)."""
    if finding.state in Finding.FROZEN:
        raise Refused(f"{finding.reference} is {finding.state} already.")
    if finding.grade in NONCONFORMITIES and not finding.actions:
        raise Refused(
            "A nonconformity needs a corrective action before it can be closed (INV-FIN1).", fix=finding.path
        )
    waiting = [item.reference for item in finding.actions if item.state != ActionState.CLOSED]
    if waiting:
        raise Refused(f"The effect of {', '.join(waiting)} is not verified yet (10.2).", fix=finding.path)
    session.info["reason"] = data.reason
    finding.state, finding.state_reason = FindingState.CLOSED, data.reason
    return finding


@verb("improvement.withdraw_finding")
def withdraw_finding(session: Session, finding: Finding, data: CloseFinding) -> Finding:
    """Withdraw a finding that was wrong, with the reason; it stays on record."""
    if finding.state in Finding.FROZEN:
        raise Refused(f"{finding.reference} is {finding.state} already.")
    session.info["reason"] = data.reason
    finding.state, finding.state_reason = FindingState.WITHDRAWN, data.reason
    return finding
