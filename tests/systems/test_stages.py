"""The gates lead from inception to retirement, ask only what rooms declare, and keep what may never be waived."""

import pytest
from pydantic import ValidationError

from governance import rooms
from governance.core import checks
from governance.signoffs.catalogue import rules as signoffs
from governance.systems.classification import TIERS
from governance.systems.models import Stage
from governance.systems.stages import Lifecycle, lifecycle, lifecycle_hash

rooms.open_all()
GATES = [f"G{number}" for number in range(8)]


def test_eight_gates_lead_through_the_stages_of_the_register():
    assert [gate.id for gate in lifecycle().gates] == GATES
    assert list(lifecycle().stages) == [stage.value for stage in Stage]
    assert [gate.id for gate in lifecycle().way] == ["G0", "G1", "G2", "G3", "G4"]
    assert [gate.to for gate in lifecycle().way] == [stage.value for stage in Stage][:5]


def test_every_gate_asks_checks_that_a_room_declares():
    declared = {check.id for check in checks.every()}
    assert lifecycle().check_ids <= declared


@pytest.mark.parametrize("gate", GATES)
def test_every_gate_asks_something_and_somebody_signs_who_can(gate):
    found = lifecycle().gate(gate)
    assert found.required or found.blockers
    assert found.signoffs
    assert set(found.signoffs) <= signoffs().slots.keys()


def test_release_needs_an_independent_reviewer_and_the_owner_of_the_risk():
    assert {"independent_reviewer", "risk_owner"} <= set(lifecycle().gate("G3").signoffs)
    assert signoffs().slots["independent_reviewer"].not_owner
    assert signoffs().slots["independent_reviewer"].not_author


@pytest.mark.parametrize("gate", ["G1", "G2", "G3", "G4", "G5"])
def test_a_breached_red_line_blocks_every_gate_onwards(gate):
    assert {"values.no_red_line_breach", "systems.owner", "systems.not_prohibited"} <= set(
        lifecycle().gate(gate).blockers
    )


@pytest.mark.parametrize("gate", ["G3", "G4", "G5"])
def test_an_open_major_finding_blocks_release_and_operation(gate):
    assert "improvement.no_open_major" in lifecycle().gate(gate).blockers


def test_a_waiver_is_short_and_never_covers_blockers_red_lines_classification_or_risk_acceptance():
    waivers = lifecycle().waivers
    assert waivers.max_days <= 90
    never = set(waivers.not_waivable) | {name for gate in lifecycle().gates for name in gate.blockers}
    assert {
        "systems.owner", "systems.classification_approved", "values.red_lines_screened", "values.red_lines_passed",
        "assessments.residual_accepted", "values.no_red_line_breach",
    } <= never  # fmt: skip
    approval = signoffs().policies["waiver"]
    assert approval.slots == ("compliance_lead", "top_management")
    assert approval.not_owner and approval.not_author


def test_a_higher_tier_is_re_evaluated_more_often():
    months = [lifecycle().gate("G5").cadence_months[tier] for tier in TIERS]
    assert months == [3, 6, 12, 24]


def test_retirement_is_reached_from_everywhere_else():
    assert set(lifecycle().gate("G7").origins) == lifecycle().stages.keys() - {"retirement"}


def test_an_unknown_gate_is_a_key_error():
    with pytest.raises(KeyError):
        lifecycle().gate("G9")


def test_decisions_keep_the_hash_of_the_rules():
    assert len(lifecycle_hash()) == 64


def changed(gate, **values):
    data = lifecycle().model_dump()
    data["gates"] = [item | values if item["id"] == gate else item for item in data["gates"]]
    return data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed("G1", to="paradise"), "G1 names the unknown stage paradise"),
        (changed("G2", origins=("inception",)), "G2 must begin where G1 ends, in design_development"),
        (changed("G1", id="G0"), "same id"),
        (changed("G1", required=("systems.owner",)), "as required item and as blocker"),
        (changed("G5", cadence_months={"critical": 1}), "cadence_months names critical"),
        (
            lifecycle().model_dump() | {"waivers": {"max_days": 90, "not_waivable": ("systems.charm",)}},
            "which no gate asks",
        ),
    ],
)
def test_a_life_cycle_that_is_no_way_is_refused(data, says):
    with pytest.raises(ValidationError, match=says):
        Lifecycle.model_validate(data)
