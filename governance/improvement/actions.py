"""Verbs on corrective actions: a state machine with no way around cause, evidence and effectiveness (10.2)."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.evidence.models import EvidenceState
from governance.improvement import reminders
from governance.improvement.catalogue import rules
from governance.improvement.models import (
    BEFORE_DONE,
    CAUSE_POLICY,
    CLOSE_POLICY,
    EXTENSION_POLICIES,
    PLAN_POLICY,
    ActionState,
    CorrectiveAction,
    Finding,
    FindingState,
)
from governance.improvement.schemas import (
    Contain,
    ExtendAction,
    ImplementAction,
    JudgeEffect,
    OpenAction,
    PlanAction,
    ProposeCause,
    Reassign,
)
from governance.signoffs import queries as signatures
from governance.signoffs import service as signoffs
from governance.signoffs.models import SignOffState

_ANALYSED = (ActionState.CONTAINED, ActionState.REOPENED)
_COUNTS = (EvidenceState.IN_REVIEW, EvidenceState.APPROVED)


@verb("improvement.open_action")
def open_action(session: Session, finding: Finding, data: OpenAction) -> CorrectiveAction:
    """Open a corrective action on a finding; its verifier is independent (INV-COR1)."""
    if not finding.is_open or finding.state == FindingState.DISPUTED:
        raise Refused(f"{finding.reference} is {finding.state}.")
    _refuse_dependent(finding, data.owner_id, data.verifier_id)
    if data.due_on < clock.today():
        raise Refused("The date lies in the past.", field="due_on")
    action = CorrectiveAction(
        **data.model_dump(), state=ActionState.OPEN, finding=finding, original_due_on=data.due_on
    )
    session.add(action)
    finding.state = FindingState.IN_ACTION
    session.flush()
    reminders.tell_of_action(session, action)
    return action


def _refuse_dependent(finding: Finding, owner: int | None, verifier: int, done_by: int | None = None) -> None:
    if verifier in {owner, done_by} - {None}:
        raise Refused("Who does the action does not verify it (INV-COR1).", field="verifier_id")
    system = finding.system
    if system is not None and verifier in {system.owner_id, system.technical_owner_id}:
        raise Refused(
            "Who answers for the system does not verify the action (INV-COR1, SD-5).", field="verifier_id"
        )


def _refuse_unless(action: CorrectiveAction, *states: ActionState) -> None:
    if action.state not in states:
        wanted = " or ".join(state.value.replace("_", " ") for state in states)
        raise Refused(
            f"{action.reference} is {action.state.replace('_', ' ')}; this is for one that is {wanted}.",
            fix=action.path,
        )


def _refuse_future(day: date, field: str) -> None:
    if day > clock.today():
        raise Refused("This lies in the future.", field=field)


@verb("improvement.reassign")
def reassign(session: Session, action: CorrectiveAction, data: Reassign) -> CorrectiveAction:
    """Name another owner or verifier, with the reason; not while the effect is being judged."""
    _refuse_unless(action, *BEFORE_DONE, ActionState.IMPLEMENTED)
    done_by = action.done_by_id if action.state == ActionState.IMPLEMENTED else None
    _refuse_dependent(action.finding, data.owner_id, data.verifier_id, done_by)
    session.info["reason"] = data.reason
    action.owner_id, action.verifier_id = data.owner_id, data.verifier_id
    reminders.tell_of_action(session, action)
    return action


@verb("improvement.contain")
def contain(session: Session, action: CorrectiveAction, data: Contain) -> CorrectiveAction:
    """Say what was done at once: correction and containment, or why nothing has to be contained."""
    _refuse_unless(action, ActionState.OPEN)
    _refuse_future(data.contained_on, "contained_on")
    action.correction, action.containment = data.correction, data.containment
    action.contained_on, action.state = data.contained_on, ActionState.CONTAINED
    return action


@verb("improvement.propose_cause")
def propose_cause(session: Session, action: CorrectiveAction, data: ProposeCause) -> CorrectiveAction:
    """Say why it happened, why nobody saw it, and where else it could; somebody else agrees by signature."""
    _refuse_unless(action, *_ANALYSED)
    known = rules().root_cause
    if data.cause_method not in known.methods:
        raise Refused("Choose one of the list.", field="cause_method")
    if data.cause_class not in known.classes:
        raise Refused("Choose one of the list.", field="cause_class")
    last = [line for line in data.whys.splitlines() if line.strip()][-1:]
    for field, said in (("root_cause", data.root_cause), ("whys", "".join(last))):
        if rules().blames(said):
            raise Refused("“Human error” is never the last why: ask why the error was possible.", field=field)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(action, name, value)
    session.flush()
    signoffs.request(session, action, CAUSE_POLICY)
    return action


@verb("improvement.plan_action")
def plan_action(session: Session, action: CorrectiveAction, data: PlanAction) -> CorrectiveAction:
    """Say what removes the cause and how its effect will be seen; somebody else approves by signature."""
    _refuse_unless(action, ActionState.CAUSE_AGREED)
    action.action, action.effectiveness_criterion = data.action, data.effectiveness_criterion
    session.flush()
    signoffs.request(session, action, PLAN_POLICY)
    return action


@verb("improvement.ask_extension")
def ask_extension(session: Session, action: CorrectiveAction, data: ExtendAction) -> CorrectiveAction:
    """Ask for a later date, with the reason: at most twice, by signature, and the first date is kept (INV-COR2)."""
    _refuse_unless(action, *BEFORE_DONE)
    if action.extensions >= len(EXTENSION_POLICIES):
        raise Refused(
            f"The date was moved {action.extensions} times; no more (INV-COR2). The first date was {action.original_due_on}."
        )
    if data.due_on <= action.due_on:
        raise Refused("The new date is not later.", field="due_on")
    asked = {"from": action.due_on.isoformat(), "to": data.due_on.isoformat(), "reason": data.reason}
    session.info["reason"] = data.reason
    action.extensions_asked = [*action.extensions_asked[: action.extensions], asked]
    session.flush()
    signoffs.request(session, action, EXTENSION_POLICIES[action.extensions])
    return action


@verb("improvement.implement")
def implement(session: Session, action: CorrectiveAction, data: ImplementAction) -> CorrectiveAction:
    """Record that the action was carried out, with evidence; some days later somebody else looks whether it works."""
    _refuse_unless(action, ActionState.PLANNED)
    _refuse_future(data.done_on, "done_on")
    if action.planned_on is not None and data.done_on < action.planned_on:
        raise Refused(
            f"The plan was approved on {action.planned_on}; it is carried out after.", field="done_on"
        )
    person = actor_of(session).person_id
    if person == action.verifier_id:
        raise Refused("The verifier does not carry it out (INV-COR1); let another one be named first.")
    if not _has_evidence(session, action):
        raise Refused(
            "Attach the evidence first: without it nothing was carried out.",
            fix=f"/evidence/new?for={action.reference}",
        )
    action.done_on, action.done_note, action.done_by_id = data.done_on, data.done_note, person
    days = rules().grades[action.finding.grade].effect_after_days
    action.check_from = data.done_on + timedelta(days=days)
    action.verified_on = None
    action.state = ActionState.IMPLEMENTED
    reminders.tell_carried_out(session, action)
    return action


def _has_evidence(session: Session, action: CorrectiveAction) -> bool:
    """Whether evidence is attached that nobody refused; after a reopening it takes new evidence."""
    return any(
        item.state in _COUNTS and (action.reopened_at is None or item.created_at > action.reopened_at)
        for item in evidence.of_record(session, action)
    )


@verb("improvement.judge_effect")
def judge_effect(session: Session, action: CorrectiveAction, data: JudgeEffect) -> CorrectiveAction:
    """Judge whether the action works. Effective: the verifier signs and it closes; otherwise it is reopened."""
    _refuse_unless(action, ActionState.IMPLEMENTED)
    _refuse_early_or_dependent(session, action)
    action.effectiveness_note, action.verified_on = data.effectiveness_note, clock.today()
    action.state = ActionState.EFFECTIVENESS_CHECK
    session.flush()
    if data.effective:
        signoffs.request(session, action, CLOSE_POLICY)
    else:
        _reopen(session, action, "Its effect was not there.")
    return action


def _refuse_early_or_dependent(session: Session, action: CorrectiveAction) -> None:
    if actor_of(session).person_id in {action.owner_id, action.done_by_id}:
        raise Refused("Who owns or did the action does not verify its effect (INV-COR1, SD-4).")
    if action.check_from is None or clock.today() < action.check_from:
        raise Refused(f"The effect of {action.reference} is judged from {action.check_from} on, not before.")


def _reopen(session: Session, action: CorrectiveAction, why: str) -> None:
    """Back to the cause: what was agreed and approved no longer stands."""
    for policy in (CAUSE_POLICY, PLAN_POLICY):
        for item in signatures.current_round(session, action, policy):
            if item.state == SignOffState.SIGNED:
                item.state, item.state_reason = SignOffState.WITHDRAWN, why
    action.times_reopened, action.reopened_at = action.times_reopened + 1, clock.now()
    action.cause_agreed_on = action.planned_on = None
    action.state = ActionState.REOPENED


def _action(session: Session, record: Record) -> CorrectiveAction:
    assert isinstance(record, CorrectiveAction)
    return record


def _refuse_own(session: Session, action: CorrectiveAction) -> None:
    if actor_of(session).person_id == action.owner_id:
        raise Refused("Who carries the action out does not agree to it as well; somebody else signs (SD-1).")


@signoffs.before_signing(CAUSE_POLICY)
def _cause_may_be_agreed(session: Session, record: Record) -> None:
    action = _action(session, record)
    _refuse_own(session, action)
    _refuse_unless(action, *_ANALYSED)


@signoffs.when_complete(CAUSE_POLICY)
def _cause_agreed(session: Session, record: Record) -> None:
    action = _action(session, record)
    action.state, action.cause_agreed_on = ActionState.CAUSE_AGREED, clock.today()


@signoffs.before_signing(PLAN_POLICY)
def _plan_may_be_approved(session: Session, record: Record) -> None:
    action = _action(session, record)
    _refuse_own(session, action)
    _refuse_unless(action, ActionState.CAUSE_AGREED)


@signoffs.when_complete(PLAN_POLICY)
def _planned(session: Session, record: Record) -> None:
    action = _action(session, record)
    action.state, action.planned_on = ActionState.PLANNED, clock.today()


def _extension_may_be_granted(session: Session, record: Record) -> None:
    action = _action(session, record)
    _refuse_own(session, action)
    _refuse_unless(action, *BEFORE_DONE)
    if action.asked_extension is None:
        raise Refused(f"{action.reference} asks for no later date.")


def _extended(session: Session, record: Record) -> None:
    action = _action(session, record)
    asked = action.asked_extension
    assert asked is not None
    action.due_on, action.extensions = date.fromisoformat(asked["to"]), action.extensions + 1


for _policy in EXTENSION_POLICIES:
    signoffs.before_signing(_policy)(_extension_may_be_granted)
    signoffs.when_complete(_policy)(_extended)


@signoffs.before_signing(CLOSE_POLICY)
def _effect_may_be_signed(session: Session, record: Record) -> None:
    action = _action(session, record)
    _refuse_unless(action, ActionState.EFFECTIVENESS_CHECK)
    _refuse_early_or_dependent(session, action)


@signoffs.when_complete(CLOSE_POLICY)
def _closed(session: Session, record: Record) -> None:
    record.state = ActionState.CLOSED


@signoffs.when_rejected(CLOSE_POLICY)
def _not_effective(session: Session, record: Record) -> None:
    _reopen(session, _action(session, record), "The verifier did not confirm its effect.")
