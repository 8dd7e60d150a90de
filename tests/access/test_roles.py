"""The roles of config/roles.yaml: deny by default, administrators approve nothing, readers change nothing."""

import pytest

from governance import rooms
from governance.access import policy, verbs
from governance.access.policy import PolicyError
from governance.core.records import Record

rooms.open_all()
ACTIONS = policy.policy().value.actions
# What everybody does about themselves: choose their password, say that they read a policy, read the calendar elsewhere.
EVERYBODY = {
    "people.choose_password",
    "policies.acknowledge",
    "audits.subscribe_calendar",
    "audits.revoke_calendar",
    "audits.attest",
    "audits.confirm_reading",
    "notifications.choose",
    "notifications.see",
}


def actions_of(role):
    return {action for action, granted in ACTIONS.items() if role in granted} - EVERYBODY


def test_file_and_verbs_agree():
    policy.validate(frozenset(verbs.verbs()))


def test_a_forgotten_or_invented_verb_stops_the_start():
    known = frozenset(verbs.verbs())
    with pytest.raises(PolicyError, match=r"verb systems\.teleport is missing"):
        policy.validate(known | {"systems.teleport"})
    with pytest.raises(PolicyError, match=r"action systems\.register is no verb"):
        policy.validate(known - {"systems.register"})


def test_an_administrator_manages_people_and_what_is_sent_and_nothing_else():
    people = {f"people.{act}" for act in ("add", "change_roles", "change_line", "leave", "reset_password")}
    webhooks = {f"webhooks.{act}" for act in ("add", "revoke", "test")}
    assert actions_of("administrator") == people | webhooks | {"notifications.send_again"}
    for action in people | webhooks:
        assert ACTIONS[action] == ("administrator",)


def test_readers_change_nothing():
    assert actions_of("viewer") == set()


def test_external_auditors_ask_and_judge_answers_and_nothing_else():
    judging = {f"audit_requests.{act}" for act in ("ask", "accept", "flag", "withdraw")}
    assert actions_of("external_auditor") == judging | {"auditors_room.visit"}


def test_every_relation_is_a_column_of_some_record():
    columns = {name for mapper in Record.__mapper__.self_and_descendants for name in mapper.columns.keys()}  # noqa: SIM118 - no dict
    several = {name for mapper in Record.__mapper__.self_and_descendants for name in dir(mapper.class_)}
    for action, granted in ACTIONS.items():
        for rule in granted:
            if " of " in rule:
                relation, _, noun = rule.partition(" of ")
                assert f"{relation}_id" in columns or f"{relation}_ids" in several, action
                assert noun in ("record", "system"), action


def test_an_unknown_action_and_a_stranger_are_denied():
    assert not policy.may(None, "systems.register")
