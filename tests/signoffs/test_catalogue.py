"""Every slot can be filled by somebody, every policy has a meaning, and duties stay separate (SD-1 to SD-6)."""

import pytest
from pydantic import ValidationError

from governance import rooms
from governance.access.policy import policy
from governance.core.records import Record
from governance.signoffs.catalogue import SignOffRules, rules

rooms.open_all()


def test_every_slot_is_for_roles_and_relations_that_exist():
    # A relation is a column, or a property that leads to one, such as the steward of an interpretation's value.
    known = {name for mapper in Record.__mapper__.self_and_descendants for name in dir(mapper.class_)}
    for name, slot in rules().slots.items():
        assert set(slot.roles) <= policy().value.roles.keys(), name
        assert {f"{relation}_id" for relation in slot.relations} <= known, name


def test_an_administrator_fills_no_slot():
    assert not [name for name, slot in rules().slots.items() if "administrator" in slot.roles]


@pytest.mark.parametrize(
    "name",
    [
        "classification",
        "waiver",
        "risk_assessment",
        "consultation_close",
        "red_line_clearance",
        "risk_acceptance_high",
    ],
)
def test_who_wrote_it_does_not_approve_it(name):
    assert rules().policies[name].not_author


@pytest.mark.parametrize("name", ["waiver", "red_line_clearance"])
def test_exceptions_need_compliance_and_top_management_and_never_the_owner(name):
    found = rules().policies[name]
    assert set(found.slots) == {"compliance_lead", "top_management"}
    assert found.not_owner


def test_every_statement_says_i_and_names_its_subject():
    for name, meaning in rules().meanings.items():
        said = meaning.statement.format(subject="RSK-0007", version=3)
        assert said.startswith("I ") and "RSK-0007" in said, name


def changed(**values):
    return rules().model_dump() | values


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed(policies={"x": {"slots": ["nobody"], "meaning": "approved"}}), "unknown slot nobody"),
        (
            changed(policies={"x": {"slots": ["verifier", "verifier"], "meaning": "approved"}}),
            "names a slot twice",
        ),
        (changed(policies={"x": {"slots": ["verifier"], "meaning": "blessed"}}), "unknown meaning blessed"),
        (
            changed(slots=rules().model_dump()["slots"] | {"ghost": {}}),
            "ghost has neither roles nor relations",
        ),
        (
            changed(meanings=rules().model_dump()["meanings"] | {"approved": {"statement": "I {verb} it"}}),
            "only .subject. and",
        ),
    ],
)
def test_rules_under_which_nobody_could_sign_are_refused(data, says):
    with pytest.raises(ValidationError, match=says):
        SignOffRules.model_validate(data)
