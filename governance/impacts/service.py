"""Verbs on impact assessments: triage, answer, rate, plan measures, submit, revise."""

from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.assessments import scales
from governance.assessments.models import AssessmentState, RiskAssessment
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.records import Base, Record
from governance.impacts import completeness, queries, rating
from governance.impacts.catalogue import rules, rules_hash
from governance.impacts.models import Effect, Impact, ImpactAssessment, ImpactMeasure, Triage
from governance.impacts.schemas import (
    AnswerSection,
    BeginAssessment,
    CarryOut,
    DeclareUnaffected,
    EditAssessment,
    PlanMeasure,
    RateImpact,
    RemoveImpact,
)
from governance.signoffs import service as signoffs
from governance.systems import material_change
from governance.systems.models import AiSystem

_COPIED = (
    "title", "contexts", "team", "assumptions", "triage", "triage_result", "triage_reason", "answers", "facets",
    "unaffected", "publication",
)  # fmt: skip
_OPEN = (AssessmentState.DRAFT, AssessmentState.IN_REVIEW)


@verb("impacts.begin")
def begin(session: Session, system: AiSystem, data: BeginAssessment) -> ImpactAssessment:
    """Begin an impact assessment of a system's current version with its triage; the register fills what it knows (6.1.4)."""
    _refuse_second_draft(session, system)
    current = system.current_version
    item = ImpactAssessment(
        **_scope(data),
        state=AssessmentState.DRAFT,
        owner_id=actor_of(session).person_id,
        system=system,
        version_id=current.id if current else None,
        answers=_known(system),
        started_on=clock.today(),
        rules_hash=rules_hash(),
    )
    session.add(item)
    session.flush()
    return item


def _known(system: AiSystem) -> dict[str, str]:
    """What the register answers already."""
    found = {}
    for section in rules().sections:
        for question in section.fields:
            value = getattr(system, question.column) if question.column else ""
            text = ", ".join(value) if isinstance(value, list) else str(value or "")
            if text:
                found[rules().key(section, question)] = text
    return found


def _scope(data: BeginAssessment) -> dict[str, Any]:
    rule = rules()
    if set(data.sensitive) - rule.triage.keys():
        raise Refused("Choose from the list.", field="sensitive")
    if set(data.facets) - rule.facets.keys():
        raise Refused("Choose from the list.", field="facets")
    triage = {name: name in data.sensitive for name in rule.triage}
    if data.triage_result is not Triage.FULL:
        if rating.is_sensitive(triage):
            raise Refused(
                "One of the points above is true, so the whole assessment is needed (ISO/IEC 42005, 5.7).",
                field="triage_result",
            )
        if not data.triage_reason:
            raise Refused("Say why the whole assessment is not needed.", field="triage_reason")
    values = data.model_dump(exclude={"sensitive", "version"})
    return {**values, "triage": triage}


def _refuse_second_draft(session: Session, system: AiSystem) -> None:
    for item in queries.of_system(session, system.id):
        if item.state in _OPEN:
            raise Refused(f"{item.reference} is being worked on; finish it first.", fix=item.path)


def _refuse_unless_draft(item: ImpactAssessment) -> None:
    if item.state == AssessmentState.IN_REVIEW:
        raise Refused(f"{item.reference} is in review; a reviewer must send it back before it can change.")
    if item.state != AssessmentState.DRAFT:
        state = item.state.replace("_", " ")
        raise Refused(f"{item.reference} is {state} and immutable (INV-G2); start a revision.")


@verb("impacts.edit")
def edit(session: Session, item: ImpactAssessment, data: EditAssessment) -> ImpactAssessment:
    """Change scope, triage and dates of a draft."""
    _refuse_unless_draft(item)
    for name, value in _scope(data).items():
        setattr(item, name, value)
    return item


@verb("impacts.answer")
def answer(session: Session, item: ImpactAssessment, data: AnswerSection) -> ImpactAssessment:
    """Keep the answers of one section of a draft."""
    _refuse_unless_draft(item)
    answers = {**item.answers, **data.model_dump(exclude={"version"})}
    item.answers = {name: text for name, text in answers.items() if text}
    return item


def _rated(session: Session, item: ImpactAssessment, data: RateImpact) -> dict[str, Any]:
    rule = rules()
    known: dict[str, Any] = {
        "dimension": rule.dimensions,
        "cause": rule.causes,
        "scale": rule.scale,
        "reversibility": rule.reversibility,
        "duration": rule.durations,
        "confidence": rule.confidences,
    }
    for name, choices in known.items():
        if getattr(data, name) not in choices:
            raise Refused("Choose one of the list.", field=name)
    if (data.residual_severity is None) != (data.residual_likelihood is None):
        raise Refused(
            "Rate both severity and likelihood after measures, or neither.", field="residual_severity"
        )
    _refuse_unknown_risk(session, item, data.risk_reference)
    values = data.model_dump(exclude={"version"})
    values["risk_reference"] = data.risk_reference.upper()
    values["level"] = values["residual_level"] = ""
    if data.effect is Effect.HARM:
        values["level"] = rating.level(rule, data.severity, data.likelihood, data.scale, data.reversibility)
        if data.residual_severity is not None and data.residual_likelihood is not None:
            values["residual_level"] = rating.level(
                rule, data.residual_severity, data.residual_likelihood, data.scale, data.reversibility
            )
    return values


def _refuse_unknown_risk(session: Session, item: ImpactAssessment, reference: str) -> None:
    if not reference:
        return
    head, _, number = reference.upper().partition(".")
    found = records.find(session, head)
    numbers = [str(risk.number) for risk in found.risks] if isinstance(found, RiskAssessment) else []
    if not isinstance(found, RiskAssessment) or found.system_id != item.system_id or number not in numbers:
        raise Refused(f"{item.system.reference} has no risk {reference}.", field="risk_reference")


@verb("impacts.rate")
def rate(session: Session, item: ImpactAssessment, data: RateImpact, impact: Impact | None = None) -> Impact:
    """Add an impact to a draft, or rate one anew; the level of a harm is computed (INV-G6)."""
    _refuse_unless_draft(item)
    values = _rated(session, item, data)
    if impact is None:
        number = max((row.number for row in item.impacts), default=0) + 1
        impact = Impact(number=number)
        item.impacts.append(impact)
    for name, value in values.items():
        setattr(impact, name, value)
    item.unaffected = {name: why for name, why in item.unaffected.items() if name != impact.group}
    item.touch()
    session.flush()
    return impact


@verb("impacts.remove")
def remove(session: Session, item: ImpactAssessment, impact: Impact, data: RemoveImpact) -> ImpactAssessment:
    """Take an impact with its measures out of a draft; the trail keeps it, with the reason."""
    _refuse_unless_draft(item)
    session.info["reason"] = data.reason
    session.delete(impact)
    item.touch()
    session.flush()
    session.expire(item, ["impacts"])
    return item


@verb("impacts.declare_unaffected")
def declare_unaffected(session: Session, item: ImpactAssessment, data: DeclareUnaffected) -> ImpactAssessment:
    """Say why a group of the register has no material impact (INV-IA2)."""
    _refuse_unless_draft(item)
    if data.group not in item.system.affected_groups:
        raise Refused("The register names no such group.", field="group")
    if any(row.group == data.group for row in item.impacts):
        raise Refused("There are impacts on this group; take them out first.", field="group")
    item.unaffected = {**item.unaffected, data.group: data.reason}
    return item


@verb("impacts.plan_measure")
def plan_measure(
    session: Session, item: ImpactAssessment, impact: Impact, data: PlanMeasure
) -> ImpactMeasure:
    """Plan what is done about a harm."""
    _refuse_unless_draft(item)
    if impact.effect is not Effect.HARM:
        raise Refused(f"{impact.reference} is a benefit; measures are for harms.")
    measure = ImpactMeasure(**data.model_dump(exclude={"version"}))
    impact.measures.append(measure)
    item.touch()
    session.flush()
    return measure


@verb("impacts.carry_out")
def carry_out(
    session: Session, item: ImpactAssessment, measure: ImpactMeasure, data: CarryOut
) -> ImpactMeasure:
    """Record that a measure was carried out, and its effect; possible after approval, it changes no rating."""
    if data.done_on > clock.today():
        raise Refused("This lies in the future.", field="done_on")
    measure.done_on, measure.effect = data.done_on, data.effect
    return measure


@verb("impacts.submit")
def submit(session: Session, item: ImpactAssessment) -> ImpactAssessment:
    """Give a complete draft to its reviewers, by the tier of the system. Raises Refused with everything that is missing."""
    _refuse_unless_draft(item)
    problems = completeness.missing(session, item)
    if problems:
        raise Refused("This assessment is not complete: " + " ".join(problems), fix=item.path)
    current = item.system.current_version
    # Begun at inception there was no version yet; what is approved means the one there is now.
    if item.version_id is None and current is not None:
        item.version_id = current.id
    item.state = AssessmentState.IN_REVIEW
    signoffs.request(session, item, policy_of(item.system))
    return item


def policy_of(system: AiSystem) -> str:
    """Which policy approves assessments of this system; without a tier the one for moderate."""
    return rules().approval[system.tier.value if system.tier else "moderate"]


def _approved(session: Session, record: Record) -> None:
    assert isinstance(record, ImpactAssessment)
    standing = (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)
    for earlier in queries.of_system(session, record.system_id):
        if earlier.id != record.id and earlier.state in standing:
            earlier.state = AssessmentState.SUPERSEDED
            earlier.state_reason = f"{record.reference} was approved."
    record.state, record.approved_on = AssessmentState.APPROVED, clock.today()
    material_change.settle(session, record.system)


def _rejected(session: Session, record: Record) -> None:
    record.state = AssessmentState.DRAFT


for _policy in ("impact_low", "impact_moderate", "impact_high"):
    signoffs.when_complete(_policy)(_approved)
    signoffs.when_rejected(_policy)(_rejected)


@verb("impacts.revise")
def revise(session: Session, item: ImpactAssessment) -> ImpactAssessment:
    """Start a new revision as a draft with the same content; the approved one stays in force until the new one is approved."""
    if item.state not in (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM):
        raise Refused("Only an approved assessment is revised.")
    _refuse_second_draft(session, item.system)
    return _open_revision(session, item, "Revision", actor_of(session).person_id)


def _open_revision(
    session: Session, item: ImpactAssessment, trigger: str, owner_id: int | None
) -> ImpactAssessment:
    current = item.system.current_version
    months = scales.criteria().review_months[item.system.tier.value if item.system.tier else "moderate"]
    copy = ImpactAssessment(
        **{name: getattr(item, name) for name in _COPIED},
        state=AssessmentState.DRAFT,
        owner_id=owner_id,
        system=item.system,
        version_id=current.id if current else None,
        revision=item.revision + 1,
        previous_id=item.id,
        trigger=trigger,
        started_on=clock.today(),
        next_review_on=clock.today() + relativedelta(months=months),
        rules_hash=rules_hash(),
    )
    copy.impacts = [_twin(impact) for impact in item.impacts]
    session.add(copy)
    session.flush()
    return copy


@material_change.when_changed
def _reassess(session: Session, system: AiSystem, reason: str) -> None:
    """Mark the assessment in force and open its revision, unless one is being worked on (ISO/IEC 42005, 5.12)."""
    found = queries.of_system(session, system.id)
    for item in found:
        if item.state == AssessmentState.APPROVED:
            item.state, item.state_reason = AssessmentState.TO_RECONFIRM, reason
            if not any(other.state in _OPEN for other in found):
                _open_revision(session, item, reason, item.owner_id)


@material_change.holds_reassessment
def _still_to_reconfirm(session: Session, system: AiSystem) -> bool:
    return any(item.state == AssessmentState.TO_RECONFIRM for item in queries.of_system(session, system.id))


def _columns(kind: type[Base]) -> set[str]:
    return {attribute.key for attribute in kind.__mapper__.column_attrs}


def _twin(impact: Impact) -> Impact:
    names = _columns(Impact) - {"id", "assessment_id"}
    measures = _columns(ImpactMeasure) - {"id", "impact_id"}
    twin = Impact(**{name: getattr(impact, name) for name in names})
    twin.measures = [
        ImpactMeasure(**{name: getattr(item, name) for name in measures}) for item in impact.measures
    ]
    return twin
