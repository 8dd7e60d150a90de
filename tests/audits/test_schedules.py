"""Schedules by rule and for the management system, working days, standstills, and intervals that follow the tier."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.access.actor import SCHEDULER
from governance.audits import jobs, queries, service, working_days
from governance.audits.models import AuditSchedule, CatchUp, Shift
from governance.audits.schemas import ScheduleAudits, ScheduleByRule, ScheduleForAims
from governance.core import clock, records
from governance.core.errors import Refused
from governance.improvement import service as improvement
from governance.improvement.models import Finding
from governance.improvement.schemas import CloseFinding, RecordFinding
from governance.systems.models import AiSystem, Tier
from tests.audits.test_service import MORNING, TODAY, audits_of, time_passes
from tests.house_fixtures import House
from tests.systems.build import a_system


def at(days: int) -> datetime:
    return MORNING + timedelta(days=days)


def set_tier(house: House, system: str, tier: Tier, state: str = "active") -> None:
    with house.acting("olivia") as session:
        item = records.get(session, AiSystem, system)
        item.tier, item.state = tier, state


def by_rule(house: House, **values: object) -> str:
    given = {
        "audit_type": "system_internal", "every": 3, "unit": "months", "starts_on": TODAY, "lead_days": 0, "owner_id": house.id_of("olivia"),
    }  # fmt: skip
    with house.acting("olivia") as session:
        data = ScheduleByRule.model_validate({**given, **values})
        return service.schedule_by_rule(session, data).reference


def scope_of(house: House, schedule: str) -> list[list[str]]:
    """The systems in scope of each occurrence, oldest first."""
    with house.reading() as session:
        made = queries.of_schedule(session, records.get(session, AuditSchedule, schedule))
        return [[system.reference for system in audit.systems] for audit in reversed(made)]


def test_a_rule_finds_the_systems_anew_at_each_occurrence(house: House) -> None:
    with clock.held_at(MORNING):
        grave, small, later = a_system(house, "Grave"), a_system(house, "Small"), a_system(house, "Later")
        set_tier(house, grave, Tier.CRITICAL)
        set_tier(house, small, Tier.LOW)
        schedule = by_rule(house, tier_at_least="high")
        time_passes(house.database, MORNING)
        set_tier(house, later, Tier.HIGH)
    with clock.held_at(at(95)):
        time_passes(house.database, at(95))
    assert scope_of(house, schedule) == [[grave], [grave, later]]
    assert [audit.audit_type for audit in audits_of(house, grave)] == ["system_internal"] * 2
    assert audits_of(house, small) == []


def test_a_rule_without_a_part_or_with_an_unknown_one_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="at least one part"):
        by_rule(house, state="")
    with pytest.raises(Refused, match="of the list"):
        by_rule(house, state="retired")


def test_the_management_system_is_audited_without_a_system(house: House) -> None:
    with clock.held_at(MORNING):
        with house.acting("olivia") as session:
            data = ScheduleForAims(
                audit_type="aims_internal", every=12, unit="months", starts_on=TODAY, owner_id=house.id_of("olivia")
            )  # fmt: skip
            schedule = service.schedule_for_aims(session, data).reference
        time_passes(house.database, MORNING)
    assert scope_of(house, schedule) == [[]]
    with pytest.raises(Refused, match="another kind"), house.acting("olivia") as session:
        service.schedule_for_aims(session, data.model_copy(update={"audit_type": "fairness"}))


def weekly(house: House, system: str, **values: object) -> None:
    given = {"audit_type": "fairness", "every": 1, "unit": "weeks", "starts_on": TODAY, "lead_days": 0}
    with house.acting("olivia") as session:
        item = records.get(session, AiSystem, system)
        service.schedule(session, item, ScheduleAudits.model_validate({**given, **values}))


def test_an_occurrence_on_a_holiday_moves_to_a_working_day_and_the_series_does_not(house: House) -> None:
    """INV-SCH2: 25 December and 1 January are Fridays in 2026 and 2027; the next Friday is the rule's again."""
    with clock.held_at(MORNING):
        system = a_system(house)
        weekly(house, system, shift=Shift.NEXT, holidays="DE-BE", starts_on=date(2026, 12, 18))
    with clock.held_at(at(56)):
        time_passes(house.database, at(56))
    due = sorted((audit.occurs_on, audit.due_on) for audit in audits_of(house, system))
    assert due == [
        (date(2026, 12, 18), date(2026, 12, 18)),
        (date(2026, 12, 25), date(2026, 12, 28)),
        (date(2027, 1, 1), date(2027, 1, 4)),
        (date(2027, 1, 8), date(2027, 1, 8)),
        (date(2027, 1, 15), date(2027, 1, 15)),
    ]


def test_holidays_of_nowhere_are_refused(house: House) -> None:
    system = a_system(house)
    with pytest.raises(Refused, match="not known"):
        weekly(house, system, holidays="DE-XX")


@given(
    day=st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    region=st.sampled_from(["", "DE", "DE-BE", "FR", "US", "IL", "JP"]),
)
def test_a_shifted_day_is_a_working_day_and_the_nearest_one(day: date, region: str) -> None:
    after = working_days.shifted(day, Shift.NEXT, region)
    before = working_days.shifted(day, Shift.PREVIOUS, region)
    assert before <= day <= after
    assert not working_days.why_free(after, region) and not working_days.why_free(before, region)
    between = [before + timedelta(days=n) for n in range(1, (after - before).days)]
    assert all(working_days.why_free(other, region) for other in between if other != day)
    assert (before == day) == (after == day) == (not working_days.why_free(day, region))


def test_after_a_standstill_the_latest_stands_for_all_if_wanted(house: House) -> None:
    with clock.held_at(MORNING):
        system = a_system(house)
        weekly(house, system, catch_up=CatchUp.LATEST, grace_days=30, starts_on=TODAY + timedelta(days=1))
    with clock.held_at(at(24)):
        time_passes(house.database, at(24))
        time_passes(house.database, at(24))
    made = sorted(audits_of(house, system), key=lambda audit: audit.due_on)
    assert [audit.state for audit in made] == ["merged", "merged", "merged", "planned"]
    assert made[0].state_reason == f"Merged into the occurrence of {made[-1].due_on}."


def following_the_tier(house: House, system: str, every: int) -> str:
    with house.acting("olivia") as session:
        item = records.get(session, AiSystem, system)
        data = ScheduleAudits(
            audit_type="system_internal", every=every, unit="months", starts_on=TODAY, lead_days=0, by_tier=True
        )  # fmt: skip
        return service.schedule(session, item, data).reference


def retimed(house: House, schedule: str, days: int) -> tuple[str, date]:
    with clock.held_at(at(days)):
        with house.database.transaction(SCHEDULER, source="scheduler") as session:
            jobs.retime(session, at(days))
        with house.reading() as session:
            item = records.get(session, AuditSchedule, schedule)
            return item.rule, item.starts_on


def test_a_rising_tier_shortens_at_once_and_a_falling_one_does_not_lengthen(house: House) -> None:
    with clock.held_at(MORNING):
        system = a_system(house)
        set_tier(house, system, Tier.MODERATE)
        schedule = following_the_tier(house, system, 24)
        time_passes(house.database, MORNING)
    assert retimed(house, schedule, 10) == ("FREQ=MONTHLY;INTERVAL=24", TODAY)
    set_tier(house, system, Tier.CRITICAL)
    # Last due 20 November; every six months from there.
    assert retimed(house, schedule, 30) == ("FREQ=MONTHLY;INTERVAL=6", date(2027, 5, 20))
    set_tier(house, system, Tier.LOW)
    assert retimed(house, schedule, 40) == ("FREQ=MONTHLY;INTERVAL=6", date(2027, 5, 20))


def test_an_open_major_finding_shortens_the_interval(house: House) -> None:
    with clock.held_at(MORNING):
        system = a_system(house)
        set_tier(house, system, Tier.HIGH)
        schedule = following_the_tier(house, system, 12)
        with house.acting("ada") as session:
            item = records.get(session, AiSystem, system)
            data = RecordFinding(
                title="Down", grade="major", criterion="8.1", evidence_statement="Log", gap="All"
            )
            finding = improvement.record_finding(session, item, data).reference
    assert retimed(house, schedule, 1)[0] == "FREQ=MONTHLY;INTERVAL=6"
    with house.acting("ada") as session:
        item = records.get(session, Finding, finding)
        improvement.withdraw_finding(session, item, CloseFinding(reason="wrong log", version=item.version))


def test_long_overdue_on_a_high_tier_is_a_finding_once(house: House) -> None:
    with clock.held_at(MORNING):
        system = a_system(house)
        set_tier(house, system, Tier.HIGH)
        weekly(house, system, every=10, unit="years")
        time_passes(house.database, MORNING)
    for days in (80, 92, 93):
        with (
            clock.held_at(at(days)),
            house.database.transaction(SCHEDULER, source="scheduler") as session,
        ):
            jobs.materialise(session, at(days))
            jobs.overdue_findings(session, at(days))
            found = list(session.query(Finding))
            assert len(found) == (0 if days == 80 else 1)
    assert (found[0].grade, found[0].system_id is not None) == ("minor", True)
