"""Six systems of a public inventory on their way from the spreadsheet to the evidence pack, and what happens to them."""

from datetime import timedelta
from typing import Any

import pytest

from governance import demo_values
from governance.access import queries as people
from governance.access import service as access
from governance.access.schemas import Leave
from governance.core import checks, clock, records
from governance.core.errors import Refused
from governance.demo_path import ago, lead, risk, treated
from governance.organisation import service as organisation
from governance.organisation.schemas import HandOver
from governance.systems import lifecycle, service, third_parties
from governance.systems.models import AiSystem
from governance.systems.schemas import AskWaiver
from governance.systems.supplier_models import Supplier
from governance.systems.third_party_schemas import EditSupplier, GiveReason
from governance.values import shared, shared_queries
from governance.values.catalogue import values
from governance.values.models import Value
from tests.journeys.conftest import Registry

pytestmark = pytest.mark.slow

OWEN = {"owen": "system_owner"}
CONCERNS = [
    ("Those affected", "Nobody tells us that a program decides", "V04", "accepted", "A notice stands in every letter", ""),
]  # fmt: skip


def harms(registry: Registry, *groups: str, severity: int = 3) -> list[dict[str, Any]]:
    """Two risks with treatments that end before today."""
    due = ago(registry.today, 30)
    return [
        risk(
            "Worse for some groups", "data", "group", 3, severity, event="Fewer cases of a group in the data",
            consequence="Errors fall on few", affected_groups=list(groups), residual_likelihood=2, residual_severity=2,
            treatment=treated("Test by group before each release", "A.7.4", due),
        ),
        risk(
            "Nobody overrules it", "human_use_and_misuse", "individual", 2, 3, event="Staff follow the output unread",
            consequence="Errors stay", affected_groups=list(groups), residual_likelihood=1, residual_severity=3,
            treatment=treated("Overruling is trained and measured", "A.9.3", due),
        ),
    ]  # fmt: skip


def test_a_clinical_triage_model_whose_fairness_means_something_else_in_bavaria(registry: Registry) -> None:
    story, today = registry.story, registry.today
    system = registry.row("AIDOC BriefCase")
    assert registry.field(system, "stage_basis") == "declared", "a stage that an inventory says is a claim"
    details = registry.describe(
        system, affected_groups=["Patients", "Radiologists"], regions=["Hesse", "Bavaria"], sector="Health care",
        appeal_route="Patients' ombudsperson", special_category_data="yes",
    )  # fmt: skip
    answers = {"Q7": "yes", "Q7a": "yes"}
    story.play(lead(story, system, today, 150, answers, harms(registry, "Patients"), CONCERNS, **details))
    assert registry.state(system) == "active" and registry.field(system, "stage_basis") == "gate"

    value = demo_values._adopt(story, "V02")
    with story.acting("owen") as session:
        shared.claim(session, records.get(session, AiSystem, system), records.get(session, Value, value))
    common = {"sector": "Health care", "why_not_consulted": "The law of the place says it"}
    demo_values._interpret(
        story, value, "Health care in the Union", region="European Union", reading="Equally early for every group.",
        legal_refs=["Charter, Art. 21"], **common,
    )  # fmt: skip
    assert system not in registry.missing("values.interpreted"), "the Union holds Hesse and Bavaria"
    demo_values._interpret(
        story, value, "Health care in Bavaria", region="Bavaria", reading="Rural hospitals are a group of their own.",
        legal_refs=["Hospital Act"], **common,
    )  # fmt: skip
    with story.database.transaction(readonly=True) as session:
        bound = shared_queries.bound(session, records.get(session, AiSystem, system))[0]
        assert {region: item.title if item else "" for region, item in bound.by_region} == {
            "Hesse": "Health care in the Union",
            "Bavaria": "Health care in Bavaria",
        }
    said = registry.pack(system)
    assert "AIDOC BriefCase" in said and "Rural hospitals are a group of their own." in said
    assert "Equally early for every group." in said


def test_a_face_recognition_system_is_prohibited_and_no_waiver_helps(registry: Registry) -> None:
    """It compares faces with pictures scraped from the network: Art. 5(1)(e) of the EU AI Act."""
    story = registry.story
    system = registry.row("Facial Recognition for Locating")
    registry.describe(system, affected_groups=["People on public pictures"], special_category_data="yes")
    story.classify(system, Q6="yes")
    story.screen(system)
    assert registry.field(system, "eu_class") == "prohibited"
    said = registry.refusal(system, "G0")
    assert "systems.not_prohibited" in {gap.check for gap in said.gaps}
    ask = AskWaiver(
        check_id="systems.not_prohibited",
        reason="It finds children",
        compensating_measure="Only few may use it",
        expires_on=registry.today + timedelta(days=30),
    )
    with pytest.raises(Refused, match="INV-GAT4"), story.acting("asha") as session:
        lifecycle.ask_waiver(session, records.get(session, AiSystem, system), "G0", ask)
    assert registry.state(system) == "draft"
    said_in_pack = registry.pack(system)
    assert "rohibited" in said_in_pack and "Facial Recognition" in said_in_pack


def test_a_citizen_chatbot_whose_vendor_gave_no_documents(registry: Registry) -> None:
    story, today = registry.story, registry.today
    system = registry.row("SSA 800#")
    details = registry.describe(
        system, affected_groups=["Callers"], autonomy="acts_alone_minor_effect", sourcing="supplier",
        appeal_route="An agent at the telephone",
    )  # fmt: skip
    story.play(lead(
        story, system, today, 150, {"Q11": "yes"}, harms(registry, "Callers"), CONCERNS, stop_before="G3", **details
    ))  # fmt: skip
    said = registry.refusal(system, "G3")
    assert "systems.suppliers_approved" in {gap.check for gap in said.gaps}, (
        "the inventory's vendor is a candidate"
    )
    with story.database.transaction(readonly=True) as session:
        supplied = records.get(session, AiSystem, system).supplied
        vendor = next(item.supplier.reference for item in supplied if item.supplier.title == "AWS")
    with pytest.raises(Refused, match="Approval still needs"), story.acting("olivia") as session:
        third_parties.approve_supplier(session, records.get(session, Supplier, vendor))
    with story.acting("olivia") as session:
        supplier = records.get(session, Supplier, vendor)
        known = EditSupplier(
            title=supplier.title,
            services="Speech and language models",
            responsibilities="Vendor: model. Agency: answers, oversight.",
            criticality="moderate",
            review_due_on=today + timedelta(days=300),
            version=supplier.version,
        )
        third_parties.edit_supplier(session, supplier, known)
        reason = GiveReason(reason="Until its model card is here: no new intents", version=supplier.version)
        third_parties.approve_conditionally(session, supplier, reason)
    assert "systems.suppliers_approved" not in {gap.check for gap in registry.refusal(system, "G3").gaps}
    assert system not in registry.missing("systems.supplier_documents"), "it is not in operation yet"
    pages = registry.pack(system)
    assert "AWS" in pages and "Until its model card is here" in pages


def test_a_benefits_fraud_score_whose_owner_leaves(registry: Registry) -> None:
    story, today = registry.story, registry.today
    system = registry.row("Social Security Income (SSI) Redetermination")
    details = registry.describe(
        system, affected_groups=["Recipients of benefits"], appeal_route="Objection within a month", org_roles=["deployer"]
    )  # fmt: skip
    story.play(lead(story, system, today, 150, {"Q8": "yes", "Q9": "yes"}, harms(registry, "Recipients of benefits"), CONCERNS, **details))  # fmt: skip
    assert (registry.state(system), registry.field(system, "eu_class")) == ("active", "high_risk_annex_iii")
    with story.acting("max") as session:
        owen = people.person(session, story.id("owen"))
        access.leave(session, owen, Leave(left_on=today, reason="New employer", version=owen.version))
    with clock.held_at(clock.now() + timedelta(days=10)):
        assert "organisation.leavers_handed_over" in _failing(registry)
        with story.acting("olivia") as session:
            owen = people.person(session, story.id("owen"))
            organisation.hand_over(session, owen, HandOver(successor_id=story.id("rana"), reason="Owen left"))
        assert "organisation.leavers_handed_over" not in _failing(registry)
        assert registry.missing("systems.owner_accepted") == {system}
        with story.acting("rana") as session:
            service.accept_ownership(session, records.get(session, AiSystem, system))
        assert registry.missing("systems.owner_accepted") == set()
        assert registry.missing("signoffs.none_stale") == {system}, "Owen's signature was for Owen's entry"
        pages = registry.pack(system)
    assert "Dr Rana Yılmaz" in pages and "Owen left" in pages


def test_a_predictive_maintenance_model_that_changes_after_it_was_signed(registry: Registry) -> None:
    story, today = registry.story, registry.today
    system = registry.row("Technical Operations Predictive Maintenance")
    details = registry.describe(
        system, affected_groups=["Technicians"], autonomy="advice_only", personal_data="no"
    )
    story.play(lead(story, system, today, 150, {}, harms(registry, "Technicians"), CONCERNS, **details))
    assert (registry.state(system), registry.field(system, "tier")) == ("active", "low")
    story.version(system, "tess", "2.0", "Another model, trained on two more years", material=True)
    assert "version 2.0" in registry.field(system, "under_reassessment")
    states = [item.state for item in registry.of(system, "risk_assessment")]
    assert states == ["draft", "to_reconfirm"], "the re-assessment opened by itself"
    said = registry.refusal(system, "G5")
    assert {"values.red_lines_passed", "assessments.risk_assessment_current"} <= {
        gap.check for gap in said.gaps
    }
    pages = registry.pack(system)
    assert "Material change: version 2.0" in pages


def test_a_hiring_filter_that_crosses_a_red_line(registry: Registry) -> None:
    story, today = registry.story, registry.today
    system = registry.row("AI-Assisted Resume Screening Tool")
    details = registry.describe(
        system,
        affected_groups=["Applicants"],
        appeal_route="A person reads every refusal",
        sourcing="in_house",
    )
    _approve_every_third_party(registry, system)
    story.play(
        lead(
            story,
            system,
            today,
            150,
            {"Q8": "yes", "Q9": "yes"},
            harms(registry, "Applicants"),
            CONCERNS,
            **details,
        )
    )
    assert registry.state(system) == "active"
    story.probe(system, violations={values().red_lines[0].id: 4})
    assert registry.state(system) == "suspended"
    assert registry.missing("values.no_red_line_breach") == {system}
    incident = registry.of(system, "incident")[0]
    assert registry.field(incident.reference, "severity") == "S1"
    assert [item.state for item in registry.of(system, "finding")] == ["issued"]
    said = registry.refusal(system, "G5")
    assert "values.no_red_line_breach" in {gap.check for gap in said.gaps}
    pages = registry.pack(system)
    assert incident.reference in pages and "reached" in pages


def _failing(registry: Registry) -> set[str]:
    """The checks that anything in the registry fails."""
    with registry.story.database.transaction(readonly=True) as session:
        return {item.id for item in checks.every() if session.execute(item.missing(clock.today())).first()}


def _approve_every_third_party(registry: Registry, system: str) -> None:
    with registry.story.acting("olivia") as session:
        for item in records.get(session, AiSystem, system).supplied:
            supplier = item.supplier
            known = EditSupplier(
                title=supplier.title,
                services="Model and operation",
                responsibilities="Vendor: model. Agency: use and oversight.",
                criticality="moderate",
                review_due_on=registry.today + timedelta(days=300),
                version=supplier.version,
            )
            third_parties.edit_supplier(session, supplier, known)
            third_parties.approve_supplier(session, supplier)
