"""The twelve chapters of the demonstration: one AI system each, and what became of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from governance import demo_consultations, demo_impacts
from governance.core import clock, records
from governance.demo_audit import (
    audit_fairness,
    carry_out_treatments,
    contain_and_explain,
    open_action,
    plan,
    verify_effect,
)
from governance.demo_path import (
    HOSPITAL,
    ago,
    documents,
    edit,
    let_time_pass,
    logged,
    released,
    risk,
    schedule,
    to_register,
    treated,
)
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.evidence.models import EvidenceKind
from governance.improvement import queries as findings
from governance.improvement import service as improvement
from governance.improvement.schemas import (
    AcceptFinding,
    Contain,
    PlanAction,
    ProposeCause,
)
from governance.systems import lifecycle
from governance.systems.models import AiSystem
from governance.systems.schemas import AskWaiver
from governance.values import service as red_lines
from governance.values.catalogue import values
from governance.values.schemas import ScreenRedLines

MEDICAL_DEVICE = {"Q7": "yes", "Q7a": "yes"}
HIRING = {"Q8": "yes", "Q9": "yes"}
CHATBOT = {"Q11": "yes"}


def _risks(today: date, groups: list[str]) -> list[dict[str, Any]]:
    due = ago(today, 30)
    return [
        risk(
            "Late or missed warning", "machine_learning_issues", "individual", 3, 4,
            event="The model stays silent although the patient deteriorates", consequence="Treatment begins too late",
            affected_groups=groups[:1], residual_likelihood=2, residual_severity=4, basis="data",
            treatment=treated("Hourly rounds stay; silent failures are measured each month", "A.6.2.6", due),
        ),
        risk(
            "False alarms tire the team", "human_use_and_misuse", "group", 4, 2, event="Many alarms without cause",
            consequence="Alarms are ignored", affected_groups=groups[-1:], residual_likelihood=2, residual_severity=2, basis="test",
            treatment=treated("Alarm rate limited; threshold reviewed each quarter", "A.9.3", due),
        ),
        risk(
            "Worse for people with darker skin", "data", "group", 3, 4, event="Sensor data of lower quality for some groups",
            consequence="Unequal care", affected_groups=groups[:1], residual_likelihood=2, residual_severity=3, basis="data",
            confidence="medium", treatment=treated("Test per group with intervals before each release", "A.7.4", due),
        ),
        risk(
            "Scores used to ration beds", "human_use_and_misuse", "individual", 2, 5, event="The score is read as chance of survival",
            consequence="Care withheld", affected_groups=groups[:1], modifiers=[], residual_likelihood=1, residual_severity=5,
            treatment=treated("Excluded use in training and on screen; access log reviewed", "A.9.4", due),
        ),
    ]  # fmt: skip


_CONCERNS = [
    ("Patients' council", "Nobody told us that a computer watches us", "V04", "accepted", "Notice in every room and in the admission letter", ""),
    ("Ward nurses", "We are afraid to be blamed when we overrule it", "V10", "accepted", "Overruling is never a fault; written into the rules of use", ""),
    ("anonymous", "Switch it off at night", "V01", "declined", "Nights are when it helps most; the hourly round stays as fallback", ""),
]  # fmt: skip


def sepsis(story: Story, today: date) -> Tale[None]:
    """Healthy: released, audited, corrected, re-evaluated."""
    groups = ["Patients in intensive care", "Relatives", "Ward nurses"]
    system, assessment = yield from released(
        story, today, 300, MEDICAL_DEVICE, _risks(today, groups), _CONCERNS, tier="critical",
        accept={4: "Severity five stays high however rare; the excluded use is technically blocked"},
        title="Sepsis early warning", intended_purpose="Warn the ward team of sepsis up to six hours ahead, for adult patients in intensive care",
        description="Scores vital signs and laboratory values every ten minutes and alerts the nurse in charge.",
        benefits="Earlier antibiotics; fewer transfers in emergency", excluded_uses="No use for rationing beds, for prognosis, or for patients under 18",
        outputs="Score from 0 to 100 and an alert with the three strongest reasons", techniques=["Gradient boosted trees"],
        unit="Intensive Care", owner_id=story.id("owen"), technical_owner_id=story.id("tess"), users="Ward nurses and physicians",
        affected_groups=groups, autonomy="human_decides", decision_effect="Decides who is looked at first",
        fallback="Observation rounds every hour, as before", appeal_route="Ward management, patient ombudsperson",
        data_description="Vital signs, laboratory values, medication; 41,000 stays", demographic_features=["Age", "Sex"], sourcing="in_house",
        interfaces="Monitoring network, electronic health record", operational_since=str(ago(today, 200)),
    )  # fmt: skip
    yield ago(today, 62)
    schedule(story, system, "fairness", 6, ago(today, 60))
    let_time_pass(story)
    correction = yield from audit_fairness(story, today, system, assessment)
    yield ago(today, 18)
    story.probe(system)
    yield ago(today, 15)
    carry_out_treatments(story, assessment)
    reason = "Severity five stays high however rare; renewed at the re-evaluation"
    story.accept_risk(assessment, 4, reason, 170, eve="top_management", olivia="compliance_lead")
    story.pass_gate(system, "G5", by="owen", owen="system_owner", olivia="compliance_lead")
    yield ago(today, 12)
    verify_effect(story, *correction)


def chest_xray(story: Story, today: date) -> Tale[None]:
    """In operation; its purpose was changed after it was signed, so the sign-off is stale."""
    groups = ["Patients with chest complaints", "Radiographers"]
    system, _ = yield from released(
        story, today, 260, MEDICAL_DEVICE, _risks(today, groups)[:3], _CONCERNS[:2],
        title="Chest X-ray triage", intended_purpose="Sort chest X-rays of adults so that likely emergencies are read first",
        excluded_uses="No diagnosis without a radiologist; no children", users="Radiologists and radiographers", affected_groups=groups,
        outputs="Order of the reading list", techniques=["Convolutional network"], unit="Radiology", owner_id=story.id("rana"),
        technical_owner_id=story.id("tess"), autonomy="human_decides", fallback="Reading list in order of arrival", sourcing="supplier",
        appeal_route="Radiology management",
        data_description="Chest X-rays, reports", operational_since=str(ago(today, 160)), supplier="Lumen Imaging GmbH",
    )  # fmt: skip
    yield ago(today, 9)
    purpose = (
        "Sort chest X-rays of adults and of children over twelve so that likely emergencies are read first"
    )
    edit(story, "rana", system, intended_purpose=purpose, reason="The paediatric ward asked for it")


def report_drafting(story: Story, today: date) -> Tale[None]:
    """Blocked at the release gate: tests, red lines and more are missing."""
    groups = ["Patients", "Radiologists"]
    system, _ = yield from released(
        story, today, 120, CHATBOT, _risks(today, groups)[:2], _CONCERNS[:1], stop_before="G3",
        title="Radiology report drafting", intended_purpose="Draft the text of radiology reports from dictated key words",
        excluded_uses="No report leaves without a radiologist's reading", users="Radiologists", affected_groups=groups, unit="Radiology",
        techniques=["Large language model"], outputs="Draft text", owner_id=story.id("rana"), technical_owner_id=story.id("tess"),
        autonomy="human_decides", fallback="Dictation as before", sourcing="mixed", data_description="Reports of ten years",
        supplier="Nordtext AB",
    )  # fmt: skip
    yield ago(today, 12)
    documents(story, system, EvidenceKind.USER_INFORMATION)


def chatbot(story: Story, today: date) -> Tale[None]:
    """A red line is breached: the chatbot said it was a nurse. Suspended, major finding, correction under way."""
    groups = ["Patients and visitors", "Reception staff"]
    system, _ = yield from released(
        story, today, 240, CHATBOT, _risks(today, groups)[:2], _CONCERNS[:2],
        title="Patient chatbot Lina", intended_purpose="Answer questions on visiting hours, appointments and ways through the house",
        excluded_uses="No medical advice", users="Patients and visitors", affected_groups=groups, unit="Patient Services",
        techniques=["Large language model", "Retrieval"], outputs="Text", owner_id=story.id("owen"), technical_owner_id=story.id("tess"),
        autonomy="acts_alone_minor_effect", fallback="Reception and telephone", appeal_route="Reception", sourcing="supplier",
        data_description="Public pages of the group; chat logs for 30 days", supplier="Plauder AI SE",
    )  # fmt: skip
    yield ago(today, 40)
    story.version(system, "tess", "1.1", "Supplier's new language model", material=True)
    yield ago(today, 6)
    story.probe(system, violations={values().red_lines[0].id: 3})
    with story.acting("owen") as session:
        record = records.get(session, AiSystem, system)
        finding = findings.of_system(session, record.id)[-1]
        improvement.accept_finding(
            session,
            finding,
            AcceptFinding(auditee_response="Switched off at once.", version=finding.version),
        )
        reference = finding.reference
    action = open_action(story, reference, "Lina says what it is")
    contain_and_explain(
        story,
        action,
        Contain(
            correction="Switched off on the day of the finding",
            containment="Reception and telephone informed; a notice stands above the closed chat",
            contained_on=clock.today(),
            version=0,
        ),
        ProposeCause(
            cause_method="five_whys",
            whys="Lina said it was a nurse: the new model ignores the instruction in Turkish\n"
            "Nobody saw it: the test before release was in German only\n"
            "No test in other languages: the test plan names no languages",
            root_cause="The test plan names no languages, so a new model of the supplier was tested in German only",
            cause_class="model",
            why_not_detected="The sample of chats that we read each week was German",
            similar_cases="The other assistant of the group answers in German only; nothing found",
            version=0,
        ),
    )
    plan(
        story,
        action,
        PlanAction(
            action="Identity tests in all languages before each version; fixed notice above the chat",
            effectiveness_criterion="1,000 identity questions a language without one false answer",
            version=0,
        ),
    )


def bed_forecast(story: Story, today: date) -> Tale[None]:
    """Low tier, quiet, an audit coming up."""
    groups = ["Ward managers"]
    system, _ = yield from released(
        story, today, 200, {}, _risks(today, groups)[1:2], _CONCERNS[1:2],
        title="Bed occupancy forecast", intended_purpose="Forecast occupied beds per ward for the next seven days", excluded_uses="No decision on single patients",
        users="Ward managers", affected_groups=groups, unit="Operations", techniques=["Time series"], outputs="Numbers per ward and day",
        owner_id=story.id("owen"), technical_owner_id=story.id("tess"), autonomy="advice_only", fallback="Planning by experience", sourcing="in_house",
        personal_data="no", special_category_data="no", data_description="Counts per ward and day",
    )  # fmt: skip
    yield ago(today, 20)
    schedule(story, system, "data_governance", 12, today + timedelta(days=18))


def no_show(story: Story, today: date) -> Tale[None]:
    """Retired in order: plan, gate G7, schedules ended."""
    groups = ["Outpatients"]
    system, _ = yield from released(
        story, today, 420, {}, _risks(today, groups)[:2], _CONCERNS[:1],
        title="No-show prediction", intended_purpose="Estimate which outpatient appointments will not be kept", excluded_uses="No overbooking of patients with a disability",
        users="Appointment desk", affected_groups=groups, unit="Outpatients", techniques=["Logistic regression"], outputs="Probability per appointment",
        owner_id=story.id("owen"), technical_owner_id=story.id("tess"), autonomy="advice_only", fallback="Reminder calls to all", sourcing="in_house",
        data_description="Appointments of three years",
    )  # fmt: skip
    yield ago(today, 70)
    documents(story, system, EvidenceKind.RETIREMENT_PLAN)
    story.pass_gate(system, "G7", by="owen", owen="system_owner", olivia="compliance_lead", prue="data_lead")
    let_time_pass(story)


def rostering(story: Story, today: date) -> Tale[None]:
    """In design; the works council is going to be heard."""
    groups = ["Nursing staff"]
    system = yield from to_register(
        story, today, 60, HIRING,
        title="Staff rostering optimiser", intended_purpose="Propose duty rosters that respect wishes and the law", excluded_uses="No performance ratings",
        users="Ward managers", affected_groups=groups, unit="Human Resources", techniques=["Optimisation"], outputs="Draft roster",
        owner_id=story.id("owen"), technical_owner_id=story.id("tess"), autonomy="human_decides", fallback="Rosters by hand", sourcing="in_house",
        special_category_data="no",
    )  # fmt: skip
    yield ago(today, 40)
    demo_consultations.identify(story, system)
    story.plan_consultation(
        system,
        "Works council on rostering",
        "Which wishes must weigh most?",
        method="works_council",
        days=70,
    )
    story.draft_assessment(system, _risks(today, groups)[1:3])
    demo_impacts.begin(story, system)
    story.pass_gate(system, "G1", by="owen", owen="system_owner", olivia="compliance_lead")


def invoice_fraud(story: Story, today: date) -> Tale[None]:
    """In operation; its audit was missed and is overdue."""
    groups = ["Suppliers of the hospital"]
    system, _ = yield from released(
        story, today, 330, {}, _risks(today, groups)[1:3], _CONCERNS[:1],
        title="Invoice fraud score", intended_purpose="Point accountants to invoices that look unusual", excluded_uses="No payment stopped without a person",
        users="Accounting", affected_groups=groups, unit="Finance", techniques=["Isolation forest"], outputs="Score per invoice",
        owner_id=story.id("rana"), technical_owner_id=story.id("tess"), autonomy="advice_only", fallback="Sampling by hand", sourcing="open_source",
        special_category_data="no", data_description="Invoices of five years",
    )  # fmt: skip
    yield ago(today, 61)
    schedule(story, system, "transparency", 12, ago(today, 45))
    let_time_pass(story)


def hiring_filter(story: Story, today: date) -> Tale[None]:
    """A draft: high-risk by Annex III, and most is still missing."""
    system = yield from logged(
        story, today, title="Applicant filter for nursing", organisation=HOSPITAL["organisation"], unit="Human Resources", sourcing="supplier",
        description="A supplier offers to rank applicants; human resources would like to try it.", owner_id=story.id("rana"), autonomy="human_decides",
    )  # fmt: skip
    yield ago(today, 21)
    story.classify(system, **HIRING)


def emotion_monitor(story: Story, today: date) -> Tale[None]:
    """Prohibited: emotions of staff at work. Blocked at the first gate."""
    system = yield from logged(
        story, today, title="Mood monitor for the call centre", organisation=HOSPITAL["organisation"], unit="Patient Services",
        intended_purpose="Recognise stress in the voices of call-centre staff", users="Team leads", affected_groups=["Call-centre staff"],
        regions=["Hesse"], owner_id=story.id("owen"), scope="in_scope", sourcing="in_house",
    )  # fmt: skip
    yield ago(today, 33)
    story.classify(system, Q6="yes")
    with story.acting("asha") as session:
        answers = {item.id: "guarded" for item in values().red_lines}
        red_lines.screen(session, records.get(session, AiSystem, system), ScreenRedLines(answers=answers))


def medication(story: Story, today: date) -> Tale[None]:
    """In deployment: the rehearsal is waived for six weeks, and the gate waits for two signatures."""
    groups = ["Inpatients", "Pharmacists"]
    system, _ = yield from released(
        story, today, 130, MEDICAL_DEVICE, _risks(today, groups)[:3], _CONCERNS[:2], stop_before="G4",
        title="Medication interaction checker", intended_purpose="Warn of dangerous combinations when a drug is prescribed", excluded_uses="No automatic change of a prescription",
        users="Physicians and pharmacists", affected_groups=groups, unit="Pharmacy", techniques=["Knowledge graph", "Ranking model"], outputs="Warning with source",
        owner_id=story.id("owen"), technical_owner_id=story.id("tess"), autonomy="human_decides", fallback="Pharmacist on the ward", sourcing="supplier",
        data_description="Prescriptions, drug database", supplier="Lumen Imaging GmbH",
    )  # fmt: skip
    yield ago(today, 25)
    kinds = (EvidenceKind.MONITORING_PLAN, EvidenceKind.OVERSEER_TRAINING, EvidenceKind.INCIDENT_PLAN)
    documents(story, system, *kinds, valid_days=365)
    schedule(story, system, "safety_robustness", 6, today + timedelta(days=40))
    edit(story, "olivia", system, next_review_on=today + timedelta(days=90))
    with story.acting("asha") as session:
        ask = AskWaiver(
            check_id="evidence.rehearsal",
            reason="The test ward is closed for building works",
            compensating_measure="A pharmacist double-checks every warning on the first two wards",
            expires_on=clock.today() + timedelta(days=67),
        )
        waiver = lifecycle.ask_waiver(session, records.get(session, AiSystem, system), "G4", ask).reference
    story.sign_all(waiver, olivia="compliance_lead", eve="top_management")
    yield ago(today, 3)
    with story.acting("owen") as session:
        gate = lifecycle.ask(session, records.get(session, AiSystem, system), "G4").reference
    story.sign_all(gate, prue="operations_lead")


def mri_maintenance(story: Story, today: date) -> Tale[None]:
    """In verification, on its way."""
    groups = ["Technicians"]
    yield from released(
        story, today, 75, {}, _risks(today, groups)[1:2], _CONCERNS[1:2], stop_before="G3",
        title="MRI predictive maintenance", intended_purpose="Foretell failures of MRI scanners a week ahead", excluded_uses="No statement on patients",
        users="Medical engineering", affected_groups=groups, unit="Medical Engineering", techniques=["Anomaly detection"], outputs="Maintenance proposal",
        owner_id=story.id("rana"), technical_owner_id=story.id("tess"), autonomy="advice_only", fallback="Maintenance by calendar", sourcing="in_house",
        personal_data="no", special_category_data="no", data_description="Sensor data of four scanners",
    )  # fmt: skip


CHAPTERS: tuple[tuple[str, Callable[[Story, date], Tale[None]]], ...] = (
    ("Sepsis early warning: released, audited, corrected, re-evaluated", sepsis),
    ("Chest X-ray triage: a sign-off gone stale", chest_xray),
    ("Radiology report drafting: blocked at the release gate", report_drafting),
    ("Patient chatbot Lina: a red line breached", chatbot),
    ("Bed occupancy forecast: an audit coming up", bed_forecast),
    ("No-show prediction: retired in order", no_show),
    ("Staff rostering optimiser: in design", rostering),
    ("Invoice fraud score: an audit overdue", invoice_fraud),
    ("Applicant filter for nursing: a draft", hiring_filter),
    ("Mood monitor for the call centre: prohibited", emotion_monitor),
    ("Medication interaction checker: a waiver, waiting for signatures", medication),
    ("MRI predictive maintenance: in verification", mri_maintenance),
)
