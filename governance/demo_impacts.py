"""Impact assessments of the demonstration: what the systems do to people, answered, rated and approved."""

from datetime import timedelta
from typing import Any

from governance.assessments import scales
from governance.core import clock, records
from governance.demo_story import Story
from governance.impacts import completeness, service
from governance.impacts.catalogue import rules
from governance.impacts.models import ImpactAssessment, Triage
from governance.impacts.schemas import (
    BeginAssessment,
    CarryOut,
    DeclareUnaffected,
    PlanMeasure,
    RateImpact,
    section_form,
)
from governance.systems.models import AiSystem

_ANSWERS = {
    "S2_new_or_changed": "Until now people looked at the same signs by hand, at fixed hours.",
    "S2_why_ai": "The pattern is too fine for a rule that one could write down; a score sheet was tried first and missed a third.",
    "S2_third_party_components": "Open-source libraries, listed with the release.",
    "S3_quality": "Two per cent of values are missing; implausible ones are dropped and counted.",
    "S3_representativeness": "Age and sex as in the group's patients; people with darker skin and people who visit rarely are under-represented.",
    "S3_retention": "Inputs 30 days, outputs as long as the patient's record.",
    "S4_evaluation": "Tested per group, with intervals, on a year that it had not seen.",
    "S4_explainability": "The strongest reasons stand beside each output.",
    "S4_known_limits": "Weaker in the first hours of a stay, for rare illnesses and where sensors slip.",
    "S4_update_policy": "Once a year or after drift; each update is a version of its own.",
    "S5_culture_and_law": "Co-determination of the works council; patients expect a person to decide.",
    "S5_scale": "About 9,000 people a year, around the clock.",
    "S6_vulnerable": "People who cannot speak for themselves, and people without German.",
    "S6_indirectly_affected": "Other patients whose turn comes later; the teams' way of working.",
    "S6_representation": "Patients' council and works council, heard in the consultation.",
    "S8_failure_modes": "It stays silent although it should speak; noticed at the next round by hand, within an hour.",
    "S8_misuse": "Its output is read as a verdict on a person; access is logged and the use is excluded.",
    "S8_over_reliance": "Rounds by hand become shorter; checked in each audit.",
    "S10_values_applied": "Safety, fairness, accountability and human control.",
    "S10_red_lines": "None comes near; checked for each version.",
    "S11_balance": "The benefits outweigh what remains, as long as the rounds by hand stay.",
    "S11_conditions": "Rounds by hand stay; figures per group each quarter.",
    "S11_necessity": "Needed to see in time what people see too late; only data of the stay is used.",
    "S11_dpo_advice": "Agreed, with the retention as stated.",
    "S11_fria_period": "As long as the version is in operation, around the clock.",
    "S11_fria_remedy": "Ward management answers within a day; the ombudsperson may stop it.",
    "S11_public_summary": "A computer helps the team to look in time. People decide. You can ask and object at any time.",
}


def begin(story: Story, system: str) -> str:
    """Asha does the triage; returns the assessment's reference."""
    with story.acting("asha") as session:
        record = records.get(session, AiSystem, system)
        whole = completeness.needs_whole(record)
        months = scales.criteria().review_months[record.tier.value if record.tier else "moderate"]
        data = BeginAssessment(
            title=f"Impact assessment of {record.title}",
            sensitive=["vulnerable_people", "opaque"] if whole else [],
            triage_result=Triage.FULL if whole else Triage.SCREENING_ONLY,
            triage_reason=""
            if whole
            else "Nobody's treatment, rights or chances depend on it; looked at by the data-protection officer.",
            contexts=[*record.regions, record.sector],
            team="Assessor, data scientist, clinical lead, member of the patients' council",
            facets=["DPIA", "FRIA"] if whole else [],
            next_review_on=clock.today() + timedelta(days=max(30 * months, 400)),
        )
        return service.begin(session, record, data).reference


def answer(story: Story, impact: str) -> None:
    """Asha answers the sections."""
    for section in rules().sections:
        with story.acting("asha") as session:
            item = records.get(session, ImpactAssessment, impact)
            form = section_form(section.id)
            given = {name: text for name, text in _ANSWERS.items() if name in form.model_fields}
            data = form.model_validate(_merged(item, form, given))
            service.answer(session, item, data)


def _merged(item: ImpactAssessment, form: Any, given: dict[str, str]) -> dict[str, Any]:
    known = {name: text for name, text in item.answers.items() if name in form.model_fields}
    return {**known, **given, "version": item.version}


def rate(story: Story, impact: str, risk: str) -> None:
    """Asha rates a benefit and a harm for the first group, a harm for the others, and says who is not affected."""
    with story.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        groups = list(item.system.affected_groups)
    _one(story, impact, groups[0], "benefit", "Help comes earlier than before", 4, 3)
    _one(
        story, impact, groups[0], "harm", "Help comes too late because the team relied on it", 4, 2,
        cause="failure", reversibility="hardly", after=(4, 1), measure="Rounds by hand stay; silence is measured each month",
    )  # fmt: skip
    _one(
        story, impact, groups[0], "harm", "Works worse for people who are rarely in the data", 3, 3,
        dimension="fairness", scale="thousands", after=(3, 2), risk=risk,
    )  # fmt: skip
    for group in groups[1:2]:
        _one(
            story, impact, group, "harm", "Feels watched and blamed", 2, 3, dimension="autonomy_dignity", after=(2, 2),
            measure="Overruling is never a fault; written into the rules of use",
        )  # fmt: skip
    for group in groups[2:]:
        with story.acting("asha") as session:
            item = records.get(session, ImpactAssessment, impact)
            reason = "Asked in the consultation: they notice nothing of it and nothing about them is decided"
            service.declare_unaffected(
                session, item, DeclareUnaffected(group=group, reason=reason, version=item.version)
            )


def _one(
    story: Story,
    impact: str,
    group: str,
    effect: str,
    what: str,
    severity: int,
    likelihood: int,
    *,
    dimension: str = "health",
    cause: str = "normal_use",
    scale: str = "group",
    reversibility: str = "with_effort",
    after: tuple[int, int] | None = None,
    measure: str = "",
    risk: str = "",
) -> None:
    with story.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        data = RateImpact.model_validate(
            {
                "group": group,
                "dimension": dimension,
                "effect": effect,
                "description": what,
                "cause": cause,
                "severity": severity,
                "likelihood": likelihood,
                "scale": scale,
                "reversibility": reversibility,
                "duration": "days",
                "distribution": "All patients gain a little; those rarely in the data bear more of the errors",
                "evidence_note": "Test report by group",
                "confidence": "medium",
                "residual_severity": after[0] if after else None,
                "residual_likelihood": after[1] if after else None,
                "risk_reference": risk,
                "version": item.version,
            }
        )
        row = service.rate(session, item, data)
        if measure:
            plan = PlanMeasure(
                measure=measure,
                control="A.5.4",
                owner_id=story.id("tess"),
                due_on=clock.today() + timedelta(days=30),
                expected_effect="Seen within an hour",
                version=item.version,
            )
            service.plan_measure(session, item, row, plan)


def approve(story: Story, impact: str, **signers: str) -> None:
    """Asha submits, and everybody the tier asks for signs; then the measures are carried out."""
    with story.acting("asha") as session:
        item = service.submit(session, records.get(session, ImpactAssessment, impact))
        policy = service.policy_of(item.system)
    wanted = {"impact_low": (), "impact_moderate": ("owner",)}.get(policy, ("owner", "rest"))
    if "owner" in wanted:
        story.sign_all(impact, **signers)
    story.sign_all(impact, olivia="compliance_lead")
    if "rest" in wanted:
        story.sign_all(impact, prue="independent_reviewer", eve="top_management")
    with story.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        for row in item.impacts:
            for measure in row.measures:
                done = CarryOut(done_on=clock.today(), effect="In force, checked on two wards")
                service.carry_out(session, item, measure, done)


def complete(story: Story, impact: str, assessment: str, **signers: str) -> None:
    """From the triage to the last signature."""
    with story.acting("asha") as session:
        whole = completeness.is_whole(records.get(session, ImpactAssessment, impact))
    if whole:
        answer(story, impact)
        rate(story, impact, f"{assessment}.1")
    approve(story, impact, **signers)
