"""An open major finding re-opens the gate that a system passed last, and lets it stand again when it is closed."""

from datetime import timedelta
from typing import Any

import pytest

from governance.core import clock, records
from governance.core.errors import Refused
from governance.improvement import service
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import CloseFinding, Regrade
from governance.systems import lifecycle, material_change
from governance.systems.models import AiSystem, GateState, LifecycleGate
from tests.house_fixtures import House
from tests.improvement import build
from tests.systems.build import a_system


@pytest.fixture
def system(house: House) -> str:
    """In operation, with its gates passed one after the other."""
    reference = a_system(house)
    for days, gate in ((9, "G0"), (8, "G1"), (7, "G2"), (6, "G3"), (5, "G4")):
        with house.acting("olivia") as session:
            record = records.get(session, AiSystem, reference)
            record.state, record.stage = "active", "operation_monitoring"
            passed = LifecycleGate(
                title=gate, state=GateState.PASSED, system=record, gate=gate, rules_hash="0" * 64,
                decided_at=clock.now() - timedelta(days=days),
            )  # fmt: skip
            session.add(passed)
    return reference


def gates(house: House, system: str) -> dict[str, tuple[str, str]]:
    with house.reading() as session:
        record = records.get(session, AiSystem, system)
        return {
            item.gate: (item.state, item.state_reason)
            for item in lifecycle.queries.gates(session, record)
            if item.state != GateState.PASSED
        }


def reassessed(house: House, system: str) -> str:
    with house.reading() as session:
        return records.get(session, AiSystem, system).under_reassessment


def on(house: House, finding: str, do: Any, schema: Any, **values: Any) -> None:
    with house.acting("ada") as session:
        item = records.get(session, Finding, finding)
        do(session, item, schema.model_validate({**values, "version": item.version}))


def test_a_major_reopens_the_last_gate_until_its_effect_is_verified(house: House, system: str) -> None:
    build.a_finding(house, system)
    assert gates(house, system) == {}
    major = build.a_finding(house, system, grade=Grade.MAJOR)
    assert gates(house, system) == {"G4": ("reopened", f"Re-opened by {major}")}
    assert reassessed(house, system) == f"Major finding {major}"
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        assert "G4" not in lifecycle.passed_gates(session, record)
        material_change.settle(session, record)
        assert record.under_reassessment, "an approved assessment does not end what an open major holds"
    build.effective(house, build.planned(house, major))
    assert gates(house, system) != {}, "the action is closed, the finding is not yet"
    build.closed(house, major)
    assert (gates(house, system), reassessed(house, system)) == ({}, "")


def test_one_gate_is_reopened_until_the_last_major_is_over(house: House, system: str) -> None:
    first = build.a_finding(house, system, grade=Grade.MAJOR)
    second = build.a_finding(house, system)
    on(house, second, service.regrade, Regrade, grade=Grade.MAJOR, reason="three more of them")
    assert gates(house, system) == {"G4": ("reopened", f"Re-opened by {first}, {second}")}
    on(house, second, service.withdraw_finding, CloseFinding, reason="a mistake of ours")
    assert gates(house, system) == {"G4": ("reopened", f"Re-opened by {first}")}
    assert reassessed(house, system) == f"Major finding {first}"
    on(house, first, service.regrade, Regrade, grade=Grade.MINOR, reason="a single case")
    assert (gates(house, system), reassessed(house, system)) == ({}, "")


def test_a_reopened_gate_is_not_asked_anew_and_nothing_after_it_but_change_and_retirement(
    house: House, system: str
) -> None:
    major = build.a_finding(house, system, grade=Grade.MAJOR)
    for gate in ("G4", "G5"):
        with pytest.raises(Refused, match=f"re-opened by {major}") as said, house.acting("olivia") as session:
            lifecycle.ask(session, records.get(session, AiSystem, system), gate)
        assert said.value.fix == f"/findings/{major}"
    for gate in ("G6", "G7"):
        with pytest.raises(Refused, match="items are missing"), house.acting("olivia") as session:
            lifecycle.ask(session, records.get(session, AiSystem, system), gate)


def test_a_void_gate_is_asked_anew_anyway_and_no_earlier_one_is_reopened(house: House, system: str) -> None:
    with house.acting("olivia") as session:
        lifecycle.void_gates(
            session, records.get(session, AiSystem, system), ("G4",), "A red line is breached."
        )
    build.a_finding(house, system, grade=Grade.MAJOR)
    assert gates(house, system) == {"G4": ("void", "A red line is breached.")}


def test_the_gates_of_a_retired_system_stay(house: House, system: str) -> None:
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = "retired"
    build.a_finding(house, system, grade=Grade.MAJOR)
    assert gates(house, system) == {}


def test_the_page_of_the_gates_names_what_reopened_one(house: House, system: str, browser_of) -> None:
    major = build.a_finding(house, system, grade=Grade.MAJOR)
    page = browser_of("olivia").get(f"/systems/{system}/gates").text
    assert "is re-opened by" in page and f'href="/findings/{major}"' in page
    assert f"/systems/{system}/gates/G4/ask" not in page
