"""Findings keep their grade, name what was not met, and are answered by the auditee; a repeat is graver."""

from datetime import timedelta
from typing import Any

import pytest

from governance.access.duties import of_person
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.improvement import queries, service
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import (
    AcceptFinding,
    CloseFinding,
    DisputeFinding,
    MarkRepeat,
    Regrade,
    Respond,
    RuleOnDispute,
)
from tests.house_fixtures import House
from tests.improvement import build
from tests.systems.build import a_system, state_of


@pytest.fixture
def system(house: House) -> str:
    return a_system(house)


@pytest.fixture
def finding(house: House, system: str) -> str:
    return build.a_finding(house, system)


def on(house: House, who: str, finding: str, do: Any, schema: Any, **values: Any) -> None:
    with house.acting(who) as session:
        item = records.get(session, Finding, finding)
        do(session, item, schema.model_validate({**values, "version": item.version}))


def missing(house: House, check: str) -> set[str]:
    with house.reading() as session:
        return {row[1] for row in session.execute(checks.named(check).missing(clock.today()))}


def test_a_nonconformity_needs_criterion_evidence_and_gap(house: House, system: str) -> None:
    with pytest.raises(Refused, match="criterion"):
        build.a_finding(house, system, gap="")


def test_clauses_and_controls_are_those_of_the_standard(house: House, system: str) -> None:
    reference = build.a_finding(house, system, clauses=[" 8.2 ", "9.2", "8.2"], controls=["a.7.4", "A.6.1.2"])
    with house.reading() as session:
        item = records.get(session, Finding, reference)
        assert item.requirements == ["8.2", "9.2", "A.7.4", "A.6.1.2"]
    for field, wrong in (
        ("clauses", "11.1"),
        ("clauses", "A.7.4"),
        ("clauses", "8.9"),
        ("controls", "A.1.1"),
        ("controls", "8.2"),
    ):
        with pytest.raises(Refused, match="is no") as said:
            build.a_finding(house, system, **{field: [wrong]})
        assert said.value.field == field


def test_a_nonconformity_without_clause_and_control_is_named(house: House, system: str) -> None:
    bare = build.a_finding(house, system)
    build.a_finding(house, system, clauses=["8.2"])
    build.a_finding(house, system, controls=["A.7.4"])
    build.a_finding(house, system, grade=Grade.OBSERVATION)
    assert missing(house, "improvement.requirement_named") == {bare}


def test_inv_aud4_the_auditee_answers_and_changes_nothing_else(house: House, finding: str) -> None:
    for who in ("ada", "olivia", "tess"):
        with pytest.raises(Forbidden):
            on(house, who, finding, service.accept_finding, AcceptFinding, auditee_response="True")
    on(house, "owen", finding, service.accept_finding, AcceptFinding, auditee_response="True")
    on(house, "owen", finding, service.respond, Respond, auditee_response="True, and worse")
    with pytest.raises(Forbidden):
        on(house, "ada", finding, service.respond, Respond, auditee_response="We agree with all of it")
    with pytest.raises(Forbidden):
        on(house, "owen", finding, service.regrade, Regrade, grade=Grade.OBSERVATION, reason="smaller")
    for act in (service.withdraw_finding, service.close_finding):
        with pytest.raises(Forbidden):
            on(house, "owen", finding, act, CloseFinding, reason="It is not so")
    with house.reading() as session:
        assert records.get(session, Finding, finding).auditee_response == "True, and worse"


@pytest.mark.parametrize(("stands", "state"), [(True, "accepted"), (False, "withdrawn")])
def test_a_dispute_waits_for_the_ruling_of_somebody_else(
    house: House, finding: str, stands: bool, state: str
) -> None:
    on(house, "owen", finding, service.dispute, DisputeFinding, auditee_response="The table is older")
    with house.reading() as session:
        assert "Rule on the dispute: No sample sizes" in {
            item.what for item in of_person(session, house.actor("olivia"))
        }
    with pytest.raises(Refused, match="is disputed"):
        build.opened(house, finding)
    for act in (service.withdraw_finding, service.close_finding):
        with pytest.raises(Refused, match="ruling first"):
            on(house, "ada", finding, act, CloseFinding, reason="It is so")
    for who in ("owen", "ada"):
        with pytest.raises(Forbidden):
            on(house, who, finding, service.rule, RuleOnDispute, stands=False, reason="I say so")
    on(
        house,
        "olivia",
        finding,
        service.rule,
        RuleOnDispute,
        stands=stands,
        reason="The table is the present one",
    )
    assert state_of(house, finding) == state
    with house.reading() as session:
        assert records.get(session, Finding, finding).ruling == "The table is the present one"


def test_nobody_rules_on_their_own_dispute(house: House) -> None:
    system = a_system(house, owner_id=house.id_of("olivia"))
    finding = build.a_finding(house, system)
    on(house, "olivia", finding, service.dispute, DisputeFinding, auditee_response="The table is older")
    with pytest.raises(Refused, match="own dispute"):
        on(house, "olivia", finding, service.rule, RuleOnDispute, stands=False, reason="The table is older")


def closed_once(house: House, system: str, **changes: Any) -> str:
    finding = build.a_finding(house, system, controls=["A.7.4"], **changes)
    build.effective(house, build.planned(house, finding))
    build.closed(house, finding)
    return finding


def test_a_repeat_is_graded_higher_and_names_the_earlier_one(house: House, system: str) -> None:
    earlier = closed_once(house, system)
    with pytest.raises(
        Refused, match=f"{earlier} was minor and has come back: its repeat is graded major at least"
    ):
        build.a_finding(house, system, repeat_of=earlier)
    repeat = build.a_finding(house, system, grade=Grade.MAJOR, repeat_of=earlier.lower())
    with pytest.raises(Refused, match="graded major at least"):
        on(house, "ada", repeat, service.regrade, Regrade, grade=Grade.MINOR, reason="not so bad")
    assert missing(house, "improvement.not_repeated") == {repeat}


def test_a_repeat_is_suggested_where_the_same_control_failed_not_long_ago(house: House, system: str) -> None:
    earlier = closed_once(house, system)
    again = build.a_finding(house, system, controls=["A.7.4"], clauses=["8.2"])
    other = build.a_finding(house, system, controls=["A.7.2"])
    elsewhere = build.a_finding(house, a_system(house, "Bed forecast"), controls=["A.7.4"])

    def suggested(reference: str) -> list[str]:
        with house.reading() as session:
            item = records.get(session, Finding, reference)
            return [row.reference for row in queries.suggested_repeats(session, item)]

    assert (suggested(again), suggested(other), suggested(elsewhere)) == ([earlier], [], [])
    with pytest.raises(Refused, match="graded major at least"):
        on(house, "ada", again, service.mark_repeat, MarkRepeat, repeat_of=earlier)
    on(house, "ada", again, service.regrade, Regrade, grade=Grade.MAJOR, reason="it came back")
    on(house, "ada", again, service.mark_repeat, MarkRepeat, repeat_of=earlier)
    assert suggested(again) == []
    with clock.held_at(clock.now() + timedelta(days=800)):
        assert suggested(build.a_finding(house, system, controls=["A.7.4"])) == []


def test_only_what_was_closed_on_this_system_not_long_ago_is_repeated(house: House, system: str) -> None:
    earlier, still_open = closed_once(house, system), build.a_finding(house, system)
    elsewhere = a_system(house, "Bed forecast")
    with pytest.raises(Refused, match="no finding"):
        build.a_finding(house, elsewhere, grade=Grade.MAJOR, repeat_of=earlier)
    with pytest.raises(Refused, match="was not closed within 24 months"):
        build.a_finding(house, system, grade=Grade.MAJOR, repeat_of=still_open)
    with clock.held_at(clock.now() + timedelta(days=800)), pytest.raises(Refused, match="24 months"):
        build.a_finding(house, system, grade=Grade.MAJOR, repeat_of=earlier)


def test_the_clock_of_a_grade_runs_from_the_day_of_issue(house: House, system: str, finding: str) -> None:
    major = build.a_finding(house, system, grade=Grade.MAJOR)

    def left(reference: str) -> int | None:
        with house.reading() as session:
            return records.get(session, Finding, reference).days_left

    assert (left(finding), left(major)) == (180, 90)
    with clock.held_at(clock.now() + timedelta(days=10)):
        on(house, "ada", finding, service.regrade, Regrade, grade=Grade.MAJOR, reason="three more of them")
        assert (left(finding), left(major)) == (80, 80)
        assert missing(house, "improvement.major_within_90_days") == set()
    with clock.held_at(clock.now() + timedelta(days=91)):
        assert left(major) == -1
        assert missing(house, "improvement.major_within_90_days") == {finding, major}
        on(house, "ada", major, service.withdraw_finding, CloseFinding, reason="seen twice")
        assert left(major) is None


def test_what_is_acted_on_is_not_withdrawn_any_more(house: House, finding: str) -> None:
    build.opened(house, finding)
    with pytest.raises(Refused, match="in action"):
        on(house, "ada", finding, service.withdraw_finding, CloseFinding, reason="too much work")


def test_an_observation_is_closed_without_an_action(house: House, system: str) -> None:
    reference = build.a_finding(house, system, grade=Grade.OBSERVATION)
    build.closed(house, reference)
    assert state_of(house, reference) == "closed"


def test_no_code_sets_a_state_that_does_not_follow(house: House, finding: str) -> None:
    action = build.opened(house, finding)
    for reference in (finding, action):
        with pytest.raises(Refused, match="cannot go from"), house.acting("olivia") as session:
            record = records.find(session, reference)
            assert record is not None
            record.state = "issued" if reference == finding else "closed"
