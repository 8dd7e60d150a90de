"""Whatever anybody tries, in whatever order and on whatever day: a corrective action closes only by its steps."""

import contextlib
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from governance.core import clock, records
from governance.core.database import Database
from governance.core.errors import DomainError
from governance.improvement import actions, service
from governance.improvement.models import ACTION_MOVES, CorrectiveAction, Finding, Grade
from governance.improvement.schemas import (
    Contain,
    ExtendAction,
    ImplementAction,
    JudgeEffect,
    PlanAction,
    ProposeCause,
    Reassign,
    Regrade,
)
from governance.signoffs import service as signoffs
from governance.signoffs.models import SignOff
from governance.signoffs.schemas import Reject
from tests.cast import PASSWORD
from tests.house_fixtures import House
from tests.improvement import build
from tests.systems.build import a_system, sign

NAMES = ("tess", "owen", "prue", "olivia", "ada", "eve")
PEOPLE = st.sampled_from(NAMES)
ALL = ("contain", "cause", "plan", "extend", "evidence", "implement", "judge", "reassign", "regrade", "close")


class Registry(RuleBasedStateMachine):
    """One finding and its action, people who try things, and days that pass."""

    house: House
    ids: dict[str, int]

    @initialize(grade=st.sampled_from([Grade.MAJOR, Grade.MINOR]))
    def begin(self, grade: Grade) -> None:
        self.now = clock.now()
        self.finding = build.a_finding(self.house, a_system(self.house), grade=grade)
        self.action = build.opened(self.house, self.finding)
        self.before = self._facts()
        self.first_due = self.before["original_due_on"]

    def _facts(self) -> dict[str, Any]:
        with self.house.reading() as session:
            item = records.get(session, CorrectiveAction, self.action)
            names = ("state", "owner_id", "verifier_id", "done_by_id", "done_on", "check_from", "verified_on", "planned_on",
                     "cause_agreed_on", "extensions", "due_on", "original_due_on", "root_cause", "contained_on")  # fmt: skip
            waiting = select(SignOff.reference).where(
                SignOff.subject_id == item.id, SignOff.state == "requested"
            )
            return {
                **{name: getattr(item, name) for name in names},
                "finding": item.finding.state,
                "waiting": list(session.scalars(waiting)),
            }

    def _attempt(self, do: Any) -> None:
        with clock.held_at(self.now), contextlib.suppress(DomainError):
            do()

    @rule(days=st.sampled_from([1, 14, 30]))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(who=PEOPLE, what=st.sampled_from(ALL), other=PEOPLE, days=st.integers(-3, 40), yes=st.booleans())
    def somebody_tries(self, who: str, what: str, other: str, days: int, yes: bool) -> None:
        def on(do: Any, schema: Any, **values: Any) -> None:
            build.act(self.house, who, self.action, do, schema, **values)

        def regrade() -> None:
            with self.house.acting(who) as session:
                item = records.get(session, Finding, self.finding)
                data = Regrade(grade=Grade.OBSERVATION, reason="smaller", version=item.version)
                service.regrade(session, item, data)

        day: date = self.now.date() + timedelta(days=days)
        people = {"owner_id": self.ids[other], "verifier_id": self.ids[who], "reason": "On leave"}
        self._attempt(
            {
                "contain": lambda: on(
                    actions.contain, Contain, correction="Put right", containment="Stopped", contained_on=day
                ),
                "cause": lambda: on(actions.propose_cause, ProposeCause, **build.CAUSE),
                "plan": lambda: on(actions.plan_action, PlanAction, **build.PLAN),
                "extend": lambda: on(actions.ask_extension, ExtendAction, due_on=day, reason="supplier late"),
                "evidence": lambda: build.proven(self.house, self.action, who),
                "implement": lambda: on(actions.implement, ImplementAction, done_on=day, done_note="In use"),
                "judge": lambda: on(
                    actions.judge_effect, JudgeEffect, effective=yes, effectiveness_note="Seen"
                ),
                "reassign": lambda: on(actions.reassign, Reassign, **people),
                "regrade": regrade,
                "close": lambda: build.closed(self.house, self.finding, who),
            }[what]
        )

    @rule(who=PEOPLE, yes=st.booleans())
    def somebody_signs(self, who: str, yes: bool) -> None:
        def decide(reference: str) -> None:
            if yes:
                sign(self.house, who, reference)
                return
            with self.house.acting(who) as session:
                data = Reject.model_validate({"reason": "It does not hold", "password": PASSWORD})
                signoffs.reject(session, records.get(session, SignOff, reference), data)

        for reference in self.before["waiting"]:
            self._attempt(lambda reference=reference: decide(reference))

    @precondition(lambda self: self.before["state"] != "closed")
    @rule()
    def the_right_one_takes_the_next_step(self) -> None:
        """So that a run gets further than chance alone would take it."""
        state, waiting = self.before["state"], self.before["waiting"]
        with self.house.reading() as session:
            item = records.get(session, CorrectiveAction, self.action)
            owner, verifier = (self._name(person) for person in (item.owner_id, item.verifier_id))
        steps = {
            "open": lambda: build.contained(self.house, self.action, owner),
            "contained": lambda: build.explained(self.house, self.action, owner),
            "reopened": lambda: build.explained(self.house, self.action, owner),
            "cause_agreed": lambda: build.act(
                self.house, owner, self.action, actions.plan_action, PlanAction, **build.PLAN
            ),
            "planned": lambda: build.done(self.house, self.action, owner),
            "implemented": lambda: build.judged(self.house, self.action, verifier),
        }
        if waiting:
            for who in ("olivia", "ada", verifier):
                for reference in waiting:
                    self._attempt(lambda who=who, reference=reference: sign(self.house, who, reference))
        elif state in steps:
            self._attempt(steps[state])

    def _name(self, person: int | None) -> str:
        return next(who for who, number in self.ids.items() if number == person)

    @invariant()
    def what_is_reached_was_reached_by_its_steps(self) -> None:
        if not hasattr(self, "before"):
            return
        old, new = self.before, self._facts()
        self.before = new
        state = new["state"]
        # Within one attempt several may sign, so a state follows by one move or by two.
        near = ACTION_MOVES.get(old["state"], set())
        further = {later for step in near for later in ACTION_MOVES.get(step, set())}
        assert state == old["state"] or state in near | further
        assert new["original_due_on"] == self.first_due and new["extensions"] <= 2, "INV-COR2"
        assert new["due_on"] == self.first_due or new["extensions"] > 0
        assert new["verifier_id"] != new["owner_id"], "INV-COR1"
        if state != "open":
            assert new["contained_on"] is not None
        if state in ("cause_agreed", "planned", "implemented", "effectiveness_check", "closed"):
            assert new["cause_agreed_on"] is not None and new["root_cause"]
        if state in ("planned", "implemented", "effectiveness_check", "closed"):
            assert new["planned_on"] is not None
        if state in ("implemented", "effectiveness_check", "closed"):
            assert new["done_on"] >= new["planned_on"] and new["done_by_id"] != new["verifier_id"]
        if state in ("effectiveness_check", "closed"):
            assert new["verified_on"] >= new["check_from"] >= new["done_on"] + timedelta(days=14)
        assert new["finding"] != "closed" or state == "closed"


def test_there_is_no_way_round_the_steps(sqlite_url: str) -> None:
    """INV-COR1, INV-COR2, INV-FIN1, 10.2."""
    database = Database(sqlite_url)
    Registry.house = House(database)
    Registry.ids = {who: Registry.house.id_of(who) for who in NAMES}
    unhurried = settings(max_examples=12, stateful_step_count=35, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Registry, settings=unhurried)
    database.dispose()
