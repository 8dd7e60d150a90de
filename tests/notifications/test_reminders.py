"""Reminders: once per record, kind and day, also after days off, with two workers at once and with one killed in the middle."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from governance.access.actor import SCHEDULER
from governance.audits import service as audits
from governance.audits import team
from governance.audits.conduct_models import MemberRole
from governance.audits.jobs import materialise
from governance.audits.models import Audit
from governance.audits.schemas import AddMember, Assign
from governance.core import clock, records
from governance.core.settings import Settings
from governance.notifications import jobs
from governance.notifications.models import Notification
from governance.notifications.reminders import again_and_again, before_and_after
from tests.house_fixtures import House
from tests.improvement import build as corrections
from tests.notifications.build import a_finding, an_audit, told

DUE = date(2026, 11, 20)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def on(house: House, settings: Settings, day: date, times: int = 1) -> list[Notification]:
    """The worker looks at what is due on a day; what was told then."""
    before = {item.id for item in told(house)}
    with clock.held_at(at(day)):
        for _ in range(times):
            jobs.remind(house.database, settings)
    return [item for item in told(house) if item.id not in before]


def who(house: House, items: list[Notification]) -> list[tuple[str, str, bool]]:
    names = {house.id_of(item): item for item in ("ada", "olivia", "owen", "tess", "prue")}
    return sorted((names.get(item.person_id or 0, "?"), item.topic, item.late) for item in items)


def test_an_audit_reminds_at_lead_time_on_the_day_and_after_and_then_goes_to_the_officers(
    house: House, settings: Settings
) -> None:
    with clock.held_at(at(DUE - timedelta(days=60))):
        an_audit(house, DUE, lead_days=30)
    expected = {
        -31: [], -30: [("ada", "audit", False)], -29: [], -1: [], 0: [("ada", "audit", False)], 6: [],
        7: [("ada", "audit", False), ("olivia", "escalation", False)], 8: [], 13: [],
        14: [("olivia", "escalation", False)], 20: [], 21: [("olivia", "escalation", False)],
    }  # fmt: skip
    for offset, told_then in expected.items():
        assert who(house, on(house, settings, DUE + timedelta(days=offset), times=3)) == told_then, offset


def test_after_three_days_off_a_reminder_comes_once_and_says_that_it_is_late(
    house: House, settings: Settings
) -> None:
    with clock.held_at(at(DUE - timedelta(days=60))):
        reference = an_audit(house, DUE, lead_days=30)
    on(house, settings, DUE - timedelta(days=1))
    (item,) = on(house, settings, DUE + timedelta(days=3), times=3)
    assert (item.late, item.text) == (True, f"Late: this reminder was for {DUE}.")
    assert item.subject.startswith(f"The audit you lead was due on {DUE}") and reference in item.subject
    assert on(house, settings, DUE + timedelta(days=4)) == []


def test_a_month_off_makes_one_reminder_each_and_not_a_heap(house: House, settings: Settings) -> None:
    with clock.held_at(at(DUE - timedelta(days=60))):
        an_audit(house, DUE, lead_days=30)
    after = on(house, settings, DUE + timedelta(days=40))
    assert who(house, after) == [("ada", "audit", True), ("olivia", "escalation", True)]


def test_what_is_recorded_within_its_lead_time_is_not_late(house: House, settings: Settings) -> None:
    with clock.held_at(at(DUE - timedelta(days=5))):
        an_audit(house, DUE, lead_days=30)
    assert who(house, on(house, settings, DUE - timedelta(days=5))) == [("ada", "audit", False)]


def test_an_audit_that_nobody_leads_is_for_the_officers_and_whoever_is_assigned_is_told(
    house: House, settings: Settings
) -> None:
    with clock.held_at(at(DUE - timedelta(days=30))):
        reference = an_audit(house, DUE, leader=None)
    assert who(house, on(house, settings, DUE - timedelta(days=30))) == [("olivia", "escalation", False)]
    with clock.held_at(at(DUE - timedelta(days=20))), house.acting("olivia") as session:
        item = records.get(session, Audit, reference)
        audits.assign(session, item, Assign(lead_auditor_id=house.id_of("ada"), version=item.version))
    assert [item.topic for item in told(house, "ada")] == ["assigned"]


def test_who_takes_part_in_an_audit_is_told(house: House) -> None:
    reference = an_audit(house, DUE)
    with house.acting("olivia") as session:
        item = records.get(session, Audit, reference)
        data = AddMember(person_id=house.id_of("owen"), role=MemberRole.AUDITEE, version=item.version)
        team.add_member(session, item, data)
    assert [item.subject.partition(",")[0] for item in told(house, "owen")] == ["You take part in an audit"]


def test_a_missed_audit_goes_up_at_once_and_on_being_held_falls_silent(
    house: House, settings: Settings
) -> None:
    with clock.held_at(at(DUE - timedelta(days=30))):
        an_audit(house, DUE)
    missed = DUE + timedelta(days=91)
    with house.database.transaction(SCHEDULER, source="scheduler") as session:
        materialise(session, at(missed))
    assert "Audit missed" in told(house, "olivia")[-1].subject
    with house.database.transaction(SCHEDULER, source="scheduler") as session:
        for audit in session.query(Audit):
            audit.state = "cancelled"
    assert on(house, settings, missed + timedelta(days=1)) == []


def test_a_corrective_action_reminds_its_owner_and_moves_with_its_date(
    house: House, settings: Settings
) -> None:
    with clock.held_at(at(DUE - timedelta(days=60))):
        finding = a_finding(house)
        action = corrections.opened(house, finding, days=60)
    assert (
        [item.topic for item in told(house, "tess")]
        == ["assigned"]
        == [item.topic for item in told(house, "prue")]
    )
    days = {-8: [], -7: ["tess"], 0: ["tess"], 7: ["olivia", "tess"], 14: ["olivia"]}
    for offset, people in days.items():
        found = on(house, settings, DUE + timedelta(days=offset), times=2)
        assert [name for name, _, _ in who(house, found)] == people, offset
    with clock.held_at(at(DUE + timedelta(days=15))):
        corrections.to_its_plan(house, action)
        corrections.done(house, action)
    assert "see whether" in told(house, "prue")[-1].subject
    assert on(house, settings, DUE + timedelta(days=30)) == []


def test_a_signature_that_is_not_given_is_asked_for_again(house: House, settings: Settings) -> None:
    from tests.systems.build import a_classification, a_system

    with clock.held_at(at(DUE)):
        system = a_system(house)
        a_classification(house, system)
    asked = len([item for item in told(house) if item.topic == "signature"])
    assert asked > 0
    assert on(house, settings, DUE + timedelta(days=2)) == []
    again = on(house, settings, DUE + timedelta(days=3), times=2)
    assert {item.topic for item in again} == {"signature"} and len(again) >= asked
    assert on(house, settings, DUE + timedelta(days=9)) == []
    assert len(on(house, settings, DUE + timedelta(days=10))) == len(again)


@given(
    due=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    lead=st.integers(1, 365),
    after=st.integers(1, 60),
    offset=st.integers(-400, 400),
)
def test_the_latest_step_is_never_ahead_and_never_goes_back(
    due: date, lead: int, after: int, offset: int
) -> None:
    today = due + timedelta(days=offset)
    step = before_and_after(due, lead, after, today)
    following = before_and_after(due, lead, after, today + timedelta(days=1))
    assert (step is None) == (offset < -lead)
    assert step is None or (step.day <= today and following is not None and following.day >= step.day)


@given(
    first=st.dates(date(2020, 1, 1), date(2030, 1, 1)), every=st.integers(1, 60), offset=st.integers(-50, 400)
)
def test_what_comes_again_comes_in_equal_steps(first: date, every: int, offset: int) -> None:
    today = first + timedelta(days=offset)
    step = again_and_again("x", first, every, today)
    if offset < 0:
        assert step is None
    else:
        assert (
            step is not None and (step.day - first).days % every == 0 and 0 <= (today - step.day).days < every
        )
