"""Risk assessments from draft to superseded, and who may accept what remains."""

from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta

from governance.assessments import service
from governance.assessments.models import RiskAcceptance, RiskAssessment
from governance.assessments.schemas import (
    AskAcceptance,
    DraftAssessment,
    EditAssessment,
    PlanTreatment,
    RateRisk,
    RecordProgress,
    Revoke,
)
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.systems.models import AiSystem
from governance.trail import queries as trail
from tests.systems.build import a_system, requested, sign, state_of

CHECKS = (
    "assessments.risk_assessment_drafted",
    "assessments.risk_assessment_approved",
    "assessments.risk_assessment_current",
    "assessments.residual_accepted",
    "assessments.treatments_on_time",
)


def details(**changes):
    today = clock.today()
    given = {
        "title": "Risks of the sepsis warning",
        "scope_text": "Version 1 on two wards",
        "assessed_on": today,
        "next_review_on": today + relativedelta(months=12),
        "summary": "No misuse beyond the ward is plausible.",
    }
    return {**given, **changes}


def a_draft(house, system):
    with house.acting("asha") as session:
        data = DraftAssessment(**details())
        return service.draft(session, records.get(session, AiSystem, system), data).reference


def rated(house, assessment, **changes):
    given = {
        "title": "A missed sepsis",
        "source": "machine_learning_issues",
        "dimension": "individual",
        "likelihood": 2,
        "severity": 3,
        "owner_id": house.id_of("eve"),
        "version": assessment.version,
    }
    return RateRisk(**{**given, **changes})


def add_risk(house, reference, treatment=True, **changes):
    with house.acting("asha") as session:
        assessment = records.get(session, RiskAssessment, reference)
        risk = service.add_risk(session, assessment, rated(house, assessment, **changes))
        if treatment:
            plan = PlanTreatment(
                option="change_likelihood",
                action="Second reading by a nurse",
                controls=["A.9.2"],
                owner_id=house.id_of("owen"),
                due_on=clock.today() + timedelta(days=30),
                version=assessment.version,
            )
            service.plan_treatment(session, assessment, risk, plan)


def submit(house, reference):
    with house.acting("asha") as session:
        service.submit(session, records.get(session, RiskAssessment, reference))


def approve(house, reference):
    slots = requested(house, reference)
    sign(house, "eve", slots["risk_owner"])
    sign(house, "olivia", slots["compliance_lead"])


def approved(house, system, **risk):
    reference = a_draft(house, system)
    add_risk(house, reference, **risk)
    submit(house, reference)
    approve(house, reference)
    return reference


def ask(house, reference, until, who="asha"):
    with house.acting(who) as session:
        assessment = records.get(session, RiskAssessment, reference)
        data = AskAcceptance(reason="The benefit outweighs it", expires_on=until)
        return service.ask_acceptance(session, assessment, assessment.risks[0], data).reference


def missing(house, system):
    with house.reading() as session:
        record = records.get(session, AiSystem, system)
        return {gap.check for gap in checks.gaps_of(session, record.id, CHECKS)}


def test_an_assessment_is_approved_by_two_who_did_not_write_it(house):
    system = a_system(house)
    assert "assessments.risk_assessment_drafted" in missing(house, system)
    reference = a_draft(house, system)
    add_risk(house, reference)
    submit(house, reference)
    assert state_of(house, reference) == "in_review"
    assert "assessments.risk_assessment_approved" in missing(house, system)
    approve(house, reference)
    assert state_of(house, reference) == "approved"
    assert missing(house, system) == set()


def test_who_may_only_look_drafts_nothing(house):
    system = a_system(house)
    with pytest.raises(Forbidden, match="It is for"), house.acting("victor") as session:
        service.draft(session, records.get(session, AiSystem, system), DraftAssessment(**details()))


def test_the_level_is_computed_from_rating_and_modifiers(house):
    """INV-RSK1."""
    reference = a_draft(house, a_system(house))
    add_risk(house, reference, likelihood=4, severity=3, modifiers=["irreversible"])
    with house.reading() as session:
        assert records.get(session, RiskAssessment, reference).risks[0].level == "high"


@pytest.mark.parametrize(
    ("risk", "why"),
    [
        ({"owner_id": None}, "no owner"),
        (
            {"severity": 4, "residual_likelihood": 1, "residual_severity": 1, "treatment": False},
            "INV-RSK2",
        ),
        ({"severity": 4, "confidence": "low", "treatment": False}, "uncertain"),
    ],
)
def test_an_incomplete_assessment_is_not_submitted(house, risk, why):
    """INV-RSK2 among them."""
    reference = a_draft(house, a_system(house))
    add_risk(house, reference, **risk)
    with pytest.raises(Refused, match=why):
        submit(house, reference)


def test_without_a_risk_there_is_nothing_to_submit(house):
    reference = a_draft(house, a_system(house))
    with pytest.raises(Refused, match="no risk"):
        submit(house, reference)


def test_misuse_and_harm_to_people_are_considered_or_the_reason_given(house):
    """INV-RA4."""
    reference = a_draft(house, a_system(house))
    add_risk(house, reference)
    with house.acting("asha") as session:
        assessment = records.get(session, RiskAssessment, reference)
        data = EditAssessment(**details(summary=""), version=assessment.version)
        service.edit(session, assessment, data)
    with pytest.raises(Refused, match="INV-RA4"):
        submit(house, reference)
    add_risk(house, reference, source="human_use_and_misuse")
    submit(house, reference)


def test_an_approved_assessment_cannot_be_changed_by_any_way_in(house):
    """INV-RA1: through the verb, and past it through the mapped rows."""
    reference = approved(house, a_system(house))
    with pytest.raises(Refused, match="INV-RA1"):
        add_risk(house, reference)

    def scope(assessment):
        assessment.scope_text = "Everything"

    def rating(assessment):
        assessment.risks[0].likelihood = 1

    def plan(assessment):
        assessment.risks[0].treatments[0].action = "Nothing"

    for attack in (scope, rating, plan):
        with pytest.raises(Refused, match="INV-G2"), house.acting("asha") as session:
            attack(records.get(session, RiskAssessment, reference))
    with house.reading() as session:
        assessment = records.get(session, RiskAssessment, reference)
        assert (assessment.scope_text, assessment.risks[0].likelihood) == ("Version 1 on two wards", 2)


def test_progress_after_approval_leaves_the_signatures_standing(house):
    system = a_system(house)
    reference = approved(house, system)
    with house.acting("owen") as session:
        assessment = records.get(session, RiskAssessment, reference)
        data = RecordProgress(done_on=clock.today(), effect="Half as many misses")
        service.record_progress(session, assessment, assessment.risks[0].treatments[0], data)
    with house.reading() as session:
        from governance.signoffs import queries

        signed = queries.of_record(session, records.get(session, RiskAssessment, reference))
        assert {item.state for item in signed} == {"signed"}


def test_a_revision_supersedes_the_approved_one_when_it_is_approved(house):
    system = a_system(house)
    first = approved(house, system)
    with house.acting("asha") as session:
        second = service.revise(session, records.get(session, RiskAssessment, first)).reference
    assert state_of(house, first) == "approved"
    submit(house, second)
    approve(house, second)
    assert (state_of(house, first), state_of(house, second)) == ("superseded", "approved")


def test_a_residual_risk_above_the_appetite_needs_a_signed_acceptance(house):
    system = a_system(house)
    reference = approved(house, system, likelihood=3, severity=4)
    assert missing(house, system) == {"assessments.residual_accepted"}
    acceptance = ask(house, reference, clock.today() + timedelta(days=90))
    slots = requested(house, acceptance)
    sign(house, "eve", slots["top_management"])
    sign(house, "olivia", slots["compliance_lead"])
    assert state_of(house, acceptance) == "accepted"
    assert missing(house, system) == set()
    with house.acting("eve") as session:
        record = records.get(session, RiskAcceptance, acceptance)
        service.revoke_acceptance(session, record, Revoke(reason="The benefit is gone"))
    assert missing(house, system) == {"assessments.residual_accepted"}


def test_a_critical_residual_risk_is_never_accepted(house):
    """INV-RSK3."""
    reference = approved(house, a_system(house), likelihood=5, severity=5)
    with pytest.raises(Refused, match="INV-RSK3"):
        ask(house, reference, clock.today() + timedelta(days=30))


def test_an_acceptance_ends_within_the_months_of_its_level(house):
    """INV-RSK4."""
    reference = approved(house, a_system(house), likelihood=3, severity=4)
    for until in (clock.today(), clock.today() + relativedelta(months=6, days=1)):
        with pytest.raises(Refused, match="at the latest"):
            ask(house, reference, until)


def test_the_trail_says_who_drafted(house):
    reference = a_draft(house, a_system(house))
    with house.reading() as session:
        record = records.get(session, RiskAssessment, reference)
        assert house.id_of("asha") in trail.editors(session, record)
