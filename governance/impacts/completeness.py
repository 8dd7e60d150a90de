"""What an impact assessment still lacks before it can be reviewed (ISO/IEC 42005, clause 6; INV-IA2 to INV-IA4)."""

from sqlalchemy.orm import Session

from governance.impacts.catalogue import Question, rules
from governance.impacts.models import Effect, Impact, ImpactAssessment, Triage
from governance.systems import queries as systems
from governance.systems.models import AiSystem, Answer, EuClass, Tier


def is_whole(item: ImpactAssessment) -> bool:
    """Whether the whole assessment is made, not only a screening."""
    return item.triage_result is Triage.FULL


def needs_whole(system: AiSystem) -> bool:
    """Whether the tier alone makes the whole assessment necessary."""
    order = list(Tier)
    return system.tier is not None and order.index(system.tier) <= order.index(Tier(rules().whole_from))


def due_facets(session: Session, item: ImpactAssessment) -> dict[str, str]:
    """Facets that the classification or the data make necessary, each with the reason (INV-IA4)."""
    system, found = item.system, {}
    decision = systems.classification_in_force(session, system)
    if decision is not None and "fria" in decision.flags and decision.headline == EuClass.HIGH_RISK_ANNEX_III:
        found["FRIA"] = f"{decision.reference} says that a fundamental rights impact assessment is due"
    personal = system.personal_data is Answer.YES
    special = system.special_category_data is Answer.YES
    if personal and (special or any(item.triage.values())):
        found["DPIA"] = "the system uses personal data in a sensitive way"
    return found


def missing(session: Session, item: ImpactAssessment) -> list[str]:
    """Sentences about everything that is missing; empty when it can be submitted."""
    if not is_whole(item):
        if needs_whole(item.system):
            return [f"A system of tier {item.system.tier} needs the whole assessment, not only a screening."]
        return []
    problems = [*_unanswered(item), *_groups(item), *_harms(item)]
    for facet, reason in due_facets(session, item).items():
        if facet not in item.facets:
            problems.append(f"{rules().facets[facet]} is missing: {reason} (INV-IA4).")
    return problems


def asked(item: ImpactAssessment, question: Question) -> bool:
    """Whether the question is asked of this assessment: those of a facet only if it is part of it."""
    return not question.facet or question.facet in item.facets


def answered(item: ImpactAssessment) -> dict[str, tuple[int, int]]:
    """Per section how many of its questions have an answer, and how many there are."""
    found = {}
    for section in rules().sections:
        names = [rules().key(section, question) for question in section.fields if asked(item, question)]
        found[section.id] = (sum(bool(item.answers.get(name)) for name in names), len(names))
    return found


def _unanswered(item: ImpactAssessment) -> list[str]:
    problems = []
    for section in rules().sections:
        for question in section.fields:
            due = question.needed or (question.misuse and needs_whole(item.system))
            due = due or (bool(question.facet) and question.facet in item.facets)
            if due and not item.answers.get(rules().key(section, question)):
                problems.append(f"{section.id} has no answer to: {question.ask}")
    return problems


def _groups(item: ImpactAssessment) -> list[str]:
    seen = {impact.group for impact in item.impacts} | item.unaffected.keys()
    return [
        f"The group “{group}” has neither an impact nor a reason why there is none (INV-IA2)."
        for group in item.system.affected_groups
        if group not in seen
    ]


def _harms(item: ImpactAssessment) -> list[str]:
    if not item.impacts and not item.unaffected:
        return ["It names no impact."]
    return [
        f"The harm {impact.number} is grave and has neither a measure nor a risk that takes it up (INV-IA3)."
        for impact in item.impacts
        if _is_grave(impact) and not impact.measures and not impact.risk_reference
    ]


def _is_grave(impact: Impact) -> bool:
    return impact.effect is Effect.HARM and impact.severity >= rules().grave_from
