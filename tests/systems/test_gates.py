"""Gates: what they ask is frozen with what they rely on, none is skipped, and blockers are never waived."""

from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from governance import demo_consultations, demo_impacts
from governance.audits.models import AuditSchedule
from governance.core import clock, records
from governance.core.canonical import content_hash
from governance.core.errors import Refused
from governance.demo_path import documents, let_time_pass, risk, schedule, to_register
from governance.demo_story import Story
from governance.evidence.models import EvidenceKind
from governance.systems import lifecycle
from governance.systems.models import AiSystem, LifecycleGate
from governance.systems.schemas import AskWaiver
from governance.systems.stages import lifecycle as rules
from governance.systems.stages import lifecycle_hash

OWNER = {"owen": "system_owner"}


@pytest.fixture
def forecast(story: Story) -> str:
    """A registered system with what gate G1 asks for."""
    system = story.play(to_register(
        story, clock.today(), 20, {},
        title="Bed occupancy forecast", intended_purpose="Forecast occupied beds", users="Ward managers",
        excluded_uses="No decision on single patients", affected_groups=["Ward managers"],
        owner_id=story.id("owen"), technical_owner_id=story.id("tess"), autonomy="advice_only",
        sourcing="in_house", personal_data="no", special_category_data="no",
    ))  # fmt: skip
    demo_consultations.identify(story, system)
    story.plan_consultation(system, "Ward managers on forecasts", "What would help?")
    story.assess(system, [risk("Wrong numbers", "data", "group", 2, 2, event="x", consequence="y")])
    demo_impacts.begin(story, system)
    return system


def asked(story: Story, system: str, gate: str) -> str:
    with story.acting("olivia") as session:
        return lifecycle.ask(session, records.get(session, AiSystem, system), gate).reference


def test_inv_gat1_the_items_are_those_of_the_rules_in_force_and_frozen(story: Story, forecast: str) -> None:
    reference = story.pass_gate(forecast, "G1", **OWNER, olivia="compliance_lead")
    gate = rules().gate("G1")
    with story.database.transaction(readonly=True) as session:
        decision = records.get(session, LifecycleGate, reference)
        assert {item["check"] for item in decision.items} == {*gate.blockers, *gate.required}
        assert decision.rules_hash == lifecycle_hash()
    with pytest.raises(Refused, match="is passed"), story.acting("olivia") as session:
        decision = records.get(session, LifecycleGate, reference)
        decision.items = decision.items[1:]


def test_inv_gat2_the_gate_keeps_the_hash_of_every_assessment_it_relies_on(
    story: Story, forecast: str
) -> None:
    reference = story.pass_gate(forecast, "G1", **OWNER, olivia="compliance_lead")
    with story.database.transaction(readonly=True) as session:
        basis = records.get(session, LifecycleGate, reference).basis
        for key in (forecast, "CLS-0001", "RSK-0001"):
            found: Any = records.find(session, key)
            assert basis[key] == content_hash(found.signed_content())


def test_inv_gat2_a_new_decision_after_the_gate_was_asked_voids_what_was_asked(
    story: Story, forecast: str
) -> None:
    reference = asked(story, forecast, "G1")
    story.classify(forecast, Q11="yes")
    with pytest.raises(Refused, match="CLS-0001 changed since the gate was asked"):
        story.sign_all(reference, **OWNER)


def test_inv_sys2_no_gate_is_skipped(story: Story, forecast: str) -> None:
    for gate in ("G2", "G3", "G4"):
        with pytest.raises(Refused, match=r"no skipping, INV-SYS2.*Possible: G1"):
            asked(story, forecast, gate)
    story.pass_gate(forecast, "G1", **OWNER, olivia="compliance_lead")
    with story.database.transaction(readonly=True) as session:
        assert records.get(session, AiSystem, forecast).stage == "design_development"
    with pytest.raises(Refused, match="INV-SYS2"):
        asked(story, forecast, "G1")


def test_inv_sys2_the_stage_moves_with_the_last_signature_and_not_before(story: Story, forecast: str) -> None:
    reference = asked(story, forecast, "G1")
    for signer, slot, stage in (
        ("owen", "system_owner", "inception"),
        ("olivia", "compliance_lead", "design_development"),
    ):
        story.sign_all(reference, **{signer: slot})
        with story.database.transaction(readonly=True) as session:
            assert records.get(session, AiSystem, forecast).stage == stage


@pytest.mark.parametrize("gate", [gate.id for gate in rules().gates])
def test_inv_gat4_no_blocker_of_any_gate_is_waived(story: Story, forecast: str, gate: str) -> None:
    for blocker in rules().gate(gate).blockers:
        ask = AskWaiver(
            check_id=blocker,
            reason="We are in a hurry",
            compensating_measure="We shall be careful",
            expires_on=clock.today().replace(month=12),
        )
        with pytest.raises(Refused, match="INV-GAT4"), story.acting("asha") as session:
            lifecycle.ask_waiver(session, records.get(session, AiSystem, forecast), gate, ask)


def test_inv_sys6_a_retired_system_is_final_its_schedules_end_and_its_records_are_kept(
    story: Story, forecast: str
) -> None:
    schedule(story, forecast, "system_internal", 12, clock.today())
    documents(story, forecast, EvidenceKind.RETIREMENT_PLAN)
    story.pass_gate(
        forecast, "G7", by="owen", owen="system_owner", olivia="compliance_lead", prue="data_lead"
    )
    let_time_pass(story)
    with story.database.transaction(readonly=True) as session:
        system = records.get(session, AiSystem, forecast)
        assert (system.state, system.stage) == ("retired", "retirement")
        assert system.retain_until == clock.today() + relativedelta(years=rules().retention_years["low"])
        assert [item.state for item in session.query(AuditSchedule)] == ["ended"]
    with pytest.raises(Refused, match="register a new one"), story.acting("olivia") as session:
        records.get(session, AiSystem, forecast).intended_purpose = "Something else"
    for gate in ("G0", "G1", "G7"):
        with pytest.raises(Refused, match="Possible: none"):
            asked(story, forecast, gate)
