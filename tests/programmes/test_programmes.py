"""The audit programme of a year: approved when everything is planned in time or left out with a reason that is signed for."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from governance.audits import service as audits
from governance.audits.models import Audit, AuditState, Verdict
from governance.audits.schemas import ScheduleForAims
from governance.core import clock, records
from governance.core.checks import named
from governance.core.errors import Conflict, Forbidden, Refused
from governance.programmes import coverage, reach, service
from governance.programmes.models import AuditProgramme
from governance.programmes.schemas import (
    BearGap,
    CloseProgramme,
    DraftProgramme,
    EditProgramme,
    ReviewProgramme,
)
from governance.systems.models import AiSystem
from tests.audits.build import an_audit, begin
from tests.audits.test_schedules import by_rule
from tests.audits.test_service import TODAY, a_schedule, time_passes
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign, state_of

TEXT = {
    "objectives": "Know whether it works", "scope": "Everything", "criteria": "ISO/IEC 42001", "risks": "One auditor only", "resources": "20 days",
    "methods": "On site and by document",
}  # fmt: skip


def a_programme(house: House, year: int = 2026) -> str:
    with house.acting("olivia") as session:
        return service.draft(session, DraftProgramme(year=year, **TEXT)).reference


def submit(house: House, programme: str) -> None:
    with house.acting("olivia") as session:
        service.submit(session, records.get(session, AuditProgramme, programme))


def uncovered(house: House, year: int = 2026) -> set[str]:
    with house.reading() as session:
        return {row.id for row in coverage.of_year(session, year).uncovered}


def bear_the_rest(house: House, programme: str) -> list[str]:
    with house.acting("olivia") as session:
        item = records.get(session, AuditProgramme, programme)
        left = [row.id for row in service.open_gaps(session, item)]
        service.bear_gap(
            session,
            item,
            BearGap(requirements=left, reason="Next year, with more auditors", version=item.version),
        )
        return left


def for_aims(house: House, first: date) -> None:
    with house.acting("olivia") as session:
        data = ScheduleForAims(
            audit_type="aims_internal", every=12, unit="months", starts_on=first, owner_id=house.id_of("olivia")
        )  # fmt: skip
        audits.schedule_for_aims(session, data)


def test_a_programme_with_holes_is_refused_until_each_is_borne_with_a_reason(house: House) -> None:
    """INV-APR1."""
    programme = a_programme(house)
    with pytest.raises(Refused, match="INV-APR1") as refused:
        submit(house, programme)
    assert len(refused.value.gaps) == len(uncovered(house)) > 60
    left = bear_the_rest(house, programme)
    submit(house, programme)
    with house.reading() as session:
        signed = records.get(session, AuditProgramme, programme).signed_content()["gaps"]
        assert {gap["requirement"] for gap in signed} == set(left)
    slots = requested(house, programme)
    sign(house, "eve", slots["top_management"])
    sign(house, "olivia", slots["compliance_lead"])
    assert state_of(house, programme) == "approved"
    with pytest.raises(Refused, match="INV-G2"), house.acting("olivia") as session:
        records.get(session, AuditProgramme, programme).gaps[0].reason = "an afterthought"


def test_an_audit_that_is_scheduled_covers_what_its_checklist_asks_and_no_more(house: House) -> None:
    with clock.held_at(datetime(2026, 11, 20, 8, tzinfo=UTC)):
        before = uncovered(house)
        assert {"4.1", "4.3", "5.2", "6.1.2", "10.2"} <= before
        for_aims(house, date(2026, 12, 1))
        covered = before - uncovered(house)
        assert {"4.1", "4.3", "5.2", "6.1.2", "10.2"} <= covered
        assert before - covered, "the starter checklist does not ask about everything"
        assert uncovered(house, 2025) == before


def test_a_schedule_that_begins_next_year_covers_nothing_this_year(house: House) -> None:
    before = uncovered(house)
    for_aims(house, date(2027, 1, 1))
    assert uncovered(house) == before


def answer(house: House, audit: str, verdicts: dict[str, Verdict]) -> None:
    with house.acting("ada") as session:
        for row in records.get(session, Audit, audit).answers:
            row.verdict = verdicts.get(row.question_id, Verdict.NOT_AUDITED)
    with house.acting("ada") as session:
        records.get(session, Audit, audit).state = AuditState.REPORTING


def cell(house: House, requirement: str, place: str, year: int = 2026, by: str = "unit") -> coverage.Cell:
    with house.reading() as session:
        found = coverage.of_year(session, year, by=by)
        row = next(row for row in found.rows if row.requirement.id == requirement)
        return row.cells.get(place, coverage.Cell())


def test_the_map_shows_what_was_audited_where_with_the_gravest_verdict(house: House) -> None:
    """9.2.1; what was not audited counts for nothing."""
    with clock.held_at(datetime(2026, 11, 20, 8, tzinfo=UTC)):
        system = a_system(house, unit="Emergency care")
        audit = an_audit(house, system)
        begin(house, audit)
        answer(
            house, audit, {"FAIR-03": Verdict.CONFORMS, "FAIR-04": Verdict.MINOR, "FAIR-07": Verdict.CONFORMS}
        )
        found = cell(house, "A.6.2.4", "Emergency care")
        assert (found.state, found.worst, found.last) == ("nonconforming", Verdict.MINOR, TODAY)
        assert cell(house, "A.7.2", "Emergency care").state == "conforming"
        assert cell(house, "A.9.3", "Emergency care").state == "untouched"
        assert cell(house, "A.6.2.4", coverage.AIMS).state == "untouched"
        assert cell(house, "A.6.2.4", system, by="system").state == "nonconforming"
        assert "A.6.2.4" not in uncovered(house) and "A.6.2.4" not in uncovered(house, 2028)
        assert "A.6.2.4" in uncovered(house, 2029)


def test_an_audit_of_several_systems_is_about_their_units_and_not_about_the_management_system(
    house: House,
) -> None:
    with clock.held_at(datetime(2026, 11, 20, 8, tzinfo=UTC)):
        systems = [a_system(house, "First", unit="Emergency care"), a_system(house, "Second")]
        audit = an_audit(house, *systems)
        begin(house, audit)
        answer(house, audit, {"FAIR-04": Verdict.MAJOR})
        assert cell(house, "A.6.2.4", "Emergency care").worst == Verdict.MAJOR
        assert cell(house, "A.6.2.4", coverage.AIMS).state == "untouched"
        for system in systems:
            assert cell(house, "A.6.2.4", system, by="system").worst == Verdict.MAJOR
    with house.reading() as session:
        assert coverage.of_year(session, 2026).columns == (coverage.AIMS, "Emergency care", reach.NO_UNIT)


def test_a_schedule_by_rule_covers_the_units_that_it_finds(house: House) -> None:
    with clock.held_at(datetime(2026, 11, 20, 8, tzinfo=UTC)):
        a_system(house, "Found", unit="Radiology")
        a_system(house, "Other", unit="Finance", organisation="Elsewhere")
        by_rule(
            house, audit_type="fairness", state="draft", org_unit="Radiology", starts_on=date(2026, 12, 1)
        )
        assert cell(house, "A.5.4", "Radiology").planned == date(2026, 12, 1)
        assert cell(house, "A.5.4", "Finance").state == "untouched"
        assert cell(house, "A.5.4", coverage.AIMS).state == "untouched"


def test_what_is_planned_shows_as_planned(house: House) -> None:
    with clock.held_at(datetime(2026, 11, 20, 8, tzinfo=UTC)):
        system = a_system(house, unit="Radiology")
        a_schedule(house, system, first=date(2026, 12, 10), lead=5)
        assert cell(house, "A.5.4", "Radiology").planned == date(2026, 12, 10)
    moment = datetime(2026, 12, 8, 8, tzinfo=UTC)
    with clock.held_at(moment):
        time_passes(house.database, moment)
        found = cell(house, "A.5.4", "Radiology")
        assert (found.state, found.planned) == ("planned", date(2026, 12, 10))


def test_a_new_revision_takes_the_place_of_the_old_one(house: House) -> None:
    programmes = []
    for _ in range(2):
        programme = a_programme(house)
        bear_the_rest(house, programme)
        submit(house, programme)
        slots = requested(house, programme)
        sign(house, "eve", slots["top_management"])
        sign(house, "olivia", slots["compliance_lead"])
        programmes.append(programme)
    assert [state_of(house, item) for item in programmes] == ["superseded", "approved"]


def test_one_draft_a_year_and_only_by_who_may(house: House) -> None:
    a_programme(house)
    with pytest.raises(Refused, match="not finished"):
        a_programme(house)
    with pytest.raises(Forbidden), house.acting("owen") as session:
        service.draft(session, DraftProgramme(year=2027, **TEXT))


def test_a_stale_edit_is_a_conflict(house: House) -> None:
    programme = a_programme(house)
    with house.acting("olivia") as session:
        item = records.get(session, AuditProgramme, programme)
        service.edit(session, item, EditProgramme(**{**TEXT, "risks": "None"}, version=item.version))
    with pytest.raises(Conflict), house.acting("olivia") as session:
        item = records.get(session, AuditProgramme, programme)
        service.edit(session, item, EditProgramme(**TEXT, version=1))


def test_the_year_ends_with_a_review_that_goes_to_management(house: House) -> None:
    programme = a_programme(house)
    with house.acting("olivia") as session:
        records.get(session, AuditProgramme, programme).state = "approved"
    with house.acting("olivia") as session:
        item = records.get(session, AuditProgramme, programme)
        with pytest.raises(Refused, match="is approved"):
            service.close(session, item, CloseProgramme(management_review="MRV-0001", version=item.version))
    with house.acting("olivia") as session:
        item = records.get(session, AuditProgramme, programme)
        service.review(
            session, item, ReviewProgramme(lessons="Two auditors are too few.", version=item.version)
        )
    assert state_of(house, programme) == "reviewed"


def test_a_year_without_an_approved_programme_is_a_gap(house: House) -> None:
    check = named("programmes.approved")
    with house.reading() as session:
        assert len(session.execute(check.missing(TODAY)).all()) == 1
    programme = a_programme(house)
    with house.acting("olivia") as session:
        records.get(session, AuditProgramme, programme).state = "approved"
    with house.reading() as session:
        assert session.execute(check.missing(TODAY)).all() == []
        assert session.scalars(select(AiSystem)).all() == []
