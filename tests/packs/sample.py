"""A believable system pack: a hospital group's sepsis early-warning model, in operation, with honest gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from governance.core.canonical import canonical, sha256_hex
from governance.packs.content import assurance as a
from governance.packs.content import system as y
from governance.packs.content import system_pack as s
from tests.packs import tree

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

FILES: dict[str, bytes] = {
    "EVD-0011": b"Validation report, sepsis early warning 2.3\nSensitivity 0.86 (0.83-0.89)\n" * 40,
    "EVD-0012": b"group;n;sensitivity\nwomen;2114;0.87\nmen;2376;0.85\n",
    "EVD-0013": b"Minutes of the patient panel, 2026-03-11\n" * 12,
    "EVD-0014": b"A different scan with the same name\n" * 9,
}

CRITERIA = a.RiskCriteria(
    version="2026-1",
    sha256=sha256_hex(b"risk criteria 2026-1"),
    likelihood=("rare", "unlikely", "possible", "likely", "almost certain"),
    severity=("annoyance", "limited", "significant", "serious", "irreversible"),
    matrix=(
        ("low", "low", "low", "low", "medium"),
        ("low", "low", "medium", "medium", "medium"),
        ("low", "medium", "medium", "high", "high"),
        ("medium", "medium", "high", "high", "critical"),
        ("high", "high", "high", "critical", "critical"),
    ),
)


def score(likelihood: int, severity: int, dimension: str = "individual", basis: str = "data") -> a.RiskScore:
    return a.RiskScore(
        likelihood=likelihood,
        severity=severity,
        level=CRITERIA.matrix[severity - 1][likelihood - 1],
        dimension=dimension,
        basis=basis,
        confidence="medium",
    )


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def on(day: str) -> date:
    return date.fromisoformat(day)


IDENTITY = y.Identity(
    reference="SYS-0004",
    name="Sepsis early warning",
    record_version=14,
    status="active",
    stage="operation and monitoring",
    stage_basis="gate",
    marks=("under reassessment",),
    owner="Owen Marsh",
    technical_owner="Tove Lind",
    unit="Critical care informatics",
    purpose=(
        "Warn the ward team up to six hours before sepsis becomes apparent, so that blood "
        "cultures, fluids and "
        "antibiotics start earlier."
    ),
    intended_use=(
        "Continuous scoring of adult in-patients on general wards from vital signs and "
        "laboratory values; a score "
        "above the threshold alerts the responsible nurse, who decides whether to call the rapid"
        " response team."
    ),
    excluded_uses="Children under 16, maternity wards, and any use to withhold or to stop treatment.",
    foreseeable_misuse=(
        "Ward staff may read a low score as an all-clear, or managers may use alert counts to compare nurses."
    ),
    outputs="A score from 0 to 100, an alert above 62, and the five readings that contributed most.",
    techniques=("gradient-boosted trees", "isotonic calibration"),
    decision_effect="Advice to a professional who decides; affects the urgency of care.",
    users="Registered nurses and physicians on general wards",
    affected_groups=("adult in-patients", "nurses on general wards", "rapid response team"),
    organisation_roles=("deployer", "provider of the local calibration"),
    sourcing="supplier product, locally calibrated",
    regions=("Ireland", "Northern Ireland"),
    sectors=("acute hospital care",),
    languages=("English", "Irish"),
    interfaces="Electronic patient record (FHIR R4, read), paging system (write)",
    in_aims_scope=True,
    scope_reason="Clinical decision support, listed in scope statement 3.",
    version_in_operation="2.3",
    operational_since=on("2025-06-02"),
    next_review_on=on("2027-01-15"),
    registered_at=at("2024-09-03"),
    changed_at=at("2026-11-12"),
    external_ids=(y.ExternalId(scheme="group inventory", value="SBHG-AI-017"),),
    content_sha256=sha256_hex(b"SYS-0004 version 14"),
)

CLASSIFICATION = y.Classification(
    eu_class="high-risk",
    tier="high",
    state="approved",
    rule_version="eu_ai_act_wizard 2026-2",
    answers=(
        y.WizardAnswer(question="Is any practice of Article 5 involved?", answer="no", basis="Art. 5"),
        y.WizardAnswer(
            question=(
                "Is it a product, or a safety component of a product, that needs third-party assessment?"
            ),
            answer="yes: medical device software, class IIa",
            basis="Art. 6(1), Annex I",
        ),
        y.WizardAnswer(question="Does it interact with people directly?", answer="no", basis="Art. 50(1)"),
        y.WizardAnswer(question="Is it a general-purpose model?", answer="no", basis="Art. 3(63)"),
    ),
    tier_reasons=(
        "EU class high-risk → high",
        "highest residual risk medium → moderate",
        "human decides → moderate",
    ),
    decided_by="Olivia Byrne",
    decided_at=at("2024-10-14"),
)

STAGES = (
    y.StageEntry(
        stage="inception", entered_on=on("2024-09-03"), left_on=on("2024-10-21"), gate_reference="GAT-0007"
    ),
    y.StageEntry(
        stage="design and development",
        entered_on=on("2024-10-21"),
        left_on=on("2025-03-10"),
        gate_reference="GAT-0009",
    ),
    y.StageEntry(
        stage="verification and validation",
        entered_on=on("2025-03-10"),
        left_on=on("2025-05-12"),
        gate_reference="GAT-0014",
    ),
    y.StageEntry(
        stage="deployment", entered_on=on("2025-05-12"), left_on=on("2025-06-02"), gate_reference="GAT-0017"
    ),
    y.StageEntry(stage="operation and monitoring", entered_on=on("2025-06-02"), gate_reference="GAT-0019"),
)

GAPS = (
    s.Gap(
        check_id="assessments.treatment_overdue",
        clause="8.3",
        severity="major",
        title="Treatment of RSK-0015 is 20 days past its due date",
        where="RSK-0015",
        section=6,
    ),
    s.Gap(
        check_id="signoffs.stale",
        clause="7.5.3",
        severity="major",
        title="SGN-0031 is stale: RA-0012 was changed after signing",
        where="SGN-0031",
        section=17,
    ),
    s.Gap(
        check_id="values.red_line_out_of_date",
        clause="A.6.2.4",
        severity="major",
        title="The check of red line RL-05 ran out on 2026-10-31",
        where="RL-05",
        section=5,
    ),
    s.Gap(
        check_id="improvement.no_root_cause",
        clause="10.2",
        severity="minor",
        title="CAR-0006 has no root cause",
        where="CAR-0006",
        section=16,
    ),
    s.Gap(
        check_id="evidence.expired",
        clause="8.1",
        severity="minor",
        title="EVD-0009 (supplier security certificate) expired on 2026-09-30",
        where="EVD-0009",
        section=19,
        mandatory=False,
    ),
)

AREAS = (
    s.AreaReadiness(area="Inventory and classification", met=9, missing=0),
    s.AreaReadiness(area="Risk and treatment", met=6, missing=1),
    s.AreaReadiness(area="Consultation", met=4, missing=0),
    s.AreaReadiness(area="Values and red lines", met=4, missing=1),
    s.AreaReadiness(area="Suppliers", met=2, missing=0, waived=1),
    s.AreaReadiness(area="Audit and correction", met=5, missing=1),
    s.AreaReadiness(area="Sign-off and evidence", met=7, missing=2),
)

CONTROLS = (
    a.ControlTrace(
        control="8.2",
        title="AI risk assessment",
        group="Clause 8",
        records=(
            a.TraceRecord(
                reference="RA-0012", title="Annual risk assessment", state="approved", on=on("2026-04-22")
            ),
        ),
    ),
    a.ControlTrace(
        control="8.3",
        title="AI risk treatment",
        group="Clause 8",
        records=(
            a.TraceRecord(
                reference="RSK-0015", title="Treatment plan", state="in progress", on=on("2026-10-31")
            ),
        ),
        gap="One treatment is overdue.",
    ),
    a.ControlTrace(
        control="8.4",
        title="AI system impact assessment",
        group="Clause 8",
        gap="No impact assessment on record.",
    ),
    a.ControlTrace(
        control="A.4.3",
        title="Data resources",
        group="A.4 Resources",
        records=(
            a.TraceRecord(reference="SYS-0004", title="Data described in the register", state="active"),
        ),
    ),
    a.ControlTrace(
        control="A.5.4",
        title="Impact on individuals and groups",
        group="A.5 Impact",
        records=(
            a.TraceRecord(reference="CON-0003", title="Patient panel", state="closed", on=on("2026-03-30")),
        ),
    ),
    a.ControlTrace(
        control="A.6.2.4",
        title="Verification and validation",
        group="A.6 Life cycle",
        records=(
            a.TraceRecord(
                reference="EVD-0011", title="Validation report 2.3", state="approved", on=on("2026-04-02")
            ),
            a.TraceRecord(
                reference="EVD-0012", title="Results by group", state="approved", on=on("2026-04-02")
            ),
            a.TraceRecord(reference="GAT-0017", title="Gate G3", state="passed", on=on("2025-05-12")),
        ),
    ),
    a.ControlTrace(
        control="A.6.2.6",
        title="Operation and monitoring",
        group="A.6 Life cycle",
        gap="No monitoring record; the imported inventory declares monitoring.",
    ),
    a.ControlTrace(
        control="A.9.4",
        title="Intended use",
        group="A.9 Use",
        records=(a.TraceRecord(reference="SYS-0004", title="Intended and excluded uses", state="active"),),
    ),
    a.ControlTrace(
        control="A.10.3",
        title="Suppliers",
        group="A.10 Third parties",
        records=(
            a.TraceRecord(
                reference="SUP-0002",
                title="Meridian Clinical Software",
                state="assessed",
                on=on("2026-02-11"),
            ),
        ),
    ),
)

GATES = (
    y.Gate(
        code="G1",
        name="Start design",
        from_stage="inception",
        to_stage="design and development",
        state="passed",
        reference="GAT-0009",
        requested_by="Owen Marsh",
        requested_at=at("2024-10-18"),
        decided_by="Olivia Byrne",
        decided_at=at("2024-10-21", 15),
        items=(
            y.GateItem(
                check_id="systems.purpose",
                clause="A.6.2.2",
                title="Intended purpose and excluded uses",
                state="passed",
            ),
            y.GateItem(
                check_id="systems.classified", clause="A.5.2", title="Classification approved", state="passed"
            ),
            y.GateItem(
                check_id="assessments.initial", clause="8.2", title="Initial risk assessment", state="passed"
            ),
        ),
        sign_offs=("SGN-0008", "SGN-0009"),
        basis=(y.BasisHash(reference="SYS-0004", version=3, sha256=sha256_hex(b"SYS-0004 version 3")),),
    ),
    y.Gate(
        code="G3",
        name="Release decision",
        from_stage="verification and validation",
        to_stage="deployment",
        state="refused",
        reference="GAT-0016",
        requested_by="Owen Marsh",
        requested_at=at("2025-05-05"),
        decided_by="Olivia Byrne",
        decided_at=at("2025-05-06", 11),
        items=(
            y.GateItem(
                check_id="consultations.concern_without_disposition",
                clause="A.5.4",
                title="Every concern has a disposition",
                state="missing",
                reason="CNC-0005 had no disposition.",
                blocker=True,
                where="CON-0002",
            ),
        ),
    ),
    y.Gate(
        code="G3",
        name="Release decision",
        from_stage="verification and validation",
        to_stage="deployment",
        state="passed with waiver",
        reference="GAT-0017",
        requested_by="Owen Marsh",
        requested_at=at("2025-05-10"),
        decided_by="Olivia Byrne",
        decided_at=at("2025-05-12", 16),
        conditions="Weekly report of alerts by ward for the first quarter.",
        items=(
            y.GateItem(
                check_id="assessments.approved",
                clause="8.2",
                title="Approved risk assessment",
                state="passed",
                where="RA-0012",
            ),
            y.GateItem(
                check_id="assessments.residual",
                clause="6.1.3",
                title="Residual risk accepted",
                state="passed",
            ),
            y.GateItem(
                check_id="values.red_lines", clause="A.6.2.4", title="Red lines attested", state="passed"
            ),
            y.GateItem(
                check_id="consultations.minimum",
                clause="A.5.4",
                title="Consultation minimum met",
                state="passed",
                where="CON-0002",
            ),
            y.GateItem(
                check_id="systems.supplier_contract",
                clause="A.10.2",
                title="Responsibilities agreed with the supplier",
                state="waived",
                reason="Contract amendment signed, countersignature outstanding.",
                where="SUP-0002",
            ),
            y.GateItem(
                check_id="audits.no_open_major",
                clause="10.2",
                title="No open major nonconformity",
                state="passed",
                blocker=True,
            ),
        ),
        waivers=(
            y.Waiver(
                reference="WVR-0001",
                item="Responsibilities agreed with the supplier",
                reason="The supplier's countersignature arrives after the go-live window.",
                compensating_measure=(
                    "Interim letter of responsibility; weekly call with the supplier's safety officer."
                ),
                signed_by=("Olivia Byrne", "Eve Carrick"),
                signed_at=at("2025-05-12", 14),
                expires_on=on("2025-08-10"),
                state="expired",
            ),
        ),
        sign_offs=("SGN-0021", "SGN-0022", "SGN-0023"),
        basis=(
            y.BasisHash(reference="RA-0012", version=2, sha256=sha256_hex(b"RA-0012 revision 2")),
            y.BasisHash(reference="CON-0002", version=5, sha256=sha256_hex(b"CON-0002 version 5")),
        ),
    ),
    y.Gate(
        code="G4",
        name="Go live",
        from_stage="deployment",
        to_stage="operation and monitoring",
        state="passed",
        reference="GAT-0019",
        requested_by="Owen Marsh",
        requested_at=at("2025-05-30"),
        decided_by="Olivia Byrne",
        decided_at=at("2025-06-02", 8),
        items=(
            y.GateItem(
                check_id="audits.schedule", clause="9.2.2", title="Audit schedule exists", state="passed"
            ),
            y.GateItem(
                check_id="systems.next_review", clause="9.1", title="Next review date set", state="passed"
            ),
        ),
        sign_offs=("SGN-0026",),
    ),
    y.Gate(
        code="G5",
        name="Periodic re-evaluation",
        from_stage="operation and monitoring",
        to_stage="operation and monitoring",
        state="open",
        reference="GAT-0024",
        requested_by="Owen Marsh",
        requested_at=at("2026-11-12"),
        items=(
            y.GateItem(
                check_id="assessments.current",
                clause="8.2",
                title="Risk assessment re-confirmed",
                state="missing",
                reason="RA-0012 changed after signing.",
                where="RA-0012",
            ),
            y.GateItem(
                check_id="consultations.since_last",
                clause="A.5.4",
                title="Interested parties heard since last time",
                state="passed",
                where="CON-0003",
            ),
        ),
    ),
    y.Gate(code="G7", name="Retirement", from_stage="any", to_stage="retirement", state="not requested"),
)

RED_LINES = (
    a.RedLineCheck(
        code="RL-01",
        statement="Never decides to withhold or to stop treatment.",
        result="passed",
        in_date=True,
        method="Review of interfaces and of the alert protocol",
        performed_on=on("2026-04-10"),
        valid_until=on("2027-04-10"),
        performed_by="Asha Varma",
        system_version="2.3",
        reference="RLC-0012",
        evidence=("EVD-0011",),
    ),
    a.RedLineCheck(
        code="RL-03",
        statement="Not used on people who cannot be told about it, without a reviewed exception.",
        result="passed",
        in_date=True,
        method="Walk-through on two wards; information sheet",
        performed_on=on("2026-03-30"),
        valid_until=on("2027-03-30"),
        performed_by="Asha Varma",
        system_version="2.3",
        reference="RLC-0013",
    ),
    a.RedLineCheck(
        code="RL-05",
        statement="No measurable disadvantage of a protected group beyond the agreed threshold.",
        result="passed",
        in_date=False,
        method="Equal opportunity difference by sex and ethnicity, threshold 0.05",
        performed_on=on("2025-10-31"),
        valid_until=on("2026-10-31"),
        performed_by="Asha Varma",
        system_version="2.2",
        reference="RLC-0009",
        evidence=("EVD-0012",),
    ),
    a.RedLineCheck(
        code="RL-07",
        statement="No performance appraisal of employees by the system's outputs.",
        result="not checked",
        in_date=False,
    ),
)


def risk(
    number: int,
    title: str,
    inherent: a.RiskScore,
    residual: a.RiskScore | None,
    *,
    source: str,
    event: str,
    consequence: str,
    treatments: tuple[a.Treatment, ...] = (),
    acceptance: a.Acceptance | None = None,
    state: str = "treated",
) -> a.Risk:
    return a.Risk(
        reference=f"RSK-{number:04d}",
        title=title,
        source=source,
        event=event,
        consequence=consequence,
        affected_groups=("adult in-patients",),
        owner="Owen Marsh",
        state=state,
        inherent=inherent,
        residual=residual,
        existing_controls=("A.9.2",),
        treatments=treatments,
        acceptance=acceptance,
    )


ACCEPTANCE = a.Acceptance(
    accepted_by="Owen Marsh",
    role="system owner",
    accepted_at=at("2026-04-22", 10),
    expires_on=on("2027-04-22"),
    state="in force",
    sign_off="SGN-0030",
)

RISKS = (
    risk(
        11,
        "Missed deterioration because staff rely on silence",
        score(4, 5),
        score(2, 4),
        source="human use and misuse",
        event="A low score is read as an all-clear and observations are made less often.",
        consequence="Sepsis is recognised late; avoidable death or lasting organ damage.",
        treatments=(
            a.Treatment(
                option="change likelihood",
                action=(
                    "Minimum observation interval stays independent of the score; shown on every "
                    "alert screen."
                ),
                controls=("A.9.2", "A.9.3"),
                owner="Owen Marsh",
                due_on=on("2026-03-31"),
                done_on=on("2026-03-24"),
                state="done",
            ),
            a.Treatment(
                option="change consequence",
                action="Rapid response team may be called without any score.",
                controls=("A.9.3",),
                owner="Tove Lind",
                due_on=on("2026-03-31"),
                done_on=on("2026-03-30"),
                state="done",
            ),
        ),
        acceptance=ACCEPTANCE,
    ),
    risk(
        12,
        "Alarm fatigue",
        score(5, 3),
        score(3, 3),
        source="human use and misuse",
        event="More than two false alerts a shift on busy wards.",
        consequence="Alerts are dismissed unread, true ones among them.",
        treatments=(
            a.Treatment(
                option="change likelihood",
                action="Threshold tuned per ward type; snooze with reason.",
                controls=("A.6.2.6",),
                owner="Tove Lind",
                due_on=on("2026-06-30"),
                done_on=on("2026-06-11"),
                state="done",
            ),
        ),
        acceptance=ACCEPTANCE,
    ),
    risk(
        13,
        "Lower sensitivity for darker skin through pulse oximetry",
        score(3, 4),
        score(2, 3),
        source="data",
        event="Oxygen saturation is over-read for some patients and lowers the score.",
        consequence="Later warning for a protected group.",
        treatments=(
            a.Treatment(
                option="reduce",
                action=(
                    "Model re-fitted without saturation as a single predictor; results by group in "
                    "every release."
                ),
                controls=("A.7.4", "A.6.2.4"),
                owner="Tove Lind",
                due_on=on("2026-04-15"),
                done_on=on("2026-04-02"),
                state="done",
            ),
        ),
        acceptance=ACCEPTANCE,
    ),
    risk(
        14,
        "Silent drift after a laboratory analyser is replaced",
        score(3, 4),
        score(1, 3),
        source="machine learning issues",
        event="Units or reference ranges change upstream.",
        consequence="Scores shift for a whole site until somebody notices.",
        treatments=(
            a.Treatment(
                option="change likelihood",
                action="Population stability index per site, weekly.",
                controls=("A.6.2.6",),
                owner="Tove Lind",
                due_on=on("2026-05-31"),
                done_on=on("2026-05-20"),
                state="done",
            ),
        ),
    ),
    risk(
        15,
        "Supplier withdraws support for the installed version",
        score(2, 3, "organisation", "expert"),
        None,
        source="supplier dependency",
        event="End of support is announced with less than six months' notice.",
        consequence="Security updates stop; certification as a medical device lapses.",
        treatments=(
            a.Treatment(
                option="share",
                action="Contract amendment: twelve months' notice, source code in escrow.",
                controls=("A.10.3",),
                owner="Olivia Byrne",
                due_on=on("2026-10-31"),
                state="overdue",
            ),
        ),
        state="in treatment",
    ),
    risk(
        16,
        "Alert counts used to compare nurses",
        score(3, 2),
        score(1, 2),
        source="human use and misuse",
        event="Management reports break alerts down by person.",
        consequence="Stress, and incentive to ignore or to hide alerts.",
        treatments=(
            a.Treatment(
                option="avoid",
                action="Reports aggregate by ward and week; no person-level export.",
                controls=("A.9.2",),
                owner="Owen Marsh",
                due_on=on("2026-02-28"),
                done_on=on("2026-02-20"),
                state="done",
            ),
        ),
    ),
)

ASSESSMENTS = (
    a.RiskAssessment(
        reference="RA-0012",
        revision=3,
        state="approved",
        title="Annual risk assessment 2026",
        scope="Version 2.3 on 14 general wards of three hospitals; excludes the paging system.",
        method="Workshop with wards, failure-mode review, incident data of 18 months; criteria 2026-1",
        system_version="2.3",
        assessor="Asha Varma",
        started_on=on("2026-03-02"),
        approved_by="Olivia Byrne",
        approved_at=at("2026-04-22", 11),
        next_review_on=on("2027-01-15"),
        content_sha256=sha256_hex(b"RA-0012 revision 3"),
        criteria=CRITERIA,
        risks=RISKS,
        sign_offs=("SGN-0030", "SGN-0031"),
    ),
    a.RiskAssessment(
        reference="RA-0005",
        revision=1,
        state="superseded",
        title="Risk assessment before release",
        system_version="2.1",
        assessor="Asha Varma",
        approved_by="Olivia Byrne",
        approved_at=at("2025-05-02"),
        content_sha256=sha256_hex(b"RA-0005 revision 1"),
    ),
)

CONSULTATIONS = (
    a.Consultation(
        reference="CON-0003",
        title="Patient panel on early warning",
        state="closed",
        purpose="Learn what patients and families expect to be told, and what worries them.",
        method="workshop",
        level="involve",
        owner="Olivia Byrne",
        facilitator="Institute for Participation",
        facilitator_independent=True,
        decision_it_can_change="Who sees the alert, and where it sounds.",
        informs_gate="G3",
        questions=("What worries you about it?", "What must never happen?"),
        lawful_basis="Consent",
        anonymity="Anonymous",
        plan_approval="COD-0001 Approved",
        contributions=31,
        contributions_withdrawn=6,
        starts_on=on("2026-03-11"),
        ends_on=on("2026-03-30"),
        groups=(
            a.GroupHeard(
                name="Former sepsis patients",
                reference="IPT-0004",
                how_reached="patient council",
                vulnerable=True,
                invited=18,
                took_part=11,
            ),
            a.GroupHeard(
                name="Family carers",
                reference="IPT-0005",
                how_reached="ward notice",
                vulnerable=False,
                invited=25,
                took_part=7,
            ),
        ),
        representativeness=(
            "Age and sex close to the in-patient population; only one participant with Irish as "
            "first language."
        ),
        missing_voices="Patients with dementia; speakers of neither English nor Irish.",
        concerns=(
            a.Concern(
                reference="CNC-0007",
                text="Nobody tells us that a computer watches; we would want to know.",
                raised_by="Former sepsis patients",
                value="transparency",
                disposition="accepted",
                reason="Information duty and trust.",
                change="Information sheet at admission and a sign at every bed.",
                change_reference="RSK-0016",
                decided_by="Owen Marsh",
                decided_on=on("2026-03-24"),
            ),
            a.Concern(
                reference="CNC-0008",
                text="We want to be able to switch it off for our relative.",
                raised_by="Family carers",
                value="autonomy",
                severity=4,
                minority_view=True,
                escalation="COD-0002 Approved",
                disposition="declined",
                reason=(
                    "The score uses no additional measurement; the ward observes every patient. "
                    "Objection to secondary use is possible."
                ),
                decided_by="Owen Marsh",
                decided_on=on("2026-03-24"),
            ),
        ),
        feedback=(
            "Letter to all participants with the two decisions and reasons; shown on the patient "
            "council's board."
        ),
        feedback_on=on("2026-04-14"),
        content_sha256=sha256_hex(b"CON-0003"),
    ),
)

SIGN_OFFS = tuple(
    a.SignOff(
        reference=reference,
        meaning=meaning,
        slot=slot,
        subject=subject,
        subject_version=version,
        signer=signer,
        role=role,
        signed_at=at(day, 10),
        method="password, re-entered",
        content_sha256=sha256_hex(f"{subject} {version}".encode()),
        state=state,
        reason=reason,
    )
    for reference, meaning, slot, subject, version, signer, role, day, state, reason in (
        (
            "SGN-0008",
            "I approve the start of design",
            "system owner",
            "GAT-0009",
            1,
            "Owen Marsh",
            "system owner",
            "2024-10-21",
            "valid",
            "",
        ),
        (
            "SGN-0009",
            "I approve the start of design",
            "compliance lead",
            "GAT-0009",
            1,
            "Olivia Byrne",
            "compliance officer",
            "2024-10-21",
            "valid",
            "",
        ),
        (
            "SGN-0021",
            "I approve the release",
            "system owner",
            "GAT-0017",
            1,
            "Owen Marsh",
            "system owner",
            "2025-05-12",
            "valid",
            "",
        ),
        (
            "SGN-0022",
            "I approve the release",
            "compliance lead",
            "GAT-0017",
            1,
            "Olivia Byrne",
            "compliance officer",
            "2025-05-12",
            "valid",
            "",
        ),
        (
            "SGN-0023",
            "I reviewed it independently",
            "independent reviewer",
            "GAT-0017",
            1,
            "Ada Quinn",
            "auditor",
            "2025-05-11",
            "valid",
            "",
        ),
        (
            "SGN-0026",
            "I approve going live",
            "operations lead",
            "GAT-0019",
            1,
            "Tove Lind",
            "technical owner",
            "2025-06-02",
            "withdrawn",
            "Signed in the wrong slot; replaced by GAT-0019 decision.",
        ),
        (
            "SGN-0030",
            "I accept the residual risks as their owner",
            "risk owner",
            "RA-0012",
            2,
            "Owen Marsh",
            "system owner",
            "2026-04-22",
            "valid",
            "",
        ),
        (
            "SGN-0031",
            "I approve this assessment",
            "approver",
            "RA-0012",
            2,
            "Olivia Byrne",
            "compliance officer",
            "2026-04-22",
            "stale",
            "The content changed on 2026-11-12 (scope).",
        ),
    )
)

FINDINGS = (
    a.Finding(
        reference="FND-0009",
        title="Alert thresholds differ from the approved configuration on one ward",
        grade="minor",
        state="action in progress",
        audit="AUD-2026-014",
        clause="8.1",
        statement="Ward 7B runs threshold 58 instead of 62; no change request exists.",
        evidence=("EVD-0012",),
        raised_on=on("2026-06-18"),
        due_on=on("2026-12-15"),
        actions=(
            a.CorrectiveAction(
                reference="CAR-0006",
                state="in progress",
                correction="Threshold set back on the same day.",
                action="Configuration locked; deviations reported weekly.",
                owner="Tove Lind",
                due_on=on("2026-12-15"),
            ),
        ),
    ),
    a.Finding(
        reference="FND-0004",
        title="Training records of night staff incomplete",
        grade="minor",
        state="closed",
        audit="AUD-2025-006",
        clause="7.2",
        statement="6 of 41 night nurses had no record of the alert training.",
        raised_on=on("2025-09-10"),
        due_on=on("2025-12-31"),
        closed_on=on("2026-01-20"),
        actions=(
            a.CorrectiveAction(
                reference="CAR-0002",
                state="closed",
                correction="Training held in October.",
                root_cause="Agency staff were not in the learning system.",
                action="Agency staff enrolled at contract start.",
                owner="Owen Marsh",
                due_on=on("2025-12-31"),
                done_on=on("2025-12-02"),
                effectiveness="Sample of 20 in January: all trained.",
                verified_by="Ada Quinn",
                verified_on=on("2026-01-19"),
            ),
        ),
    ),
)

AUDITS = (
    a.Audit(
        reference="AUD-2026-014",
        title="Internal audit 2026, clinical decision support",
        kind="internal AIMS audit",
        state="closed",
        criteria="Clauses 8 and 10, A.6, A.9",
        scope="SYS-0004 on three sampled wards",
        lead_auditor="Ada Quinn",
        independence="Neither owner, builder nor assessor of the system; declared on 2026-05-20.",
        planned_on=on("2026-06-15"),
        started_on=on("2026-06-15"),
        closed_on=on("2026-07-03"),
        questions=24,
        answered=24,
        conforms=22,
        conclusion="Conforms, with one minor nonconformity.",
    ),
    a.Audit(
        reference="AUD-2025-006",
        title="Internal audit 2025",
        kind="internal AIMS audit",
        state="closed",
        criteria="Clauses 7 to 9",
        scope="SYS-0004",
        lead_auditor="Ada Quinn",
        planned_on=on("2025-09-08"),
        started_on=on("2025-09-08"),
        closed_on=on("2025-09-26"),
        questions=20,
        answered=20,
        conforms=19,
    ),
)

SCHEDULES = (
    a.AuditSchedule(
        reference="SCH-0002",
        title="Fairness audit",
        rule="every 6 months, on the second Tuesday",
        time_zone="Europe/Dublin",
        checklist="fairness",
        lead_auditor="Ada Quinn",
        next_on=(on("2026-12-08"), on("2027-06-08")),
        overdue_on=(),
    ),
    a.AuditSchedule(
        reference="SCH-0003",
        title="Supplier audit",
        rule="every year in October",
        time_zone="Europe/Dublin",
        checklist="supplier",
        lead_auditor="Ada Quinn",
        next_on=(on("2027-10-11"),),
        overdue_on=(on("2026-10-12"),),
    ),
)


def evidence() -> tuple[a.EvidenceItem, ...]:
    def item(
        reference: str, title: str, kind: str, filename: str, media_type: str, **rest: object
    ) -> a.EvidenceItem:
        data = FILES[reference]
        return a.EvidenceItem(
            reference=reference,
            title=title,
            kind=kind,
            filename=filename,
            media_type=media_type,
            sha256=sha256_hex(data),
            size=len(data),
            state="approved",
            owner="Asha Varma",
            confidentiality="internal",
            collected_on=on("2026-04-02"),
            valid_until=on("2027-04-02"),
            **rest,  # type: ignore[arg-type]
        )

    return (
        a.EvidenceItem(
            reference="EVD-0009",
            title="Supplier security certificate",
            kind="certificate",
            state="expired",
            filename="certificate.pdf",
            sha256=sha256_hex(b"unreadable"),
            size=182_044,
            media_type="application/pdf",
            valid_until=on("2026-09-30"),
            collected_on=on("2025-10-02"),
            supports=("SUP-0002",),
        ),
        item(
            "EVD-0011",
            "Validation report 2.3",
            "test report",
            "validation-2.3.txt",
            "text/plain",
            covers_from=on("2025-09-01"),
            covers_to=on("2026-02-28"),
            supports=("RLC-0012", "A.6.2.4"),
        ),
        item(
            "EVD-0012",
            "Results by group",
            "measurement",
            "scan.csv",
            "text/csv",
            covers_from=on("2025-09-01"),
            covers_to=on("2026-02-28"),
            supports=("RLC-0009", "FND-0009"),
        ),
        item(
            "EVD-0013",
            "Minutes of the patient panel",
            "minutes",
            "scan.pdf",
            "application/pdf",
            supports=("CON-0003",),
        ),
        item(
            "EVD-0014",
            "Signed attendance list (redacted)",
            "record",
            "scan.pdf",
            "application/pdf",
            supports=("CON-0003",),
        ),
        a.EvidenceItem(
            reference="EVD-0015",
            title="Supplier's technical documentation",
            kind="link",
            state="approved",
            filename="",
            media_type="",
            valid_until=on("2027-01-31"),
            supports=("SUP-0002",),
            not_embedded="kept by the supplier; link only",
        ),
    )


def trail(size: int = 40) -> tuple[tuple[a.TrailEventLine, ...], a.Checkpoint]:
    """Every third event of a registry of `size` events, each with its inclusion proof."""
    leaves = [
        canonical(
            {
                "sequence": n + 1,
                "at": at("2026-11-12", n % 24),
                "actor": "Owen Marsh",
                "verb": "systems.edit",
                "subject": "SYS-0004" if n % 3 == 0 else "SYS-0009",
                "changes": {"record.version": [n, n + 1]},
            }
        )
        for n in range(size)
    ]
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    lines = tuple(
        a.TrailEventLine(
            sequence=n + 1,
            index=n,
            at=at("2026-11-12", n % 24),
            actor="Owen Marsh",
            verb="systems.edit",
            subject="SYS-0004",
            source="web",
            changes=(f"version: {n} → {n + 1}",),
            leaf=leaves[n].decode(),
            leaf_hash=hashes[n].hex(),
            inclusion_proof=tuple(h.hex() for h in tree.inclusion(n, hashes)),
        )
        for n in range(0, size, 3)
    )
    return lines, a.Checkpoint(
        tree_size=size, root_hash=tree.root(hashes).hex(), origin="registry.example/sbhg", made_at=AS_OF
    )


def sample() -> s.SystemPack:
    """The pack of the sepsis model as of 2026-11-20."""
    lines, checkpoint = trail()
    return s.SystemPack(
        meta=s.PackMeta(
            reference="PCK-0007",
            organisation="St Brigid Hospital Group",
            as_of=AS_OF,
            generated_by="Olivia Byrne",
            software_version="AIMS Registry 0.1.0",
            status="draft",
            confidentiality="Confidential",
            recipient="Certification body, stage 2",
            purpose="Sampling of one AI system",
            scope_statement_version="3",
        ),
        identity=IDENTITY,
        classification=CLASSIFICATION,
        data_use=y.DataUse(
            categories=("vital signs", "laboratory values", "age and sex"),
            personal_data=True,
            special_categories=("health data",),
            demographic_features=("age", "sex"),
            provenance=(
                "Electronic patient record of three hospitals, 2018–2024, pseudonymised; supplier's "
                "base model on data of eleven hospitals abroad."
            ),
        ),
        oversight=y.Oversight(
            mode="human in the loop",
            description="The responsible nurse confirms or dismisses every alert; dismissals need a reason.",
            fallback=(
                "National early warning score on paper; switch-off by the ward manager within one minute."
            ),
            appeal_route="Patient advice office; every alert can be explained on request.",
        ),
        stages=STAGES,
        gaps=GAPS,
        areas=AREAS,
        next_dates=(
            s.NextDate(on=on("2026-10-12"), what="Supplier audit", reference="SCH-0003", state="overdue"),
            s.NextDate(on=on("2026-12-08"), what="Fairness audit", reference="SCH-0002"),
            s.NextDate(on=on("2026-12-15"), what="Corrective action due", reference="CAR-0006"),
            s.NextDate(on=on("2027-01-15"), what="Review of the AI system", reference="SYS-0004"),
        ),
        controls=CONTROLS,
        gates=GATES,
        red_lines=RED_LINES,
        assessments=ASSESSMENTS,
        consultations=CONSULTATIONS,
        suppliers=(
            y.Supplier(
                reference="SUP-0002",
                name="Meridian Clinical Software Ltd",
                supplies="Base model, alert engine",
                contract_reference="C-2024-118, amendment 2",
                duties=(
                    "Supplier: post-market surveillance, security updates. Hospital: calibration, "
                    "training, monitoring."
                ),
                state="assessed",
                assessed_on=on("2026-02-11"),
                next_review_on=on("2027-02-11"),
                documents=("EVD-0009", "EVD-0015"),
            ),
        ),
        claims=(
            y.DeclaredClaim(
                reference="CLM-0031",
                topic="Impact assessment",
                answer="yes",
                section=7,
                wording="AIA completed for the use case before deployment",
                column="Has an AI impact assessment been completed?",
                source_file="group-inventory-2025.csv",
                row=118,
            ),
            y.DeclaredClaim(
                reference="CLM-0032",
                topic="Monitoring",
                answer="intermittent and manually updated",
                section=11,
                wording="Intermittent and Manually Updated",
                column="Is there a process for monitoring?",
                source_file="group-inventory-2025.csv",
                row=118,
            ),
        ),
        audits=AUDITS,
        findings=FINDINGS,
        schedules=SCHEDULES,
        sign_offs=SIGN_OFFS,
        versions=(
            y.SystemVersion(
                reference="VER-0009",
                label="2.3",
                released_on=on("2026-03-30"),
                in_operation_from=on("2026-04-14"),
                change="Re-fitted without saturation as a single predictor; threshold 62.",
                material=True,
                link="Release note 2.3",
                artefact_sha256=sha256_hex(b"model 2.3"),
            ),
            y.SystemVersion(
                reference="VER-0006",
                label="2.2",
                released_on=on("2025-10-01"),
                in_operation_from=on("2025-10-06"),
                in_operation_to=on("2026-04-14"),
                change="Calibration for the third hospital.",
                material=True,
                artefact_sha256=sha256_hex(b"model 2.2"),
            ),
            y.SystemVersion(
                reference="VER-0003",
                label="2.1",
                released_on=on("2025-03-01"),
                in_operation_from=on("2025-06-02"),
                in_operation_to=on("2025-10-06"),
                change="First release.",
                material=True,
                artefact_sha256=sha256_hex(b"model 2.1"),
            ),
        ),
        evidence=evidence(),
        trail=lines,
        checkpoint=checkpoint,
        redactions=(
            s.Redaction(
                reference="EVD-0014",
                what="names on the attendance list",
                reason="personal data of participants",
            ),
        ),
    )


def large_sample(risks: int = 60, events: int = 400) -> s.SystemPack:
    """The same system with too much of everything: risks, endless words, long titles, right-to-left text."""
    pack = sample()
    endless = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
    title = ("A title that goes on and on, as titles do when nobody asks for brevity " * 3)[:200]
    hebrew, arabic = "שלום עולם: בדיקה (123)", "مرحبا بالعالم (456) اختبار"
    hidden = "invoice\u202etxt.exe zero\u200bwidth \u2066isolated\u2069"
    many = tuple(
        risk(
            100 + number,
            (title, endless, hebrew, "Risk of drift")[number % 4] if number < 8 else f"Risk number {number}",
            score(1 + number % 5, 1 + (number * 7) % 5),
            score(1 + number % 3, 1 + (number * 3) % 4) if number % 6 else None,
            source="machine learning issues",
            event=(endless, arabic, hidden, "Data change upstream without notice. " * 6)[number % 4],
            consequence="Harm of the usual kind. " * (1 + number % 5),
            treatments=RISKS[number % 6].treatments * (1 + number % 3),
            acceptance=ACCEPTANCE if number % 2 else None,
        )
        for number in range(risks)
    )
    assessment = replace(ASSESSMENTS[0], risks=many, title=title, scope=endless)
    lines, checkpoint = trail(events * 3)
    return replace(
        pack,
        identity=replace(
            pack.identity,
            name=title,
            purpose=endless,
            intended_use=f"{hebrew} {arabic} {hidden}",
            owner=hebrew,
        ),
        assessments=(assessment, *ASSESSMENTS[1:]),
        consultations=CONSULTATIONS * 3,
        gaps=tuple(replace(GAPS[n % 5], title=f"{title} {n}") for n in range(25)),
        sign_offs=SIGN_OFFS * 5,
        claims=tuple(replace(claim, wording=endless, source_file=endless) for claim in pack.claims * 8),
        trail=lines,
        checkpoint=checkpoint,
    )
