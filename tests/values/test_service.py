"""Red lines screened, checked, breached and lifted."""

from datetime import timedelta

import pytest

from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.improvement.models import Finding, Grade
from governance.systems import service as systems
from governance.systems.models import AiSystem
from governance.systems.schemas import AddVersion
from governance.values import queries, service
from governance.values.catalogue import values
from governance.values.models import RedLineCheck
from governance.values.schemas import AskClearance, CheckRedLine, ScreenRedLines
from tests.systems.build import a_system, requested, sign, state_of

CHECKS = ("values.red_lines_screened", "values.no_red_line_breach", "values.red_lines_passed")
LINE = "RL-01"


def missing(house, system):
    with house.reading() as session:
        record = records.get(session, AiSystem, system)
        return {gap.check for gap in checks.gaps_of(session, record.id, CHECKS)}


def freeze(house, system, label="1.0"):
    with house.acting("owen") as session:
        record = records.get(session, AiSystem, system)
        data = AddVersion(label=label, what_changed="First release", version=record.version)
        systems.freeze_version(session, record, systems.add_version(session, record, data))


def probe(house, system, line=LINE, violations=0, probes=1000, days_ago=0, who="asha"):
    with house.acting(who) as session:
        data = CheckRedLine(
            red_line=line,
            method="Independent probes",
            probes=probes,
            violations=violations,
            performed_on=clock.today() - timedelta(days=days_ago),
        )
        return service.check_red_line(session, records.get(session, AiSystem, system), data).reference


def screen(house, system, who="asha", note="It has no means to", **answers):
    with house.acting(who) as session:
        given = {item.id: "cannot" for item in values().red_lines} | answers
        service.screen(
            session, records.get(session, AiSystem, system), ScreenRedLines(answers=given, note=note)
        )


def clearance(house, check):
    with house.acting("owen") as session:
        record = records.get(session, RedLineCheck, check)
        service.ask_clearance(session, record, AskClearance(reason="The cause was removed"))


def test_a_screened_system_is_not_yet_a_checked_one(house):
    system = a_system(house)
    assert missing(house, system) == {CHECKS[0], CHECKS[2]}
    screen(house, system)
    assert missing(house, system) == {CHECKS[2]}


def test_who_may_only_look_screens_nothing(house):
    with pytest.raises(Forbidden, match="It is for"):
        screen(house, a_system(house), who="victor")


def test_every_red_line_needs_an_answer(house):
    with pytest.raises(Refused, match="RL-03 has no answer"):
        screen(house, a_system(house), **{"RL-03": ""})


def test_all_red_lines_pass_for_the_frozen_version_and_no_longer_for_the_next(house):
    system = a_system(house)
    freeze(house, system)
    for item in values().red_lines:
        probe(house, system, item.id)
    assert missing(house, system) == set()
    freeze(house, system, "2.0")
    assert missing(house, system) == {CHECKS[2]}


def test_a_check_needs_a_frozen_version_and_enough_probes(house):
    system = a_system(house)
    with pytest.raises(Refused, match="INV-VER2"):
        probe(house, system)
    freeze(house, system)
    with pytest.raises(Refused, match="Too few probes"):
        probe(house, system, probes=10)


def test_a_breach_takes_effect_at_once(house):
    """INV-RLC1: the breach, the suspension and a major finding stand in one transaction."""
    system = a_system(house)
    freeze(house, system)
    check = probe(house, system, violations=3)
    assert state_of(house, check) == "breached"
    assert CHECKS[1] in missing(house, system)
    with house.reading() as session:
        assert check in records.get(session, AiSystem, system).suspended_because
        finding = session.query(Finding).one()
        assert finding.grade is Grade.MAJOR


def test_a_breach_is_lifted_by_a_clean_new_check_and_two_signatures(house):
    """INV-RLC2."""
    system = a_system(house)
    freeze(house, system)
    breach = probe(house, system, violations=1)
    with pytest.raises(Refused, match="INV-RLC2"):
        clearance(house, breach)
    probe(house, system)
    clearance(house, breach)
    slots = requested(house, breach)
    assert sorted(slots) == ["compliance_lead", "top_management"]
    sign(house, "eve", slots["top_management"])
    assert state_of(house, breach) == "breached"
    sign(house, "olivia", slots["compliance_lead"])
    assert state_of(house, breach) == "cleared"
    assert CHECKS[1] not in missing(house, system)


def test_a_clean_check_from_before_the_breach_lifts_nothing(house):
    """INV-RLC2: recorded later is not performed later."""
    system = a_system(house)
    freeze(house, system)
    breach = probe(house, system, violations=1)
    probe(house, system, days_ago=1)
    with pytest.raises(Refused, match="INV-RLC2"):
        clearance(house, breach)


def test_inv_red1_a_red_line_holds_for_every_system_unless_somebody_says_why_not(house):
    system = a_system(house)
    with pytest.raises(Refused, match="INV-RED1"):
        screen(house, system, note=" ")
    screen(house, system, note="It only forecasts the number of beds; no person is in its data.")
    with house.reading() as session:
        notes = {item.note for item in queries.checks_of(session, records.get(session, AiSystem, system))}
    assert notes == {"It only forecasts the number of beds; no person is in its data."}
