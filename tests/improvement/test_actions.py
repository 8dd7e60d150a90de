"""A corrective action goes step by step: contained, cause agreed, planned, carried out with evidence, its effect judged by another."""

from datetime import timedelta

import pytest

from governance.access.duties import of_person
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.improvement import actions
from governance.improvement.models import CorrectiveAction, Grade
from governance.improvement.schemas import ExtendAction, ImplementAction, PlanAction, ProposeCause, Reassign
from governance.signoffs import service as signoffs
from governance.signoffs.models import SignOff
from governance.signoffs.schemas import Reject
from tests.cast import PASSWORD
from tests.house_fixtures import House
from tests.improvement import build
from tests.systems.build import a_system, requested, sign, state_of


@pytest.fixture
def finding(house: House) -> str:
    return build.a_finding(house, a_system(house))


def missing(house: House, check: str) -> set[str]:
    with house.reading() as session:
        return {row[1] for row in session.execute(checks.named(check).missing(clock.today()))}


def waiting(house: House, who: str) -> set[str]:
    with house.reading() as session:
        return {item.what for item in of_person(session, house.actor(who))}


def refuse(house: House, who: str, reference: str) -> None:
    with house.acting(who) as session:
        item = records.get(session, SignOff, reference)
        signoffs.reject(
            session, item, Reject.model_validate({"reason": "It does not hold", "password": PASSWORD})
        )


def test_each_step_waits_for_the_right_person(house: House, finding: str) -> None:
    action = build.opened(house, finding)
    assert "Contain: New template" in waiting(house, "tess")
    build.contained(house, action)
    assert "Find the cause of: New template" in waiting(house, "tess")
    build.explained(house, action)
    assert state_of(house, action) == "contained"
    build.agreed(house, action, "ada")
    assert "Plan what removes the cause of: New template" in waiting(house, "tess")
    build.act(house, "tess", action, actions.plan_action, PlanAction, **build.PLAN)
    build.agreed(house, action)
    assert "Carry out: New template" in waiting(house, "tess")
    build.done(house, action)
    since = clock.today() + timedelta(days=30)
    assert f"From {since} on, verify the effect of: New template" in waiting(house, "prue")
    with clock.held_at(clock.now() + timedelta(days=30)):
        build.judged(house, action)
        assert state_of(house, action) == "effectiveness_check"
        sign(house, "prue", requested(house, action)["verifier"])
    assert state_of(house, action) == "closed"
    build.closed(house, finding)


def test_no_step_is_skipped_and_the_refusal_says_which_comes_first(house: House, finding: str) -> None:
    action = build.opened(house, finding)
    with pytest.raises(Refused, match="this is for one that is contained or reopened"):
        build.explained(house, action)
    build.contained(house, action)
    with pytest.raises(Refused, match="this is for one that is cause agreed"):
        build.act(house, "tess", action, actions.plan_action, PlanAction, **build.PLAN)
    build.explained(house, action)
    with pytest.raises(Refused, match="this is for one that is cause agreed"):
        build.act(house, "tess", action, actions.plan_action, PlanAction, **build.PLAN)
    with pytest.raises(Refused, match="this is for one that is planned"):
        build.done(house, action)
    with pytest.raises(Refused, match="this is for one that is implemented"):
        build.judged(house, action)


def test_it_is_carried_out_only_with_evidence_and_after_its_plan(house: House, finding: str) -> None:
    action = build.planned(house, finding)

    def implement(days_ago: int = 0, who: str = "tess") -> None:
        day = clock.today() - timedelta(days=days_ago)
        build.act(house, who, action, actions.implement, ImplementAction, done_on=day, done_note="In use")

    with pytest.raises(Refused, match="evidence first") as said:
        implement()
    assert said.value.fix == f"/evidence/new?for={action}"
    build.proven(house, action)
    with pytest.raises(Refused, match="plan was approved"):
        implement(days_ago=1)
    with pytest.raises(Refused, match="future"):
        implement(days_ago=-1)
    for who in ("prue", "olivia", "asha"):
        with pytest.raises(Forbidden):
            implement(who=who)
    implement()
    assert missing(house, "improvement.done_with_evidence") == set()


def test_inv_cor1_the_verifier_is_independent(house: House, finding: str) -> None:
    for owner, verifier in (("tess", "tess"), ("prue", "owen"), ("prue", "tess")):
        with pytest.raises(Refused, match="INV-COR1"):
            build.opened(house, finding, owner=owner, verifier=verifier)
    action = build.planned(house, finding)

    def name(owner: str, verifier: str, who: str = "olivia") -> None:
        people = {"owner_id": house.id_of(owner), "verifier_id": house.id_of(verifier), "reason": "On leave"}
        build.act(house, who, action, actions.reassign, Reassign, **people)

    with pytest.raises(Forbidden):
        name("tess", "asha", who="owen")
    with pytest.raises(Refused, match="INV-COR1"):
        name("prue", "prue")
    name("asha", "prue")
    build.done(house, action, "asha")
    with pytest.raises(Refused, match="INV-COR1"):
        name("tess", "asha")
    name("asha", "eve")
    with clock.held_at(clock.now() + timedelta(days=31)):
        with pytest.raises(Forbidden):
            build.judged(house, action, "asha")
        build.judged(house, action, "eve")


def test_the_effect_is_judged_when_its_days_have_passed_and_not_before(house: House, finding: str) -> None:
    action = build.planned(house, finding)
    build.done(house, action)
    with pytest.raises(Refused, match=f"from {clock.today() + timedelta(days=30)} on"):
        build.judged(house, action)
    with clock.held_at(clock.now() + timedelta(days=29)), pytest.raises(Refused, match="not before"):
        build.judged(house, action)
    with clock.held_at(clock.now() + timedelta(days=181)):
        assert missing(house, "improvement.effect_checked_in_time") == {action}
        build.judged(house, action)
        assert missing(house, "improvement.effect_checked_in_time") == set()


@pytest.mark.parametrize("by_signature", [False, True])
def test_without_effect_it_goes_back_to_the_cause(house: House, finding: str, by_signature: bool) -> None:
    action = build.planned(house, finding)
    build.done(house, action)
    with clock.held_at(clock.now() + timedelta(days=31)):
        build.judged(house, action, effective=by_signature)
        if by_signature:
            refuse(house, "prue", requested(house, action)["verifier"])
        assert state_of(house, action) == "reopened"
        assert "Find the cause anew of: New template" in waiting(house, "tess")
        with pytest.raises(Refused, match="planned"):
            build.done(house, action)
        with pytest.raises(Refused, match="cause agreed"):
            build.act(house, "tess", action, actions.plan_action, PlanAction, **build.PLAN)
        build.explained(house, action, root_cause="The plan is kept by nobody since the reorganisation")
        build.agreed(house, action)
        build.act(house, "tess", action, actions.plan_action, PlanAction, **build.PLAN)
        build.agreed(house, action)
    with clock.held_at(clock.now() + timedelta(days=32)):
        today = clock.today()
        with pytest.raises(Refused, match="evidence first"):
            build.act(
                house, "tess", action, actions.implement, ImplementAction, done_on=today, done_note="Again"
            )
        build.effective(house, action)
    with house.reading() as session:
        item = records.get(session, CorrectiveAction, action)
        assert (item.state, item.times_reopened) == ("closed", 1)


def test_a_cause_that_only_blames_is_none(house: House, finding: str) -> None:
    action = build.opened(house, finding)
    build.contained(house, action)
    for wrong in ("Human error", "The procedure was not followed", "Carelessness!"):
        with pytest.raises(Refused, match="never the last why"):
            build.explained(house, action, root_cause=wrong)
        with pytest.raises(Refused, match="never the last why"):
            build.explained(house, action, whys=f"The report was wrong\n{wrong}\n")
    with pytest.raises(Refused, match="of the list"):
        build.explained(house, action, cause_class="bad luck")
    with pytest.raises(ValueError, match="similar_cases"):
        ProposeCause.model_validate({**build.CAUSE, "similar_cases": "", "version": 1})
    build.explained(house, action, root_cause="The procedure was not followed because its page is in no menu")


def test_who_proposes_or_carries_out_does_not_agree(house: House, finding: str) -> None:
    action = build.opened(house, finding, owner="ada")
    build.contained(house, action, "ada")
    build.explained(house, action, "owen")
    with pytest.raises(Refused, match="SD-1"):
        build.agreed(house, action, "ada")
    build.agreed(house, action, "olivia")


def test_a_refused_cause_is_analysed_again(house: House, finding: str) -> None:
    action = build.opened(house, finding)
    build.contained(house, action)
    build.explained(house, action)
    refuse(house, "olivia", requested(house, action)["action_reviewer"])
    assert state_of(house, action) == "contained"
    build.explained(house, action)
    build.agreed(house, action)


def test_inv_cor2_a_date_moves_twice_by_signature_and_the_first_is_kept(house: House, finding: str) -> None:
    action = build.opened(house, finding)
    first = clock.today() + timedelta(days=30)

    def ask(days: int) -> None:
        day = first + timedelta(days=days)
        build.act(
            house, "tess", action, actions.ask_extension, ExtendAction, due_on=day, reason="supplier late"
        )

    def due() -> int:
        with house.reading() as session:
            item = records.get(session, CorrectiveAction, action)
            assert item.original_due_on == first
            return (item.due_on - first).days

    with pytest.raises(Refused, match="not later"):
        ask(0)
    ask(10)
    assert due() == 0
    refuse(house, "olivia", requested(house, action)["action_reviewer"])
    assert due() == 0
    for days in (10, 20):
        ask(days)
        sign(house, "olivia", requested(house, action)["action_reviewer"])
        assert due() == days
    with pytest.raises(Refused, match="INV-COR2"):
        ask(30)
    with house.reading() as session:
        item = records.get(session, CorrectiveAction, action)
        assert [row["reason"] for row in item.extensions_asked] == ["supplier late", "supplier late"]


def test_signed_steps_stand_while_the_action_goes_on(house: House, finding: str) -> None:
    """Each signature binds its own step, so that the next step does not make it stale."""
    action = build.planned(house, finding)
    build.act(
        house, "tess", action, actions.ask_extension, ExtendAction,
        due_on=clock.today() + timedelta(days=50), reason="supplier late",
    )  # fmt: skip
    sign(house, "olivia", requested(house, action)["action_reviewer"])
    build.effective(house, action)
    from governance.signoffs import queries

    with house.reading() as session:
        found = queries.of_record(session, records.get(session, CorrectiveAction, action))
        assert [item.state for item in found] == ["signed"] * 4 and all(queries.holds(item) for item in found)


def test_what_is_not_contained_in_the_days_of_its_grade_is_named(house: House) -> None:
    system = a_system(house)
    minor = build.opened(house, build.a_finding(house, system))
    major = build.opened(house, build.a_finding(house, system, grade=Grade.MAJOR))
    for days, expected in ((5, set()), (6, {major}), (16, {major, minor})):
        with clock.held_at(clock.now() + timedelta(days=days)):
            assert missing(house, "improvement.contained_in_time") == expected
    build.contained(house, major)
    with clock.held_at(clock.now() + timedelta(days=6)):
        assert missing(house, "improvement.contained_in_time") == set()


def test_the_pages_lead_from_step_to_step(house: House, finding: str, browser_of) -> None:
    owner, officer, verifier = browser_of("owen"), browser_of("olivia"), browser_of("prue")
    opened = {
        "title": "New template", "owner_id": str(house.id_of("tess")), "verifier_id": str(house.id_of("prue")), "due_on": "2099-01-01",
    }  # fmt: skip
    url = f"/findings/{finding}/action"
    assert owner.post(url, opened, page=url).headers["Location"] == "/corrective-actions/CAR-0001"
    page = owner.get("/corrective-actions/CAR-0001").text
    assert "To be contained by" in page and "/corrective-actions/CAR-0001/contain" in page
    build.contained(house, "CAR-0001")
    tess = browser_of("tess")
    url = "/corrective-actions/CAR-0001/cause"
    assert "Supplier" in tess.get(url).text
    with house.reading() as session:
        version = records.get(session, CorrectiveAction, "CAR-0001").version
    assert tess.post(url, {**build.CAUSE, "version": str(version)}, page=url).status_code == 303
    assert "waits for a signature" in tess.get("/corrective-actions/CAR-0001").text
    assert "Whys" in officer.get("/corrective-actions/CAR-0001").text
    listed = officer.get("/findings").text
    assert "Days left" in listed and ">180<" in listed
    assert "To be contained" not in verifier.get("/corrective-actions/CAR-0001").text
