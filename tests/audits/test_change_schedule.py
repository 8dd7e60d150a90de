"""Changing how audits recur: the dates ahead change, those past, started or missed never do."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audits import recurrence, service
from governance.audits.models import Audit, AuditSchedule
from governance.audits.schemas import Assign, ChangeSchedule, StartAudit
from governance.core import clock, records
from governance.core.errors import Forbidden, Refused
from tests.audits.test_service import MORNING, TODAY, a_schedule, audits_of, time_passes
from tests.house_fixtures import House
from tests.systems.build import a_system


def on(day: date) -> datetime:
    return MORNING + (day - TODAY)


def change(house: House, schedule: str, day: date, who: str = "olivia", **values: object) -> list[str]:
    """Change a schedule on a day; returns the references of the audits cancelled by it."""
    with clock.held_at(on(day)), house.acting(who) as session:
        item = records.get(session, AuditSchedule, schedule)
        given = {
            "every": 3,
            "unit": "months",
            "starts_on": day,
            "lead_days": 200,
            "reason": "A new programme",
        }
        data = ChangeSchedule.model_validate({**given, **values, "version": item.version})
        return [audit.reference for audit in service.change_schedule(session, item, data)]


def states(house: House, system: str) -> dict[date, str]:
    return {
        audit.due_on: str(audit.state) for audit in sorted(audits_of(house, system), key=lambda it: it.due_on)
    }


@pytest.fixture
def system(house: House) -> str:
    with clock.held_at(MORNING):
        return a_system(house)


@pytest.fixture
def schedule(house: House, system: str) -> str:
    """Every three months from today, appearing 200 days ahead; on 1 March 2027 three are made: past, and two ahead."""
    with clock.held_at(MORNING):
        made = a_schedule(house, system, lead=200)
        time_passes(house.database, MORNING)
    return made


MARCH = date(2027, 3, 1)


def test_dates_ahead_change_and_what_is_past_stays(house: House, system: str, schedule: str) -> None:
    with clock.held_at(on(MARCH)):
        time_passes(house.database, on(MARCH))
    before = states(house, system)
    assert before == {
        date(2026, 11, 20): "missed",
        date(2027, 2, 20): "planned",
        date(2027, 5, 20): "planned",
        date(2027, 8, 20): "planned",
    }
    cancelled = change(house, schedule, MARCH, on="first monday", starts_on=date(2027, 4, 1))
    assert len(cancelled) == 2
    with clock.held_at(on(MARCH)):
        time_passes(house.database, on(MARCH))
    after = states(house, system)
    assert {day: after[day] for day in before} == {
        date(2026, 11, 20): "missed",
        date(2027, 2, 20): "planned",
        date(2027, 5, 20): "cancelled",
        date(2027, 8, 20): "cancelled",
    }
    assert {day for day in after if day not in before} == {date(2027, 4, 5), date(2027, 7, 5)}


def test_an_audit_on_a_day_of_both_rules_stays_and_one_cancelled_by_a_change_comes_back(
    house: House, system: str, schedule: str
) -> None:
    assert len(change(house, schedule, TODAY, every=6, starts_on=date(2027, 5, 20))) == 1
    assert states(house, system) == {
        date(2026, 11, 20): "planned",
        date(2027, 2, 20): "cancelled",
        date(2027, 5, 20): "planned",
    }
    assert change(house, schedule, TODAY, every=3, starts_on=date(2027, 2, 20)) == []
    assert set(states(house, system).values()) == {"planned"}


def test_an_audit_that_was_started_early_is_not_touched(house: House, system: str, schedule: str) -> None:
    with clock.held_at(MORNING):
        early = next(item for item in audits_of(house, system) if item.due_on == date(2027, 2, 20)).reference
        with house.acting("ada") as session:
            audit = records.get(session, Audit, early)
            plan = StartAudit(
                objectives="Early look", scope_text="All of it", method="Interviews",
                impartiality_statement="I had no part in it at all.", version=audit.version,
            )  # fmt: skip
            service.start(session, audit, plan)
    change(house, schedule, TODAY, on="last weekday", starts_on=date(2027, 1, 1))
    assert states(house, system)[date(2027, 2, 20)] == "in_progress"


@pytest.mark.parametrize("who", ["ada", "owen", "victor"])
def test_only_a_compliance_officer_changes_a_schedule(house: House, schedule: str, who: str) -> None:
    with pytest.raises(Forbidden):
        change(house, schedule, TODAY, who=who)


def test_nothing_begins_in_the_past(house: House, schedule: str) -> None:
    with pytest.raises(Refused, match="begins today or later"):
        change(house, schedule, TODAY, starts_on=TODAY - timedelta(days=1))


def test_inv_sch2_due_dates_come_from_the_anchor_and_never_from_completion(
    house: House, system: str, schedule: str
) -> None:
    """An audit held months late moves none of those after it."""
    late = date(2027, 6, 30)
    with clock.held_at(on(late)):
        time_passes(house.database, on(late))
        first = audits_of(house, system)[0]
        with house.acting("olivia") as session:
            audit = records.get(session, Audit, first.reference)
            service.assign(session, audit, Assign(lead_auditor_id=house.id_of("ada"), version=audit.version))
        with house.acting("ada") as session:
            audit = records.get(session, Audit, first.reference)
            plan = StartAudit(
                objectives="Late look", scope_text="All of it", method="Interviews",
                impartiality_statement="I had no part in it at all.", version=audit.version,
            )  # fmt: skip
            service.start(session, audit, plan)
        time_passes(house.database, on(late))
    assert [day for day in states(house, system) if day > late] == [date(2027, 8, 20), date(2027, 11, 20)]


def test_the_page_shows_what_changes_before_anything_does(
    house: House, schedule: str, browser_of: object
) -> None:
    browser = browser_of("olivia")  # type: ignore[operator]
    url = f"/audit-schedules/{schedule}/edit"
    with house.reading() as session:
        version = records.get(session, AuditSchedule, schedule).version
    starts = clock.today() + timedelta(days=40)
    form = {
        "every": "1", "unit": "months", "on": "first monday", "starts_on": starts.isoformat(), "lead_days": "30",
        "grace_days": "14", "reason": "More often", "version": str(version),
    }  # fmt: skip
    shown = browser.post(url, {**form, "preview": "yes"}, page=url)
    assert shown.status_code == 200 and "Every month on the first Monday" in shown.text
    assert "Nothing is saved yet." in shown.text and "<del>" in shown.text
    with house.reading() as session:
        assert records.get(session, AuditSchedule, schedule).version == version
    assert browser.post(url, form, page=url).status_code == 303
    assert "every month on the first Monday" in browser.get(f"/audit-schedules/{schedule}").text
    wrong = browser.post(url, {**form, "on": "blue monday", "preview": "yes"}, page=url)
    assert wrong.status_code == 422 and "Name a day of the month" in wrong.text


DAYS = [
    f"{which} {day}"
    for which in ("first", "second", "third", "fourth", "last")
    for day in ("monday", "friday")
]


@given(
    st.one_of(
        st.tuples(st.integers(1, 100), st.sampled_from(["days", "weeks", "months"]), st.just("")),
        st.tuples(
            st.integers(1, 100), st.just("months"), st.sampled_from([*DAYS, "first weekday", "last day"])
        ),
        st.tuples(st.integers(1, 100), st.just("weeks"), st.sampled_from(["monday", "monday, thursday"])),
        st.tuples(st.integers(1, 10), st.just("years"), st.just("")),
    )
)
def test_the_words_of_a_rule_are_those_it_was_made_of(words: tuple[int, str, str]) -> None:
    assert recurrence.in_words(recurrence.build_rule(*words)) == words
