"""Ways that systems of the demonstration go: from the log to a gate, with documents, schedules and reviews."""

from datetime import date, timedelta
from typing import Any

from governance import demo_consultations, demo_impacts
from governance.access.actor import SCHEDULER
from governance.audits import jobs as audit_jobs
from governance.audits import service as audits
from governance.audits.schemas import ScheduleAudits
from governance.core import clock, records
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.evidence.models import EvidenceKind
from governance.systems import service as systems
from governance.systems import third_parties, tiers
from governance.systems.models import AiSystem
from governance.systems.schemas import AddSupplier, EditSystem, OverrideTier
from governance.systems.third_party_schemas import EditSupplier

HOSPITAL: dict[str, Any] = {
    "organisation": "Sankt Elin Hospitals",
    "regions": ["Hesse", "Bavaria"],
    "languages": ["German", "Turkish"],
    "sector": "Health care",
    "org_roles": ["deployer"],
    "scope": "in_scope",
    "scope_reason": "Used in patient care or about staff of the group",
    "human_oversight": "in_the_loop",
    "personal_data": "yes",
    "special_category_data": "yes",
    "data_provenance": "Own electronic health records, collected under the treatment contract (GDPR Art. 9(2)(h))",
}  # fmt: skip


# So many days ago all systems were logged, before work began on any of them.
INVENTORY = 425


def ago(today: date, days: int) -> date:
    return today - timedelta(days=days)


def documents(story: Story, system: str, *kinds: EvidenceKind, valid_days: int | None = None) -> None:
    names = {
        EvidenceKind.REQUIREMENTS_SPEC: "Requirements and acceptance criteria",
        EvidenceKind.DESIGN_RECORD: "Design record with alternatives considered",
        EvidenceKind.TEST_PLAN: "Test plan with frozen thresholds",
        EvidenceKind.TEST_REPORT: "Test report by group, with intervals",
        EvidenceKind.USER_INFORMATION: "Information for users and patients",
        EvidenceKind.REHEARSAL: "Protocol of deployment and rollback rehearsal",
        EvidenceKind.MONITORING_PLAN: "Monitoring plan with owners and limits",
        EvidenceKind.OVERSEER_TRAINING: "Training of overseers, with stop drill",
        EvidenceKind.INCIDENT_PLAN: "Incident plan with contacts",
        EvidenceKind.RETIREMENT_PLAN: "Retirement plan",
    }
    for kind in kinds:
        text = f"{names[kind]}\n\nSystem {system}. Written {clock.today()}. Demonstration document.\n"
        story.prove(system, kind, names[kind], text, valid_days=valid_days)


def schedule(story: Story, system: str, kind: str, every: int, first: date, *, lead: int = 45) -> None:
    with story.acting("olivia") as session:
        data = ScheduleAudits(
            audit_type=kind,
            every=every,
            unit="months",
            starts_on=first,
            lead_days=lead,
            lead_auditor_id=story.id("ada"),
        )
        audits.schedule(session, records.get(session, AiSystem, system), data)


def let_time_pass(story: Story) -> None:
    with story.database.transaction(SCHEDULER, source="scheduler") as session:
        audit_jobs.materialise(session, clock.now())


def risk(
    title: str, source: str, dimension: str, likelihood: int, severity: int, **more: Any
) -> dict[str, Any]:
    return {
        "title": title,
        "source": source,
        "dimension": dimension,
        "likelihood": likelihood,
        "severity": severity,
        **more,
    }


def treated(action: str, control: str, due: date) -> dict[str, Any]:
    return {"option": "change_likelihood", "action": action, "controls": [control], "due_on": due}


def logged(story: Story, today: date, **details: Any) -> Tale[str]:
    """Asha logs a system in the first inventory, long before anybody works on it; returns the reference."""
    yield ago(today, INVENTORY)
    return story.register("asha", **details)


def to_register(
    story: Story, today: date, started: int, answers: dict[str, str], **details: Any
) -> Tale[str]:
    """From the log through gate G0, begun `started` days ago; returns the reference."""
    system = yield from logged(story, today, **{**HOSPITAL, **details})
    yield ago(today, started)
    story.classify(system, **answers)
    story.screen(system)
    story.pass_gate(system, "G0", **owner(story, details), olivia="compliance_lead")
    approve_entry(story, system, **owner(story, details))
    return system


def owner(story: Story, details: dict[str, Any]) -> dict[str, str]:
    key = next(key for key, actor in story.actors.items() if actor.person_id == details["owner_id"])
    return {key: "system_owner"}


def released(
    story: Story,
    today: date,
    started: int,
    answers: dict[str, str],
    risks: list[dict[str, Any]],
    concerns: list[tuple[str, str, str, str, str, str]],
    *,
    supplier: str = "",
    tier: str | None = None,
    accept: dict[int, str] | None = None,
    stop_before: str = "",
    **details: Any,
) -> Tale[tuple[str, str]]:
    """From the first log to operation, in about 100 days; returns the system's and its assessment's reference."""
    system = yield from logged(story, today, **{**HOSPITAL, **details})
    yield ago(today, started)
    if supplier:
        add_supplier(story, system, supplier)
    assessment = yield from lead(
        story, system, today, started, answers, risks, concerns,
        tier=tier, accept=accept, stop_before=stop_before, **details,
    )  # fmt: skip
    return system, assessment


def lead(
    story: Story,
    system: str,
    today: date,
    started: int,
    answers: dict[str, str],
    risks: list[dict[str, Any]],
    concerns: list[tuple[str, str, str, str, str, str]],
    *,
    tier: str | None = None,
    accept: dict[int, str] | None = None,
    stop_before: str = "",
    **details: Any,
) -> Tale[str]:
    """Lead a logged system gate by gate to operation; returns the reference of its risk assessment."""
    signer = owner(story, details)
    key = next(iter(signer))
    yield ago(today, started)
    story.classify(system, **answers)
    if tier:
        raise_tier(story, system, tier)
    story.screen(system)
    story.pass_gate(system, "G0", **signer, olivia="compliance_lead")
    approve_entry(story, system, **signer)
    yield ago(today, started - 14)
    demo_consultations.identify(story, system)
    consultation = story.plan_consultation(
        system, f"People affected by {details['title']}", "What worries you, what would help?"
    )
    assessment = story.assess(system, risks, review_days=max(started, 200) + 60)
    impact = demo_impacts.begin(story, system)
    story.pass_gate(system, "G1", **signer, olivia="compliance_lead")
    yield ago(today, started - 45)
    groups = {name: (60 - 8 * place, 31 - 5 * place) for place, name in enumerate(details["affected_groups"])}
    story.hold_consultation(consultation, groups, [(*item[:5], item[5] or assessment) for item in concerns])
    story.version(system, "tess", "1.0", "First release", material=False)
    documents(
        story, system, EvidenceKind.REQUIREMENTS_SPEC, EvidenceKind.DESIGN_RECORD, EvidenceKind.TEST_PLAN
    )
    story.pass_gate(system, "G2", by=key, tess="technical_lead", **signer)
    if stop_before == "G3":
        demo_impacts.answer(story, impact)
        return assessment
    yield ago(today, started - 70)
    demo_impacts.complete(story, impact, assessment, **signer)
    yield ago(today, started - 80)
    for number, reason in (accept or {}).items():
        signers = {"eve": "top_management", "olivia": "compliance_lead"}
        story.accept_risk(assessment, number, reason, 180, **signers)
    documents(story, system, EvidenceKind.TEST_REPORT, EvidenceKind.USER_INFORMATION)
    story.probe(system)
    story.pass_gate(
        system,
        "G3",
        by=key,
        **signer,
        eve="risk_owner",
        olivia="compliance_lead",
        prue="independent_reviewer",
    )
    if stop_before == "G4":
        return assessment
    yield ago(today, started - 100)
    kinds = (
        EvidenceKind.REHEARSAL,
        EvidenceKind.MONITORING_PLAN,
        EvidenceKind.OVERSEER_TRAINING,
        EvidenceKind.INCIDENT_PLAN,
    )
    documents(story, system, *kinds, valid_days=started + 200)
    schedule(story, system, "system_internal", 12, ago(today, started - 465))
    plan_review(story, system, today)
    story.pass_gate(system, "G4", by=key, **signer, prue="operations_lead", olivia="compliance_lead")
    return assessment


def raise_tier(story: Story, system: str, tier: str) -> None:
    with story.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        tiers.override_tier(
            session,
            record,
            OverrideTier(
                tier=tier, reason="Acts on patients in danger of their lives", version=record.version
            ),
        )


def plan_review(story: Story, system: str, today: date) -> None:
    edit(story, "olivia", system, next_review_on=today + timedelta(days=60))


def edit(story: Story, by: str, system: str, **changes: Any) -> None:
    with story.acting(by) as session:
        record = records.get(session, AiSystem, system)
        values = {name: getattr(record, name) for name in EditSystem.model_fields if hasattr(record, name)}
        systems.edit(session, record, EditSystem.model_validate({**values, **changes}))


def approve_entry(story: Story, system: str, **owner: str) -> None:
    """The owner and the compliance officer sign the register entry."""
    with story.acting("asha") as session:
        systems.ask_approval(session, records.get(session, AiSystem, system))
    story.sign_all(system, **owner, olivia="compliance_reviewer")


def add_supplier(story: Story, system: str, name: str) -> None:
    """Record and approve a third party of a system."""
    with story.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        supplier = systems.add_supplier(
            session, record, AddSupplier(name=name, supplies="Model and updates", version=record.version)
        )
        data = EditSupplier(
            title=name,
            services="Model, updates, support",
            responsibilities="Supplier: model, validation, incident notice in 24 h. Group: use, oversight, monitoring.",
            review_due_on=clock.today() + timedelta(days=365),
            version=supplier.version,
        )
        third_parties.edit_supplier(session, supplier, data)
        if supplier.state != "approved":
            third_parties.approve_supplier(session, supplier)
