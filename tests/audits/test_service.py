"""Recurring audits: made once and on time, by independent people, and leading to correction that somebody else verified."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.access.actor import SCHEDULER
from governance.audits import queries, service
from governance.audits.jobs import materialise
from governance.audits.models import Audit, AuditState, Verdict
from governance.audits.schemas import AnswerQuestion, Assign, ReportAudit, ScheduleAudits, StartAudit
from governance.core import clock, records
from governance.core.database import Database
from governance.core.errors import Forbidden, Refused
from governance.improvement import queries as found
from governance.improvement import service as improvement
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import CloseFinding, RecordFinding, Regrade
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.improvement import build as corrections
from tests.systems.build import a_system, sign

TODAY = date(2026, 11, 20)
MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


def a_schedule(house: House, system: str, *, first: date = TODAY, every: int = 3, lead: int = 10) -> str:
    with house.acting("olivia") as session:
        data = ScheduleAudits(
            audit_type="fairness",
            every=every,
            unit="months",
            starts_on=first,
            lead_days=lead,
            lead_auditor_id=house.id_of("ada"),
        )
        return service.schedule(session, records.get(session, AiSystem, system), data).reference


def time_passes(database: Database, moment: datetime) -> None:
    with database.transaction(SCHEDULER, source="scheduler") as session:
        materialise(session, moment)


def audits_of(house: House, system: str) -> list[Audit]:
    with house.reading() as session:
        return queries.of_system(session, records.get(session, AiSystem, system).id)


def test_occurrences_exist_although_nobody_looked_for_a_year(house: House) -> None:
    """Beat list 12; INV-SCH1: running the worker again makes nothing twice."""
    with clock.held_at(MORNING):
        system = a_system(house)
        a_schedule(house, system)
    later = MORNING + timedelta(days=365)
    with clock.held_at(later):
        time_passes(house.database, later)
        time_passes(house.database, later)
    due = sorted(item.due_on for item in audits_of(house, system))
    assert due == [
        date(2026, 11, 20),
        date(2027, 2, 20),
        date(2027, 5, 20),
        date(2027, 8, 20),
        date(2027, 11, 20),
    ]
    assert sum(item.created_late for item in audits_of(house, system)) == 4


def test_three_days_off_makes_the_occurrence_once_and_marks_it_late(house: House) -> None:
    """Beat list 11."""
    with clock.held_at(MORNING):
        system = a_system(house)
        a_schedule(house, system, first=TODAY + timedelta(days=1), lead=0)
        time_passes(house.database, MORNING)
    assert audits_of(house, system) == []
    back = MORNING + timedelta(days=4)
    with clock.held_at(back):
        time_passes(house.database, back)
    assert [(item.due_on, item.created_late) for item in audits_of(house, system)] == [
        (TODAY + timedelta(days=1), True)
    ]


def test_a_missed_audit_is_recorded_as_missed_and_stays_overdue(house: House) -> None:
    with clock.held_at(MORNING):
        system = a_system(house)
        a_schedule(house, system)
        time_passes(house.database, MORNING)
    later = MORNING + timedelta(days=40)
    with clock.held_at(later):
        time_passes(house.database, later)
        with house.reading() as session:
            assert [item.state for item in queries.overdue(session)] == [AuditState.MISSED]


@pytest.mark.parametrize("who", ["owen", "tess", "olivia"])
def test_nobody_audits_what_they_own_or_wrote(house: House, who: str) -> None:
    """INV-AUD1, beat list 19: refused with the reason, and who else would be free."""
    from governance.access import queries as people
    from governance.access import service as access
    from governance.access.schemas import ChangeRoles

    system = a_system(house)
    a_schedule(house, system)
    time_passes(house.database, clock.now())
    with house.acting("max") as session:
        person = people.person(session, house.id_of(who))
        access.change_roles(
            session,
            person,
            ChangeRoles(roles=[*person.roles, "auditor"], reason="helps out", version=person.version),
        )
    with pytest.raises(Refused, match="Ada Auditor"), house.acting("olivia") as session:
        audit = records.get(session, Audit, "AUD-2026-001")
        service.assign(session, audit, Assign(lead_auditor_id=house.id_of(who), version=audit.version))


def start(house: House) -> None:
    with house.acting("ada") as session:
        audit = records.get(session, Audit, "AUD-2026-001")
        plan = StartAudit(
            objectives="Is it fair?",
            scope_text="All",
            method="Records",
            impartiality_statement="I had no part in it.",
            version=audit.version,
        )
        service.start(session, audit, plan)


@pytest.fixture
def audit(house: House) -> str:
    with clock.held_at(MORNING):
        system = a_system(house)
        a_schedule(house, system)
        time_passes(house.database, MORNING)
        start(house)
    return "AUD-2026-001"


def answer_all(house: House, reference: str, *, minor: int = 0) -> None:
    with house.acting("ada") as session:
        item = records.get(session, Audit, reference)
        for number, row in enumerate(item.answers, start=1):
            data = AnswerQuestion(verdict=Verdict.CONFORMS, evidence_references=["SYS-0001"])
            if number == minor:
                data = AnswerQuestion(verdict=Verdict.MINOR, note="Seen to fail")
            service.answer(session, item, row.question_id, data)


def test_the_auditee_cannot_answer(house: House, audit: str) -> None:
    """INV-AUD4."""
    with pytest.raises(Forbidden), house.acting("owen") as session:
        item = records.get(session, Audit, audit)
        service.answer(
            session,
            item,
            item.answers[0].question_id,
            AnswerQuestion(verdict=Verdict.NOT_APPLICABLE, note="never"),
        )


def test_conforming_cites_evidence(house: House, audit: str) -> None:
    """INV-AUD3."""
    with pytest.raises(Refused, match="INV-AUD3"), house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        service.answer(session, item, item.answers[0].question_id, AnswerQuestion(verdict=Verdict.CONFORMS))


def test_a_report_needs_every_answer_and_a_finding_for_each_nonconformity(house: House, audit: str) -> None:
    with pytest.raises(Refused, match="unanswered"), house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        service.report(session, item, ReportAudit(conclusion="All is well here", version=item.version))
    answer_all(house, audit, minor=2)
    with pytest.raises(Refused, match="needs its finding"), house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        service.report(session, item, ReportAudit(conclusion="All is well here", version=item.version))


def finding_of(house: House, audit: str) -> str:
    answer_all(house, audit, minor=2)
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        data = RecordFinding(
            title="Too small", grade="minor", criterion="A.7.4", evidence_statement="Table 3", gap="41 of 100"
        )
        return service.raise_finding(session, item, item.answers[1].question_id, data).reference


def test_a_reported_audit_is_closed_by_signature_and_its_answers_are_frozen(house: House, audit: str) -> None:
    """INV-AUD2."""
    finding_of(house, audit)
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        service.report(session, item, ReportAudit(conclusion="One minor nonconformity", version=item.version))
    from tests.systems.build import requested, state_of

    sign(house, "ada", requested(house, audit)["lead_auditor"])
    assert state_of(house, audit) == "closed"
    with pytest.raises(Refused, match="INV-G2"), house.acting("ada") as session:
        records.get(session, Audit, audit).answers[0].note = "an afterthought"


def close(house: House, finding: str) -> None:
    with house.acting("ada") as session:
        item = records.get(session, Finding, finding)
        improvement.close_finding(session, item, CloseFinding(reason="verified", version=item.version))


def test_a_nonconformity_is_closed_only_after_its_effect_was_verified(house: House, audit: str) -> None:
    """INV-FIN1, beat list 18."""
    from tests.systems.build import state_of

    finding = finding_of(house, audit)
    with pytest.raises(Refused, match="INV-FIN1"):
        close(house, finding)
    action = corrections.planned(house, finding)
    with pytest.raises(Refused, match="not verified yet"):
        close(house, finding)
    corrections.effective(house, action)
    close(house, finding)
    assert (state_of(house, action), state_of(house, finding)) == ("closed", "closed")
    with house.reading() as session:
        assert found.open_findings(session) == []


def regrade(house: House, who: str, finding: str) -> None:
    with house.acting(who) as session:
        item = records.get(session, Finding, finding)
        improvement.regrade(
            session, item, Regrade(grade=Grade.OBSERVATION, reason="a single case", version=item.version)
        )


def test_only_the_lead_auditor_gives_another_grade(house: House, audit: str) -> None:
    """INV-FIN2."""
    from governance.access import queries as people
    from governance.access import service as access
    from governance.access.schemas import ChangeRoles

    finding = finding_of(house, audit)
    with house.acting("max") as session:
        prue = people.person(session, house.id_of("prue"))
        roles = ChangeRoles(roles=["approver", "auditor"], reason="helps out", version=prue.version)
        access.change_roles(session, prue, roles)
    with pytest.raises(Refused, match="INV-FIN2"):
        regrade(house, "prue", finding)
    regrade(house, "ada", finding)
    with house.reading() as session:
        item = records.get(session, Finding, finding)
        assert (item.grade, item.grade_reason) == (Grade.OBSERVATION, "a single case")
