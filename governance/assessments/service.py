"""Verbs on risk assessments: draft, rate, treat, submit, revise, accept what remains."""

from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.assessments import queries, scales
from governance.assessments.models import (
    AcceptanceState,
    AssessmentState,
    Risk,
    RiskAcceptance,
    RiskAssessment,
    Treatment,
)
from governance.assessments.schemas import (
    AskAcceptance,
    AssessmentDetails,
    DraftAssessment,
    EditAssessment,
    PlanTreatment,
    RateRisk,
    RecordProgress,
    RemoveRisk,
    Revoke,
)
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import service as signoffs
from governance.systems import material_change
from governance.systems.models import AiSystem

POLICY = "risk_assessment"
ACCEPTANCE_POLICIES = tuple(f"risk_acceptance_{name}" for name in ("low", "medium", "high"))
_COPIED = (
    "number", "title", "source", "event", "consequence", "dimension", "affected_groups", "likelihood", "severity", "modifiers",
    "level", "basis", "confidence", "residual_likelihood", "residual_severity", "residual_level", "owner_id",
)  # fmt: skip


@verb("assessments.draft")
def draft(session: Session, system: AiSystem, data: DraftAssessment) -> RiskAssessment:
    """Begin a risk assessment of a system's current version (6.1.2)."""
    _refuse_second_draft(session, system)
    _refuse_before_criteria(data)
    current = system.current_version
    assessment = RiskAssessment(
        **data.model_dump(),
        state=AssessmentState.DRAFT,
        owner_id=actor_of(session).person_id,
        system=system,
        version_id=current.id if current else None,
        criteria_hash=scales.criteria_hash(),
    )
    session.add(assessment)
    session.flush()
    return assessment


def _refuse_second_draft(session: Session, system: AiSystem) -> None:
    for item in queries.of_system(session, system.id):
        if item.state in (AssessmentState.DRAFT, AssessmentState.IN_REVIEW):
            raise Refused(f"{item.reference} is being worked on; finish it first.", fix=item.path)


def _refuse_before_criteria(data: AssessmentDetails) -> None:
    approved = scales.criteria().approved_on
    if data.assessed_on < approved:
        raise Refused(
            f"The criteria were approved on {approved}; an assessment cannot be older (6.1.1, INV-RA2).",
            field="assessed_on",
        )


def _refuse_unless_draft(assessment: RiskAssessment) -> None:
    if assessment.state == AssessmentState.IN_REVIEW:
        raise Refused(
            f"{assessment.reference} is in review; a reviewer must send it back before it can change."
        )
    if assessment.state != AssessmentState.DRAFT:
        raise Refused(
            f"{assessment.reference} is {assessment.state.replace('_', ' ')} and immutable (INV-RA1); start a revision."
        )


@verb("assessments.edit")
def edit(session: Session, assessment: RiskAssessment, data: EditAssessment) -> RiskAssessment:
    """Change a draft."""
    _refuse_unless_draft(assessment)
    _refuse_before_criteria(data)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(assessment, name, value)
    return assessment


def _rated(data: RateRisk) -> dict[str, Any]:
    if (data.residual_likelihood is None) != (data.residual_severity is None):
        raise Refused(
            "Rate both likelihood and severity after treatment, or neither.", field="residual_likelihood"
        )
    rule = scales.criteria()
    known = {"source": rule.sources, "dimension": rule.dimensions, "basis": rule.bases}
    for name, choices in known.items():
        if getattr(data, name) not in choices:
            raise Refused("Choose one of the list.", field=name)
    if set(data.modifiers) - rule.modifiers.keys():
        raise Refused("Choose from the list.", field="modifiers")
    values = data.model_dump(exclude={"version"})
    values["level"] = scales.level(data.likelihood, data.severity, data.modifiers)
    values["residual_level"] = ""
    if data.residual_likelihood is not None and data.residual_severity is not None:
        values["residual_level"] = scales.level(
            data.residual_likelihood, data.residual_severity, data.modifiers
        )
    return values


@verb("assessments.add_risk")
def add_risk(session: Session, assessment: RiskAssessment, data: RateRisk) -> Risk:
    """Add a risk with its rating; the level is computed (INV-RSK1)."""
    _refuse_unless_draft(assessment)
    number = max([0, *assessment.removed_numbers, *(risk.number for risk in assessment.risks)]) + 1
    risk = Risk(**_rated(data), number=number)
    assessment.risks.append(risk)
    assessment.touch()
    session.flush()
    return risk


@verb("assessments.edit_risk")
def edit_risk(session: Session, assessment: RiskAssessment, risk: Risk, data: RateRisk) -> Risk:
    """Change a risk of a draft."""
    _refuse_unless_draft(assessment)
    for name, value in _rated(data).items():
        setattr(risk, name, value)
    assessment.touch()
    return risk


@verb("assessments.remove_risk")
def remove_risk(session: Session, assessment: RiskAssessment, risk: Risk, data: RemoveRisk) -> RiskAssessment:
    """Take a risk out of a draft, with the reason; its number is not given again."""
    _refuse_unless_draft(assessment)
    session.info["reason"] = data.reason
    assessment.removed_numbers = [*assessment.removed_numbers, risk.number]
    for treatment in risk.treatments:
        session.delete(treatment)
    assessment.risks.remove(risk)
    session.delete(risk)
    assessment.touch()
    return assessment


@verb("assessments.plan_treatment")
def plan_treatment(
    session: Session, assessment: RiskAssessment, risk: Risk, data: PlanTreatment
) -> Treatment:
    """Plan what is done about a risk (6.1.3)."""
    _refuse_unless_draft(assessment)
    treatment = Treatment(**data.model_dump(exclude={"version"}))
    risk.treatments.append(treatment)
    assessment.touch()
    session.flush()
    return treatment


@verb("assessments.edit_treatment")
def edit_treatment(
    session: Session, assessment: RiskAssessment, treatment: Treatment, data: PlanTreatment
) -> Treatment:
    """Change what is planned in a draft."""
    _refuse_unless_draft(assessment)
    for name, value in data.model_dump(exclude={"version"}).items():
        setattr(treatment, name, value)
    assessment.touch()
    return treatment


@verb("assessments.record_progress")
def record_progress(
    session: Session, assessment: RiskAssessment, treatment: Treatment, data: RecordProgress
) -> Treatment:
    """Record that a treatment was carried out, and its effect (8.3); possible after approval, it changes no rating."""
    if data.done_on > clock.today():
        raise Refused("This lies in the future.", field="done_on")
    treatment.done_on, treatment.effect = data.done_on, data.effect
    return treatment


@verb("assessments.submit")
def submit(session: Session, assessment: RiskAssessment) -> RiskAssessment:
    """Give a complete draft to its reviewers. Raises Refused with everything that is not complete."""
    _refuse_unless_draft(assessment)
    problems = tuple(_incomplete(assessment))
    if problems:
        raise Refused("This assessment is not complete: " + " ".join(problems), fix=assessment.path)
    assessment.state = AssessmentState.IN_REVIEW
    signoffs.request(session, assessment, POLICY)
    return assessment


def _incomplete(assessment: RiskAssessment) -> list[str]:
    if not assessment.risks:
        return ["It has no risk."]
    problems = []
    for risk in assessment.risks:
        if risk.owner_id is None:
            problems.append(f"Risk {risk.number} has no owner.")
        lowered = risk.residual_level and scales.LEVELS.index(risk.residual_level) < scales.LEVELS.index(
            risk.level
        )
        if lowered and not any(item.controls for item in risk.treatments):
            problems.append(
                f"Risk {risk.number} is rated lower after treatment without a treatment that names a control (INV-RSK2)."
            )
        if risk.confidence == "low" and risk.severity >= 4 and not risk.treatments:
            problems.append(f"Risk {risk.number} is grave and uncertain; plan a treatment to learn more.")
    people = any(risk.dimension in ("individual", "group", "society") for risk in assessment.risks)
    misuse = any(risk.source in ("human_use_and_misuse", "malicious_attack") for risk in assessment.risks)
    if not (people and misuse) and not assessment.summary:
        problems.append(
            "Consider at least one misuse and one harm to people, or say why not in the summary (INV-RA4)."
        )
    return problems


@signoffs.when_complete(POLICY)
def _approved(session: Session, record: Record) -> None:
    assert isinstance(record, RiskAssessment)
    for earlier in queries.of_system(session, record.system_id):
        if earlier.id != record.id and earlier.state in (
            AssessmentState.APPROVED,
            AssessmentState.TO_RECONFIRM,
        ):
            earlier.state = AssessmentState.SUPERSEDED
            earlier.state_reason = f"{record.reference} was approved."
    record.state, record.approved_on = AssessmentState.APPROVED, clock.today()
    material_change.settle(session, record.system)


@signoffs.when_rejected(POLICY)
def _rejected(session: Session, record: Record) -> None:
    record.state = AssessmentState.DRAFT


@verb("assessments.revise")
def revise(session: Session, assessment: RiskAssessment) -> RiskAssessment:
    """Start a new revision as a draft with the same risks; the approved one stays in force until the new one is approved."""
    if assessment.state not in (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM):
        raise Refused("Only an approved assessment is revised.")
    _refuse_second_draft(session, assessment.system)
    return _open_revision(session, assessment, "revision", actor_of(session).person_id)


def _open_revision(
    session: Session, assessment: RiskAssessment, trigger: str, owner_id: int | None
) -> RiskAssessment:
    current = assessment.system.current_version
    copy = RiskAssessment(
        title=assessment.title,
        state=AssessmentState.DRAFT,
        owner_id=owner_id,
        system=assessment.system,
        version_id=current.id if current else None,
        revision=assessment.revision + 1,
        previous_id=assessment.id,
        scope_text=assessment.scope_text,
        method=assessment.method,
        team=assessment.team,
        trigger=trigger[:60],
        summary=assessment.summary,
        assessed_on=clock.today(),
        next_review_on=clock.today() + relativedelta(months=_review_months(assessment.system)),
        criteria_hash=scales.criteria_hash(),
    )
    for risk in assessment.risks:
        twin = Risk(**{name: getattr(risk, name) for name in _COPIED})
        twin.treatments = [_treatment_copy(item) for item in risk.treatments]
        copy.risks.append(twin)
    session.add(copy)
    session.flush()
    return copy


@material_change.when_changed
def _reassess(session: Session, system: AiSystem, reason: str) -> None:
    """Mark the assessment in force and open its revision, unless one is being worked on."""
    found = queries.of_system(session, system.id)
    for item in found:
        if item.state == AssessmentState.APPROVED:
            item.state, item.state_reason = AssessmentState.TO_RECONFIRM, reason
            if not any(other.state in (AssessmentState.DRAFT, AssessmentState.IN_REVIEW) for other in found):
                _open_revision(session, item, reason, item.owner_id)


@material_change.holds_reassessment
def _still_to_reconfirm(session: Session, system: AiSystem) -> bool:
    return any(item.state == AssessmentState.TO_RECONFIRM for item in queries.of_system(session, system.id))


def _treatment_copy(item: Treatment) -> Treatment:
    names = ("option", "action", "controls", "owner_id", "due_on", "done_on", "effect")
    return Treatment(**{name: getattr(item, name) for name in names})


def _review_months(system: AiSystem) -> int:
    return scales.criteria().review_months[system.tier.value if system.tier else "moderate"]


@verb("assessments.ask_acceptance")
def ask_acceptance(
    session: Session, assessment: RiskAssessment, risk: Risk, data: AskAcceptance
) -> RiskAcceptance:
    """Ask for acceptance of a residual risk above the appetite (6.1.3; INV-RSK3, INV-RSK4)."""
    if assessment.state != AssessmentState.APPROVED:
        raise Refused("Only a risk of an approved assessment can be accepted.")
    level = risk.residual_level or risk.level
    if level not in scales.criteria().acceptance:
        raise Refused(
            "A critical residual risk cannot be accepted (INV-RSK3): avoid it, redesign or suspend."
        )
    rule = scales.criteria().acceptance[level]
    longest = clock.today() + relativedelta(months=rule.max_months)
    if not clock.today() < data.expires_on <= longest:
        raise Refused(f"A {level} risk is accepted until {longest} at the latest.", field="expires_on")
    acceptance = RiskAcceptance(
        title=f"{risk.reference} {risk.title}",
        state=AcceptanceState.REQUESTED,
        owner_id=risk.owner_id,
        risk=risk,
        level=level,
        **data.model_dump(),
    )
    session.add(acceptance)
    session.flush()
    signoffs.request(session, acceptance, rule.policy)
    return acceptance


def _not_by_the_assessor(session: Session, record: Record) -> None:
    assert isinstance(record, RiskAcceptance)
    if actor_of(session).person_id == record.risk.assessment.owner_id:
        raise Refused("Who assessed a risk does not accept it (SD-2, INV-RSK4).")


def _accepted(session: Session, record: Record) -> None:
    record.state = AcceptanceState.ACCEPTED


def _not_accepted(session: Session, record: Record) -> None:
    record.state = AcceptanceState.REJECTED


for _policy in ACCEPTANCE_POLICIES:
    signoffs.before_signing(_policy)(_not_by_the_assessor)
    signoffs.when_complete(_policy)(_accepted)
    signoffs.when_rejected(_policy)(_not_accepted)


@verb("assessments.revoke_acceptance")
def revoke_acceptance(session: Session, acceptance: RiskAcceptance, data: Revoke) -> RiskAcceptance:
    """Take an acceptance back; its history stays."""
    if acceptance.state != AcceptanceState.ACCEPTED:
        raise Refused(f"{acceptance.reference} is not in force.")
    session.info["reason"] = data.reason
    acceptance.state = AcceptanceState.REVOKED
    return acceptance
