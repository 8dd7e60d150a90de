"""Who is affected stands in the register whether asked or not, and what a tier needs is weighed against it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.consultations import affected, figures, stakeholders
from governance.consultations.models import Consultation
from governance.consultations.participation_models import Stakeholder
from governance.consultations.participation_schemas import Deactivate, EditStakeholder
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.signoffs.catalogue import rules
from governance.systems.models import AiSystem
from governance.systems.stages import lifecycle
from governance.trail import queries as trail
from tests.consultations.build import (
    PATIENTS,
    came,
    identified,
    linked,
    of_tier,
    opened,
    planned,
    sent,
    taken_back,
    told_back,
)
from tests.consultations.test_decisions import asked, open_it
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with clock.held_at(MORNING):
        yield


def gaps(house: House, system: str) -> set[str]:
    names = ("minimum_met", "groups_heard", "stakeholders_confirmed", "in_time")
    with house.reading() as session:
        found = checks.gaps_of(
            session, records.get(session, AiSystem, system).id, [f"consultations.{name}" for name in names]
        )
    return {gap.check.removeprefix("consultations.") for gap in found}


def confirmed(house: House, reference: str) -> None:
    with house.acting("olivia") as session:
        stakeholders.confirm(session, records.get(session, Stakeholder, reference))


def edited(house: House, reference: str, **changes: object) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Stakeholder, reference)
        values = {name: getattr(item, name) for name in EditStakeholder.model_fields if name != "systems"}
        values |= {"systems": [link.system.reference for link in item.systems]}
        stakeholders.edit(session, item, EditStakeholder.model_validate(values | changes))


def held(house: House, system: str, groups: dict[str, int], **changes: object) -> str:
    """A consultation from plan to feedback in which so many of each group took part."""
    reference = planned(house, system, groups=list(groups), **changes)
    with house.reading() as session:
        must_sign = records.get(session, AiSystem, system).tier in ("critical", "high")
    if must_sign:
        sign(house, "olivia", requested(house, asked(house, reference))["compliance_lead"])
    open_it(house, reference)
    for name, number in groups.items():
        came(house, reference, name, number)
    told_back(house, reference)
    return reference


def test_a_group_is_in_the_register_before_anybody_asked_it(house: House) -> None:
    """INV-STK1."""
    system = a_system(house)
    reference = identified(house, "Relatives of patients", system, contact="room E 12", size=3)
    assert "stakeholders_confirmed" in gaps(house, system)
    confirmed(house, reference)
    assert "stakeholders_confirmed" not in gaps(house, system)
    with house.reading() as session:
        found = affected.of_system(session, records.get(session, AiSystem, system))
        assert {group.name: group.cells[found.systems[0].id].state for group in found.groups} == {
            "Relatives of patients": "never",
            PATIENTS: "never",
            "Ward nurses": "never",
        }
        assert set(found.never) == {"Relatives of patients", PATIENTS, "Ward nurses"}
        assert "never" in figures.affected_map(found)
        events = str(trail.history(session, records.get(session, Stakeholder, reference)))
    assert "room E 12" not in events and "fewer than 5" in events, "INV-G11, CON-5"


def test_the_same_group_is_not_entered_twice_and_no_system_is_invented(house: House) -> None:
    first = identified(house, "Relatives")
    with pytest.raises(Refused, match=f"{first} is this group"):
        identified(house, "  relatives ")
    with pytest.raises(Refused, match="no AI system SYS-0099"):
        identified(house, "Others", "SYS-0099")
    with pytest.raises(Refused, match="which AI systems concern"):
        confirmed(house, first)


def test_an_entry_changes_its_systems_and_may_end_and_come_back(house: House) -> None:
    one, two = a_system(house), a_system(house, title="Another")
    reference = identified(house, "Relatives", one)
    edited(house, reference, systems=[two], description="They wait outside")
    confirmed(house, reference)
    assert ("stakeholders_confirmed" in gaps(house, one), "stakeholders_confirmed" in gaps(house, two)) == (
        True,
        False,
    )
    with house.acting("asha") as session:
        item = records.get(session, Stakeholder, reference)
        assert [link.system.reference for link in item.systems] == [two]
        stakeholders.deactivate(session, item, Deactivate(reason="The ward was closed", version=item.version))
    assert "stakeholders_confirmed" in gaps(house, two)
    confirmed(house, reference)
    assert "stakeholders_confirmed" not in gaps(house, two)


@pytest.mark.parametrize("who", ["victor", "ada", "max", "xena"])
def test_who_only_looks_identifies_nobody(house: House, who: str) -> None:
    reference = identified(house, "Relatives", a_system(house))
    with pytest.raises(Forbidden), house.acting(who) as session:
        stakeholders.confirm(session, records.get(session, Stakeholder, reference))


def test_a_critical_system_hears_every_group_affected_directly_and_an_advocate(house: House) -> None:
    """INV-CON2: level and groups of the tier."""
    system = of_tier(house, "critical")
    identified(house, PATIENTS, system)
    identified(house, "Ward nurses", system)
    identified(house, "Neighbours", system, relation="indirectly_affected")
    ombuds = {"party": "independent_advocate", "relation": "speaks_for_others"}
    identified(house, "Ombudsperson", system, **ombuds)
    held(house, system, {PATIENTS: 12, "Ombudsperson": 1})
    assert {"minimum_met", "groups_heard"} <= gaps(house, system), "nobody heard the nurses"
    held(house, system, {" ward NURSES ": 7}, level=2)
    assert gaps(house, system) & {"minimum_met", "groups_heard"} == {"minimum_met"}, "level 2 is too little"
    held(house, system, {"Ward nurses": 7})
    assert not gaps(house, system) & {"minimum_met", "groups_heard"}


def test_without_an_advocate_a_critical_system_has_not_heard_enough(house: House) -> None:
    """INV-CON2."""
    system = of_tier(house, "critical")
    identified(house, PATIENTS, system)
    held(house, system, {PATIENTS: 12})
    assert "minimum_met" in gaps(house, system)


def test_too_little_passes_a_gate_only_with_a_signed_waiver() -> None:
    """INV-CON2: the level of the tier, or a waiver that is signed and ends."""
    assert "consultations.minimum_met" in lifecycle().gate("G3").required
    for tier in ("critical", "high", "moderate", "low"):
        assert not lifecycle().waivers.forbids("consultations.minimum_met", tier)
    assert rules().policies["waiver"].slots == ("compliance_lead", "top_management")


def test_a_high_system_needs_no_advocate_and_hears_again_after_two_years(house: House) -> None:
    """INV-CON2: every 24 months."""
    system = of_tier(house, "high")
    identified(house, PATIENTS, system)
    reference = held(house, system, {PATIENTS: 12}, level=2)
    with house.reading() as session:
        last = records.get(session, Consultation, reference).ends_on
    assert not gaps(house, system) & {"minimum_met", "groups_heard"}
    for day, lacking in ((date(2028, 12, 14), set()), (date(2028, 12, 15), {"minimum_met", "groups_heard"})):
        assert last == date(2026, 12, 14)
        with clock.held_at(datetime(day.year, day.month, day.day, 8, tzinfo=UTC)):
            assert gaps(house, system) & {"minimum_met", "groups_heard"} == lacking


def test_a_consultation_in_which_nobody_took_part_counts_for_nothing(house: House) -> None:
    system = a_system(house)
    reference = opened(house, system)
    told_back(house, reference)
    assert "minimum_met" in gaps(house, system)
    with house.reading() as session:
        rows = session.execute(checks.named("consultations.somebody_came").missing(clock.today())).all()
        assert [row.reference for row in rows] == [reference]


def test_an_answer_by_a_link_counts_as_taking_part(house: House) -> None:
    system = a_system(house)
    reference = opened(house, system)
    code = sent(house, linked(house, reference))
    taken_back(house, code)
    told_back(house, reference)
    assert "minimum_met" not in gaps(house, system)
    with house.reading() as session:
        rows = session.execute(checks.named("consultations.somebody_came").missing(clock.today())).all()
        assert rows == []


def test_asked_after_the_decision_it_is_flagged_late_and_counts_for_no_gate(house: House) -> None:
    """CON-7: the stage that the gate leads to was reached before it was opened."""
    system = a_system(house)
    late = held(house, system, {PATIENTS: 12}, informs_gate="G0")
    with house.reading() as session:
        item = records.get(session, Consultation, late)
        assert "which G0" in item.late_because and item.opened_on == date(2026, 11, 20)
    assert {"minimum_met", "in_time"} <= gaps(house, system)
    again = held(house, system, {PATIENTS: 12})
    with house.reading() as session:
        item = records.get(session, Consultation, again)
        assert (item.informs_gate, item.late_because) == ("G3", "")
    assert not gaps(house, system) & {"minimum_met", "in_time"}


def test_a_consultation_in_time_informs_the_release(house: House) -> None:
    """CON-7."""
    system = a_system(house)
    reference = held(house, system, {PATIENTS: 12})
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        assert (item.informs_gate, item.late_because) == ("G3", "")
    assert not gaps(house, system) & {"minimum_met", "in_time"}


def test_the_map_says_heard_planned_long_ago_or_never(house: House) -> None:
    system = a_system(house)
    identified(house, PATIENTS, system, size=800)
    identified(house, "Ward nurses", system)

    def states() -> dict[str, str]:
        with house.reading() as session:
            found = affected.of_system(session, records.get(session, AiSystem, system))
            return {group.name: group.cells[found.systems[0].id].state for group in found.groups}

    reference = opened(house, system)
    assert states() == {PATIENTS: "planned", "Ward nurses": "never"}
    came(house, reference)
    told_back(house, reference)
    assert states() == {PATIENTS: "heard", "Ward nurses": "never"}
    with clock.held_at(MORNING + timedelta(days=3 * 366 + 30)):
        assert states() == {PATIENTS: "long ago", "Ward nurses": "never"}
    with house.reading() as session:
        found = affected.representativeness(session, records.get(session, Consultation, reference))
        share = found.shares[0]
        assert (share.size, share.of_invited, share.of_size) == (800, "30 %", "2 %")
        assert found.missing == ("Ward nurses",)
