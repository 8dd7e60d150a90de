"""What a standstill of the worker, a change at the wrong moment or a faulty schedule must not lose."""

from datetime import UTC, date, datetime, timedelta

from governance.audits import service
from governance.audits.models import AuditSchedule, Shift
from governance.audits.schemas import ScheduleAudits, Why
from governance.core import clock, records
from governance.systems.models import AiSystem
from tests.audits.test_change_schedule import change, on, states
from tests.audits.test_service import MORNING, TODAY, a_schedule, audits_of, time_passes
from tests.house_fixtures import House
from tests.systems.build import a_system


def weekly(house: House, system: str, **values: object) -> str:
    given = {"audit_type": "follow_up", "every": 1, "unit": "weeks", "starts_on": TODAY, "lead_days": 0}
    with clock.held_at(MORNING), house.acting("olivia") as session:
        item = records.get(session, AiSystem, system)
        return service.schedule(session, item, ScheduleAudits.model_validate({**given, **values})).reference


def passes(house: House, moment: datetime) -> None:
    with clock.held_at(moment):
        time_passes(house.database, moment)


def test_what_fell_due_while_no_worker_was_there_is_kept_when_the_schedule_changes_or_ends(
    house: House,
) -> None:
    changed, ended = a_system(house, "Changed"), a_system(house, "Ended")
    first, second = weekly(house, changed), weekly(house, ended)
    later = TODAY + timedelta(days=15)
    change(house, first, later, every=1, unit="years", starts_on=date(2028, 1, 1), lead_days=0, grace_days=0)
    with clock.held_at(on(later)), house.acting("olivia") as session:
        item = records.get(session, AuditSchedule, second)
        service.end_schedule(session, item, Why(reason="Retired soon", version=item.version))
    passes(house, on(later + timedelta(days=60)))
    kept = {TODAY + timedelta(days=days): "missed" for days in (0, 7, 14)}
    assert (states(house, changed), states(house, ended)) == (kept, kept)


def test_an_audit_that_comes_back_follows_the_new_shift_and_grace(house: House) -> None:
    """Cancelled by a change and wanted again by the next one, which moves it off a Saturday."""
    system = a_system(house)
    with clock.held_at(MORNING):
        schedule = a_schedule(house, system, lead=200)
    passes(house, MORNING)
    change(house, schedule, TODAY, every=6, starts_on=date(2027, 5, 20))
    change(house, schedule, TODAY, every=3, starts_on=date(2027, 2, 20), shift=Shift.NEXT, grace_days=1)
    assert states(house, system)[date(2027, 2, 22)] == "planned"


def test_an_audit_is_missed_when_its_day_is_over_where_it_is_held(house: House) -> None:
    system = a_system(house)
    weekly(house, system, every=5, unit="years", zone="Pacific/Pago_Pago", grace_days=0)
    begin = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
    passes(house, begin)
    assert [audit.state for audit in audits_of(house, system)] == ["planned"]
    passes(house, begin + timedelta(minutes=30))
    assert [audit.state for audit in audits_of(house, system)] == ["missed"]


def test_a_schedule_that_cannot_be_made_keeps_no_other_waiting(house: House) -> None:
    faulty, sound = a_system(house, "Faulty"), a_system(house, "Sound")
    schedule = weekly(house, faulty)
    weekly(house, sound)
    with house.acting("olivia") as session:
        item = records.get(session, AuditSchedule, schedule)
        item.checklist = "CL-GONE"
    passes(house, MORNING)
    assert (len(audits_of(house, faulty)), len(audits_of(house, sound))) == (0, 1)
    with house.acting("olivia") as session:
        item = records.get(session, AuditSchedule, schedule)
        item.checklist = "CL-FOLLOW"
    passes(house, MORNING + timedelta(days=1))
    assert [audit.created_late for audit in audits_of(house, faulty)] == [True]


def test_the_schedule_of_a_retired_system_ends_at_once(house: House) -> None:
    system = a_system(house)
    schedule = weekly(house, system, every=1, unit="years")
    passes(house, MORNING)
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = "retired"
    passes(house, MORNING + timedelta(minutes=1))
    with house.reading() as session:
        item = records.get(session, AuditSchedule, schedule)
        assert (item.state, item.state_reason) == ("ended", f"{system} is retired.")
