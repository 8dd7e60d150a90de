"""Each rule of the dry audit has a case on either side somewhere, and those of documents and of time have it here."""

import re
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from governance.access.actor import SCHEDULER
from governance.audits import jobs as audit_jobs
from governance.audits import service as audits
from governance.audits.schemas import ScheduleAudits
from governance.core import checks, clock, records
from governance.core.settings import Settings
from governance.evidence import service as evidence
from governance.evidence.checks import DOCUMENTS
from governance.evidence.models import Evidence, EvidenceKind
from governance.evidence.schemas import JudgeEvidence, SubmitEvidence
from governance.evidence.store import Store
from governance.impacts.models import ImpactAssessment
from governance.improvement.models import CorrectiveAction, Finding, Grade
from governance.systems import service as systems
from governance.systems.models import AiSystem
from governance.systems.schemas import AddVersion
from tests.controls.risk import a_treated_risk
from tests.house_fixtures import House
from tests.impacts import build as impacts
from tests.organisation.test_service import an_objective, result
from tests.systems.build import a_system

TESTS = Path(__file__).resolve().parents[1]


def missing(house: House, check: str, day: date | None = None) -> set[str]:
    with house.reading() as session:
        return {row[1] for row in session.execute(checks.named(check).missing(day or clock.today()))}


def test_every_rule_is_named_by_a_test() -> None:
    """A rule that no test names has no case on either side."""
    said = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py"))
    documents = {f"evidence.{kind.value}" for kind, _, _ in DOCUMENTS}
    assert [
        item.id
        for item in checks.every()
        if item.id not in documents and item.id not in said and f'"{item.id.split(".", 1)[1]}"' not in said
    ] == []


def test_no_rule_looks_at_all_rows_of_a_table_that_stands_further_out() -> None:
    """A subquery finds the table next to it outside by itself, those further out must be named: else it asks about any row.

    A material version of one system made the assessments of every other one old, and whoever had acknowledged one
    policy had acknowledged all. Such a subquery lists the table anew, after a comma.
    """
    said = {
        item.id: str(item.missing(clock.today()).compile(dialect=sqlite.dialect())) for item in checks.every()
    }
    froms = re.compile(r"FROM ([^()]*?)(?=\s(?:WHERE|GROUP|ORDER|LIMIT)|\)|$)")
    assert [name for name, text in said.items() if any("," in part for part in froms.findall(text))] == []


def test_a_material_version_of_another_system_makes_no_assessment_old(house: House) -> None:
    """Of the system itself it does (A.6.2.6, 8.2)."""
    ours, other = a_system(house), a_system(house, title="Another")
    a_version(house, ours)
    assert missing(house, "assessments.risk_assessment_current") == {ours, other}
    a_treated_risk(house, ours, "A.6.2.6")
    a_version(house, other, material=True)
    assert missing(house, "assessments.risk_assessment_current") == {other}
    a_version(house, ours, material=True)
    assert missing(house, "assessments.risk_assessment_current") == {ours, other}


def a_version(house: House, system: str, *, material: bool = False) -> None:
    with house.acting("tess") as session:
        record = records.get(session, AiSystem, system)
        data = AddVersion(
            label=f"v{len(record.versions)}", what_changed="A new model", material=material, version=record.version
        )  # fmt: skip
        systems.add_version(session, record, data)


@pytest.mark.parametrize("kind", [kind for kind, _, _ in DOCUMENTS])
def test_a_document_that_a_gate_asks_for_is_missing_until_one_of_its_kind_is_accepted(
    house: House, settings: Settings, kind: EvidenceKind
) -> None:
    check, system = f"evidence.{kind.value}", a_system(house)
    other = next(item for item, _, _ in DOCUMENTS if item is not kind)
    for submitted in (other, kind):
        assert missing(house, check) == {system}
        stored = Store(settings.evidence_dir).put(BytesIO(submitted.value.encode()), limit=100)
        with house.acting("tess") as session:
            data = SubmitEvidence(title="A document", evidence_kind=submitted, collected_on=clock.today())
            subject = records.get(session, AiSystem, system)
            made = evidence.submit(session, subject, data, stored=stored).reference
        assert missing(house, check) == {system}, "nobody has accepted it yet"
        with house.acting("prue") as session:
            item = records.get(session, Evidence, made)
            evidence.judge(session, item, JudgeEvidence(accept=True, reason="Read", version=item.version))
    assert missing(house, check) == set()


def test_evidence_that_ran_out_is_named(house: House, settings: Settings) -> None:
    system, today = a_system(house), clock.today()
    stored = Store(settings.evidence_dir).put(BytesIO(b"Certificate"), limit=100)
    with house.acting("tess") as session:
        data = SubmitEvidence(
            title="Certificate", evidence_kind=EvidenceKind.OTHER, collected_on=today, valid_until=today
        )
        evidence.submit(session, records.get(session, AiSystem, system), data, stored=stored)
    assert missing(house, "evidence.not_expired") == set()
    assert missing(house, "evidence.not_expired", today + timedelta(days=1)) == {system}


def test_inv_sch3_a_system_without_a_schedule_is_named(house: House) -> None:
    with_one, without = a_system(house, "Watched"), a_system(house, "Unwatched")
    with house.acting("olivia") as session:
        data = ScheduleAudits(
            audit_type="system_internal", every=6, unit="months", starts_on=clock.today(), lead_days=14,
            lead_auditor_id=house.id_of("ada"),
        )  # fmt: skip
        audits.schedule(session, records.get(session, AiSystem, with_one), data)
    assert missing(house, "audits.scheduled") == {without}


def test_a_version_is_frozen_before_anything_is_shown_about_it(house: House) -> None:
    system = a_system(house)
    assert missing(house, "systems.version_frozen") == {system}
    for label in ("1.0", "2.0"):
        with house.acting("tess") as session:
            record = records.get(session, AiSystem, system)
            data = AddVersion(label=label, what_changed="All of it", version=record.version)
            version = systems.add_version(session, record, data)
            session.flush()
            assert version.state == "draft"
        assert missing(house, "systems.version_frozen") == {system}, "the newest still changes"
        with house.acting("tess") as session:
            record = records.get(session, AiSystem, system)
            systems.freeze_version(session, record, record.versions[-1])
        assert missing(house, "systems.version_frozen") == set()


def test_scope_is_decided_either_way(house: House) -> None:
    undecided = a_system(house, "Undecided", scope="undecided")
    a_system(house, "Inside")
    a_system(house, "Outside", scope="out_of_scope", scope_reason="A toy")
    assert missing(house, "systems.scope_decided") == {undecided}


def test_a_corrective_action_past_its_date_is_named(house: House) -> None:
    system, today = a_system(house), clock.today()
    with house.acting("olivia") as session:
        finding = Finding(
            title="Gap", state="accepted", grade=Grade.MINOR, criterion="c", evidence_statement="e", gap="g",
            system=records.get(session, AiSystem, system), owner_id=house.id_of("owen"),
        )  # fmt: skip
        action = CorrectiveAction(
            title="Mend it", state="planned", finding=finding, owner_id=house.id_of("tess"), verifier_id=house.id_of("prue"),
            root_cause="x", due_on=today, original_due_on=today,
        )  # fmt: skip
        session.add_all([finding, action])
    assert missing(house, "improvement.actions_on_time") == set()
    assert missing(house, "improvement.actions_on_time", today + timedelta(days=1)) == {system}


def test_a_running_objective_is_measured_twice_a_year(house: House) -> None:
    today = clock.today()
    reference = an_objective(house, days=400)
    assert missing(house, "organisation.objectives_measured", today + timedelta(days=180)) == set()
    assert missing(house, "organisation.objectives_measured", today + timedelta(days=190)) == {reference}
    result(house, reference, 100, 5.0)
    assert missing(house, "organisation.objectives_measured", today + timedelta(days=190)) == set()


def test_a_measure_against_harm_past_its_date_is_named_and_harm_is_looked_for(house: House) -> None:
    system = impacts.a_tiered_system(house)
    reference = impacts.begin(house, system)
    impacts.answer(house, reference)
    with house.acting("olivia") as session:
        records.get(session, ImpactAssessment, reference).state = "approved"
    assert missing(house, "impacts.harm_considered") == {system}
    with house.acting("olivia") as session:
        records.get(session, ImpactAssessment, reference).state = "draft"
    number = impacts.rate(house, reference)
    impacts.measure(house, reference, number)
    with house.acting("olivia") as session:
        item = records.get(session, ImpactAssessment, reference)
        due = max(row.due_on for impact in item.impacts for row in impact.measures)
        item.state = "approved"
    assert missing(house, "impacts.harm_considered") == set()
    assert missing(house, "impacts.measures_on_time", due) == set()
    assert missing(house, "impacts.measures_on_time", due + timedelta(days=1)) == {system}


def test_an_audit_past_its_date_is_named(house: House) -> None:
    system, today = a_system(house), clock.today()
    with house.acting("olivia") as session:
        data = ScheduleAudits(
            audit_type="system_internal", every=6, unit="months", starts_on=today, lead_days=14,
            lead_auditor_id=house.id_of("ada"),
        )  # fmt: skip
        audits.schedule(session, records.get(session, AiSystem, system), data)
    with house.database.transaction(SCHEDULER, source="scheduler") as session:
        audit_jobs.materialise(session, clock.now())
    assert missing(house, "audits.on_time", today) == set()
    assert missing(house, "audits.on_time", today + timedelta(days=60)) == {system}


@pytest.mark.parametrize(("tier", "named"), [("critical", True), ("high", True), ("moderate", False)])
def test_a_running_system_of_high_tier_says_which_values_it_claims(
    house: House, tier: str, named: bool
) -> None:
    system = impacts.a_tiered_system(house, tier)
    assert missing(house, "values.claimed") == set()
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = "active"
    assert missing(house, "values.claimed") == ({system} if named else set())
