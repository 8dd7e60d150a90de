"""The dry audit: each rule with a case on either side, suppressions that are shown, and counts that do not grow with the register."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from governance.access.models import Person
from governance.audits.models import Audit, AuditSchedule, AuditState, ScheduleState
from governance.controls import dry_audit, queries, service
from governance.controls.models import Suppression
from governance.controls.schemas import LiftSuppression, SuppressGap
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.improvement.models import CorrectiveAction, Finding, Grade
from governance.jobs.models import Heartbeat
from governance.systems.models import AiSystem, GateState, LifecycleGate, Scope, Status, Waiver, WaiverState
from tests.house_fixtures import House
from tests.systems.build import a_classification, a_system, requested, sign


def failing(house: House, check: str) -> list[str]:
    with house.reading() as session:
        return [row[1] for row in session.execute(dry_audit.offending(checks.named(check)))]


def put(house: House, *rows: Any) -> None:
    """Rows in states that verbs refuse to make: the dry audit is there for what should not be."""
    with house.acting("olivia") as session:
        session.add_all(rows)


def system_in(house: House, status: Status, **changes: Any) -> str:
    reference = a_system(house, **changes)
    with house.acting("olivia") as session:
        records.get(session, AiSystem, reference).state = status
    return reference


def id_of(house: House, reference: str) -> int:
    with house.reading() as session:
        found = records.find(session, reference)
        assert found is not None
        return found.id


def an_audit(house: House, **changes: Any) -> None:
    system = id_of(house, a_system(house))
    values = {
        "title": "Audit", "state": AuditState.PLANNED, "system_id": system, "audit_type": "system_internal", "lead_auditor_id": house.id_of("ada"),
        "due_on": clock.today(), "grace_until": clock.today() + timedelta(days=30), "period_key": "2026", **changes,
    }  # fmt: skip
    columns = {attribute.key for attribute in Audit.__mapper__.column_attrs}
    known = {name: value for name, value in values.items() if name in columns}
    for name, column in Audit.__table__.columns.items():
        if name not in known and name != "id" and not column.nullable and column.default is None:
            known[name] = (
                "" if column.type.python_type is str else [] if column.type.python_type in (list, dict) else 0
            )
    put(house, Audit(**known))


def a_finding(house: House, **changes: Any) -> Finding:
    values = {
        "title": "Gap",
        "state": "issued",
        "grade": Grade.MINOR,
        "criterion": "c",
        "evidence_statement": "e",
        "gap": "g",
        "system_id": id_of(house, a_system(house)),
        **changes,
    }
    return Finding(**values)


def an_action(house: House, **changes: Any) -> CorrectiveAction:
    values = {
        "title": "Action", "state": "planned", "finding": a_finding(house), "owner_id": house.id_of("tess"), "verifier_id": house.id_of("prue"),
        "root_cause": "because", "due_on": clock.today(), "original_due_on": clock.today(), **changes,
    }  # fmt: skip
    return CorrectiveAction(**values)


def older(house: House, days: int, row: Any) -> None:
    with clock.held_at(clock.now() - timedelta(days=days)):
        put(house, row)


def earlier_finding(house: House) -> int:
    put(house, a_finding(house))
    return id_of(house, "FND-0001")


RULES: dict[str, tuple[Callable[[House], None], Callable[[House], None]]] = {
    "systems.in_scope": (
        lambda house: system_in(house, Status.ACTIVE, scope=Scope.OUT_OF_SCOPE, scope_reason="pilot"),
        lambda house: system_in(house, Status.ACTIVE),
    ),
    "systems.supplier_recorded": (lambda house: a_system(house, sourcing="supplier"), lambda house: a_system(house, sourcing="in_house")),
    "systems.data_provenance": (lambda house: a_system(house, data_provenance=""), a_system),
    "systems.owner": (lambda house: a_system(house, owner_id=None), a_system),
    "systems.intended_purpose": (lambda house: a_system(house, intended_purpose=""), a_system),
    "systems.affected_groups": (lambda house: a_system(house, affected_groups=[]), a_system),
    "assessments.risk_assessment_approved": (lambda house: system_in(house, Status.ACTIVE), a_system),
    "impacts.assessment_approved": (lambda house: system_in(house, Status.ACTIVE), a_system),
    "audits.none_missed": (lambda house: an_audit(house, state=AuditState.MISSED), an_audit),
    "audits.independent": (lambda house: an_audit(house, lead_auditor_id=house.id_of("owen")), an_audit),
    "improvement.root_cause": (lambda house: put(house, an_action(house, root_cause="")), lambda house: put(house, an_action(house))),
    "improvement.effect_verified": (
        lambda house: put(house, an_action(house, state="closed")),
        lambda house: put(house, an_action(house, state="closed", verified_on=clock.today())),
    ),
    "improvement.verifier_independent": (
        lambda house: put(house, an_action(house, verifier_id=house.id_of("tess"))),
        lambda house: put(house, an_action(house)),
    ),
    "improvement.major_within_90_days": (
        lambda house: older(house, 91, a_finding(house, grade=Grade.MAJOR)),
        lambda house: older(house, 89, a_finding(house, grade=Grade.MAJOR)),
    ),
    "improvement.action_planned": (
        lambda house: older(house, 31, a_finding(house)),
        lambda house: older(house, 31, an_action(house)),
    ),
    "improvement.not_repeated": (
        lambda house: put(house, a_finding(house, repeat_of_id=earlier_finding(house))),
        lambda house: put(house, a_finding(house)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("check", RULES)
def test_each_rule_sees_what_is_wrong_and_nothing_else(house: House, check: str) -> None:
    wrong, right = RULES[check]
    right(house)
    assert failing(house, check) == []
    wrong(house)
    assert len(failing(house, check)) == 1


def test_a_schedule_of_a_retired_system_is_named(house: House) -> None:
    system = system_in(house, Status.ACTIVE)
    from governance.audits import service as audits
    from governance.audits.schemas import ScheduleAudits

    with house.acting("olivia") as session:
        data = ScheduleAudits(
            audit_type="system_internal",
            every=12,
            unit="months",
            starts_on=clock.today(),
            lead_days=30,
            lead_auditor_id=house.id_of("ada"),
        )
        schedule = audits.schedule(session, records.get(session, AiSystem, system), data).reference
    check = "audits.schedules_end_with_the_system"
    assert failing(house, check) == [] and failing(house, "audits.planned_this_year") == [""]
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = Status.RETIRED
    assert failing(house, check) == [schedule]
    with house.acting("olivia") as session:
        records.get(session, AuditSchedule, schedule).state = ScheduleState.ENDED
    assert failing(house, check) == []


def test_no_audit_this_year_is_a_gap_of_the_organisation(house: House) -> None:
    assert failing(house, "audits.planned_this_year") == [""]
    an_audit(house)
    assert failing(house, "audits.planned_this_year") == []


def test_a_stale_signature_and_one_whose_owner_left_are_named(house: House) -> None:
    system = a_system(house)
    classification = a_classification(house, system)
    assert failing(house, "controls.signers_present") == []
    slot = requested(house, classification)["compliance_lead"]
    with house.acting("max") as session:
        session.get_one(Person, house.id_of("owen")).left_on = clock.today()
    assert failing(house, "controls.signers_present") == [slot]
    sign(house, "olivia", slot)
    assert failing(house, "controls.signatures_fresh") == []


def test_an_expired_waiver_that_a_gate_relies_on_is_named(house: House) -> None:
    system = id_of(house, a_system(house))
    yesterday = clock.today() - timedelta(days=1)
    waiver = Waiver(title="w", state=WaiverState.APPROVED, system_id=system, gate="G4", check_id="evidence.rehearsal", reason="r",
                    compensating_measure="m", expires_on=yesterday)  # fmt: skip
    put(house, waiver)
    assert failing(house, "controls.waivers_in_date") == []
    put(
        house,
        LifecycleGate(title="G4", state=GateState.PASSED, system_id=system, gate="G4", rules_hash="0" * 64),
    )
    assert failing(house, "controls.waivers_in_date") == ["WAI-0001"]


def test_a_worker_without_a_sign_of_life_is_a_gap(house: House) -> None:
    assert failing(house, "controls.worker_alive") == [""]
    put(house, Heartbeat(worker="w", at=clock.now()))
    assert failing(house, "controls.worker_alive") == []
    with clock.held_at(clock.now() + timedelta(minutes=61)):
        assert failing(house, "controls.worker_alive") == [""]


def test_drafts_are_asked_only_what_is_due_from_the_start(house: House) -> None:
    a_system(house)
    assert failing(house, "impacts.assessment_approved") == [] and failing(
        house, "systems.classification_run"
    ) == ["SYS-0001"]
    system_in(house, Status.REJECTED)
    assert failing(house, "systems.classification_run") == ["SYS-0001"]


def suppress(
    house: House, who: str = "olivia", days: int = 30, check: str = "systems.classification_run"
) -> str:
    with house.acting(who) as session:
        data = SuppressGap(reason="Next week", expires_on=clock.today() + timedelta(days=days))
        return service.suppress(session, check, "SYS-0001", data).reference


def counted(house: House, check: str = "systems.classification_run") -> tuple[int, int]:
    with house.reading() as session:
        return next(
            (item.failing, item.suppressed) for item in dry_audit.answers(session) if item.check.id == check
        )


def test_a_suppressed_gap_is_shown_and_counts_again_after_its_date(house: House) -> None:
    a_system(house)
    reference = suppress(house)
    assert counted(house) == (0, 1)
    with clock.held_at(clock.now() + timedelta(days=31)):
        assert counted(house) == (1, 0)
    with house.acting("ada") as session:
        item = records.get(session, Suppression, reference)
        service.lift(session, item, LiftSuppression(version=item.version))
    assert counted(house) == (1, 0)


def test_a_critical_gap_or_too_long_a_time_is_not_borne(house: House) -> None:
    a_system(house)
    with pytest.raises(Refused, match="critical"):
        suppress(house, check="systems.owner")
    with pytest.raises(Refused, match="At most until"):
        suppress(house, days=181)
    with pytest.raises(Forbidden):
        suppress(house, who="ada")
    suppress(house)
    with pytest.raises(Refused, match="already"):
        suppress(house)


def test_every_check_can_be_asked_on_this_database(house: House) -> None:
    with house.reading() as session:
        found = dry_audit.answers(session)
    assert len(found) == len(dry_audit.asked()) > 50
    assert all(item.check.clause and item.check.fix.startswith("/") for item in found)


def test_the_number_of_statements_does_not_grow_with_the_register(
    house: House, count_statements: Any
) -> None:
    a_system(house)
    few = count_statements(dry_audit.answers)
    for number in range(12):
        a_system(house, title=f"System {number}")
    assert count_statements(dry_audit.answers) == few


def test_what_is_kept_is_the_trend(house: House) -> None:
    a_system(house)
    with house.acting("olivia") as session:
        kept = dry_audit.keep(session, dry_audit.answers(session), ("Trail: event 3 was changed.",))
        assert kept.counts["systems.classification_run"] == 1 and kept.major > 0
    with house.reading() as session:
        assert queries.latest_run(session).faults == ["Trail: event 3 was changed."]


def test_a_damaged_file_is_found(house: House, tmp_path: Any) -> None:
    from io import BytesIO

    from governance.evidence import service as evidence
    from governance.evidence.models import EvidenceKind
    from governance.evidence.schemas import SubmitEvidence
    from governance.evidence.store import Store

    system = a_system(house)
    stored = Store(tmp_path).put(BytesIO(b"as received"), limit=100)
    with house.acting("tess") as session:
        data = SubmitEvidence(
            title="Report", evidence_kind=EvidenceKind.TEST_REPORT, collected_on=clock.today()
        )
        evidence.submit(
            session, records.get(session, AiSystem, system), data, stored=stored, filename="a.txt"
        )
    with house.reading() as session:
        assert dry_audit.faults(session, tmp_path) == ()
    (tmp_path / stored.sha256[:2] / stored.sha256).write_bytes(b"tampered with")
    with house.reading() as session:
        (fault,) = dry_audit.faults(session, tmp_path)
    assert fault.startswith("EVD-0001") and "no longer has the hash" in fault


def test_the_pages_show_the_gap_its_owner_and_where_to_mend_it(house: House, browser_of: Any) -> None:
    a_system(house)
    page = browser_of("victor").get("/dry-audit/systems.classification_run").text
    assert "SYS-0001" in page and "Owen Owner" in page and "/systems/SYS-0001/classify" in page
    assert "A classification" in browser_of("victor").get("/dry-audit").text
    assert browser_of("victor").get("/dry-audit/nothing.at_all").status_code == 404
    assert browser_of("victor").get(f"/dry-audit/systems.owner?after={10**40}").status_code == 200
    assert browser_of("victor").post("/dry-audit/run").status_code == 403
    assert browser_of("olivia").post("/dry-audit/run").status_code == 303
    data = {"reason": "soon", "expires_on": (clock.today() + timedelta(days=9)).isoformat()}
    url = "/dry-audit/systems.classification_run/suppress?record=SYS-0001"
    assert browser_of("olivia").post(url, data).status_code == 303
    assert "SPR-0001" in browser_of("victor").get("/dry-audit/systems.classification_run").text


def test_the_page_of_a_large_register_shows_the_last_run_and_says_so(
    house: House, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_system(house, owner_id=None)
    with house.acting("olivia") as session:
        dry_audit.keep(session, dry_audit.answers(session), ())
    a_system(house, "Another", owner_id=None)

    def shown() -> tuple[int, bool]:
        with house.reading() as session:
            found, as_of = dry_audit.newest_answers(session)
        return {item.check.id: item.failing for item in found}["systems.owner"], as_of is not None

    assert shown() == (2, False)
    monkeypatch.setattr(dry_audit, "ASKED_LIVE_UP_TO", 1)
    assert shown() == (1, True)
    assert "with so many systems" in browser_of("olivia").get("/dry-audit").text
