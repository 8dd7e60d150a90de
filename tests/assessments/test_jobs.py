"""What risk assessments and gates do by themselves as time goes by, and that doing it again changes nothing."""

from datetime import date, timedelta

import pytest

from governance.access.actor import SCHEDULER
from governance.assessments import jobs, service
from governance.assessments.models import RiskAcceptance, RiskAssessment
from governance.assessments.schemas import PlanTreatment, RecordProgress, RemoveRisk
from governance.core import checks, clock, records
from governance.core.errors import Refused
from governance.demo_path import documents, lead, plan_review, released, risk, schedule, treated
from governance.demo_story import Story
from governance.evidence.models import EvidenceKind
from governance.improvement import queries as findings
from governance.jobs.registry import Recurring
from governance.systems import jobs as system_jobs
from governance.systems import lifecycle
from governance.systems import service as systems
from governance.systems.classification import wizard
from governance.systems.models import AiSystem, Classification
from governance.systems.schemas import AddVersion, AskWaiver
from tests.journeys.conftest import Registry, registry

__all__ = ["registry"]


def run(story: Story, job: Recurring, after: int = 0) -> None:
    """Let the worker do a recurring job, some days from now."""
    with (
        clock.held_at(clock.now() + timedelta(days=after)),
        story.database.transaction(SCHEDULER, source="scheduler") as session,
    ):
        job(session, clock.now())


def state(story: Story, reference: str) -> str:
    with story.database.transaction(readonly=True) as session:
        record = records.find(session, reference)
        assert record is not None
        return record.state


def missing(story: Story, check: str, after: int = 0) -> set[str]:
    with story.database.transaction(readonly=True) as session:
        day = clock.today() + timedelta(days=after)
        return {row[1] for row in session.execute(checks.named(check).missing(day))}


def in_operation(story: Story, *, due: date, tier: str | None = None) -> tuple[str, str]:
    """A system of high tier in operation since 50 days, with one risk lowered by a treatment; its and the assessment's reference."""
    harm = risk(
        "Fewer warnings for some", "human_use_and_misuse", "individual", 3, 4, event="Data of few", consequence="Late help",
        affected_groups=["Patients"], residual_likelihood=2, residual_severity=3, treatment=treated("Test by group", "A.7.4", due),
    )  # fmt: skip
    concerns = [("Patients", "Nobody told us", "V04", "accepted", "A notice in every room", "")]
    return story.play(released(
        story, clock.today(), 150, {"Q7": "yes", "Q7a": "yes"}, [harm], concerns, tier=tier, accept={},
        title="Sepsis early warning", intended_purpose="Warn of sepsis", excluded_uses="No prognosis", users="Nurses",
        affected_groups=["Patients"], owner_id=story.id("owen"), technical_owner_id=story.id("tess"), autonomy="human_decides",
        fallback="Rounds", appeal_route="Ward", data_description="Vital signs", sourcing="in_house",
    ))  # fmt: skip


def test_inv_sys3_what_is_active_has_everything_that_operation_asks(story: Story) -> None:
    system, assessment = in_operation(story, due=clock.today() + timedelta(days=30))
    assert state(story, system) == "active"
    asked = (
        "systems.classification_approved", "assessments.risk_assessment_current", "impacts.approved", "assessments.residual_accepted",
        "values.red_lines_passed", "consultations.minimum_met",
    )  # fmt: skip
    known = {item.id for item in checks.every()}
    for check in asked:
        if check in known:
            assert system not in missing(story, check), check
    with story.database.transaction(readonly=True) as session:
        passed = lifecycle.passed_gates(session, records.get(session, AiSystem, system))
    assert {"G3", "G4"} <= set(passed) and assessment


def test_inv_ra3_waiting_too_long_on_a_running_system_becomes_one_finding(story: Story) -> None:
    system, assessment = in_operation(story, due=clock.today() + timedelta(days=300))
    with story.acting("tess") as session:
        record = records.get(session, AiSystem, system)
        data = AddVersion(label="2.0", what_changed="Another model", material=True, version=record.version)
        systems.add_version(session, record, data)
    assert state(story, assessment) == "to_reconfirm"

    def found() -> list[str]:
        with story.database.transaction(readonly=True) as session:
            record = records.get(session, AiSystem, system)
            return [item.title for item in findings.of_system(session, record.id)]

    before = found()
    run(story, jobs.find_what_waits_too_long, after=30)
    assert found() == before
    for _ in range(2):
        run(story, jobs.find_what_waits_too_long, after=31)
        assert [item for item in found() if item not in before] == [f"{assessment} waits to be re-confirmed"]


def test_inv_trt2_an_overdue_treatment_takes_the_acceptance_back(story: Story) -> None:
    system, assessment = in_operation(story, due=clock.today() + timedelta(days=10))
    story.accept_risk(
        assessment, 1, "Bearable with the treatment", 60, eve="risk_owner", olivia="compliance_lead"
    )
    with story.database.transaction(readonly=True) as session:
        acceptance = session.query(RiskAcceptance).one().reference
    run(story, jobs.take_back_acceptances, after=10)
    assert state(story, acceptance) == "accepted"
    run(story, jobs.take_back_acceptances, after=11)
    assert state(story, acceptance) == "revoked"
    assert missing(story, "assessments.treatments_on_time", after=11) == {system}


def test_inv_rsk2_a_lowered_risk_is_shown_to_be_lower_once_its_treatment_is_due(story: Story) -> None:
    system, assessment = in_operation(story, due=clock.today() + timedelta(days=10))
    assert missing(story, "assessments.reduction_shown") == set(), "until then the lower rating is expected"
    assert missing(story, "assessments.reduction_shown", after=11) == {system}
    with story.acting("olivia") as session:
        record = records.get(session, RiskAssessment, assessment)
        done = RecordProgress(done_on=clock.today(), effect="No difference between groups")
        service.record_progress(session, record, record.risks[0].treatments[0], done)
    assert missing(story, "assessments.reduction_shown", after=11) == {system}, "an effect without evidence"
    story.prove(assessment, EvidenceKind.EFFECTIVENESS, "Test by group", "No difference", valid_days=30)
    assert missing(story, "assessments.reduction_shown", after=11) == set()
    assert missing(story, "assessments.reduction_shown", after=31) == {system}, "the evidence ran out"


def test_inv_gat3_what_a_waiver_allowed_is_suspended_when_it_runs_out_unmet(registry: Registry) -> None:
    story, today = registry.story, registry.today
    system = registry.row("Technical Operations Predictive Maintenance")
    details = registry.describe(
        system, affected_groups=["Technicians"], autonomy="advice_only", personal_data="no"
    )
    harm = risk(
        "Wrong alarm",
        "human_use_and_misuse",
        "group",
        2,
        2,
        event="x",
        consequence="y",
        affected_groups=["Technicians"],
    )
    concerns = [("Technicians", "More work", "V10", "accepted", "Alarms are limited", "")]
    story.play(lead(story, system, today, 150, {}, [harm], concerns, stop_before="G4", **details))
    documents(
        story,
        system,
        EvidenceKind.MONITORING_PLAN,
        EvidenceKind.OVERSEER_TRAINING,
        EvidenceKind.INCIDENT_PLAN,
    )
    schedule(story, system, "system_internal", 12, today - timedelta(days=100))
    plan_review(story, system, today)
    with story.acting("asha") as session:
        ask = AskWaiver(
            check_id="evidence.rehearsal",
            reason="The test hall is closed",
            compensating_measure="An engineer stands by",
            expires_on=today + timedelta(days=30),
        )
        waiver = lifecycle.ask_waiver(session, records.get(session, AiSystem, system), "G4", ask).reference
    story.sign_all(waiver, olivia="compliance_lead", eve="top_management")
    story.pass_gate(
        system, "G4", by="owen", owen="system_owner", prue="operations_lead", olivia="compliance_lead"
    )
    assert registry.state(system) == "active"
    run(story, system_jobs.suspend_what_a_condition_allowed, after=30)
    assert registry.state(system) == "active"
    for _ in range(2):
        run(story, system_jobs.suspend_what_a_condition_allowed, after=31)
        assert registry.state(system) == "suspended"
    assert waiver in registry.field(system, "suspended_because")


def test_inv_gat3_a_met_condition_suspends_nothing(story: Story) -> None:
    system, _ = in_operation(story, due=clock.today() + timedelta(days=300))
    run(story, system_jobs.suspend_what_a_condition_allowed, after=400)
    assert state(story, system) == "active"


def test_a_classification_by_other_rules_is_to_be_reconfirmed(story: Story) -> None:
    system, _ = in_operation(story, due=clock.today() + timedelta(days=300))
    run(story, system_jobs.reconfirm_after_new_rules)
    assert state(story, "CLS-0001") == "approved" and missing(story, "systems.classification_rules") == set()
    table = Classification.__table__
    with story.database.engine.begin() as connection:
        connection.execute(table.update().values(rule_version="of last year"))
    assert missing(story, "systems.classification_rules") == {system}
    run(story, system_jobs.reconfirm_after_new_rules)
    assert state(story, "CLS-0001") == "to_reconfirm" and wizard().rule_version != "of last year"


def test_inv_ra2_no_assessment_is_older_than_its_criteria(story: Story) -> None:
    with story.on(date(2025, 1, 14)):
        system = story.register("asha", title="Old system", owner_id=story.id("owen"))
        with pytest.raises(Refused, match="INV-RA2"):
            story.draft_assessment(system, [])
    with story.on(date(2025, 1, 15)):
        assert story.draft_assessment(system, []) == "RSK-0001"


def test_a_risk_leaves_a_draft_with_a_reason_and_its_number_is_not_given_again(story: Story) -> None:
    harm = risk(
        "One",
        "data",
        "group",
        2,
        2,
        event="x",
        consequence="y",
        treatment=treated("Test", "A.7.4", clock.today()),
    )
    with story.on(clock.today()):
        system = story.register("asha", title="Forecast", owner_id=story.id("owen"))
        reference = story.draft_assessment(system, [harm, {**harm, "title": "Two"}])
    with story.acting("asha") as session:
        draft = records.get(session, RiskAssessment, reference)
        treatment = draft.risks[0].treatments[0]
        plan = PlanTreatment(
            option="avoid",
            action="Leave it out",
            owner_id=story.id("tess"),
            due_on=clock.today(),
            version=draft.version,
        )
        service.edit_treatment(session, draft, treatment, plan)
        service.remove_risk(
            session, draft, draft.risks[1], RemoveRisk(reason="The same as the first", version=draft.version)
        )
    story._add_risk(reference, {**harm, "title": "Three", "treatment": None})
    with story.database.transaction(readonly=True) as session:
        draft = records.get(session, RiskAssessment, reference)
        assert [(item.number, item.title) for item in draft.risks] == [(1, "One"), (3, "Three")]
        assert draft.risks[0].treatments[0].action == "Leave it out"
