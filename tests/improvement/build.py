"""Builders of findings and corrective actions in states that users can reach: each calls real verbs."""

from datetime import timedelta
from typing import Any

from governance.core import clock, records
from governance.evidence import service as evidence
from governance.evidence.models import EvidenceKind
from governance.evidence.schemas import SubmitEvidence
from governance.improvement import actions, service
from governance.improvement.models import CorrectiveAction, Finding, Grade
from governance.improvement.schemas import (
    CloseFinding,
    Contain,
    ImplementAction,
    JudgeEffect,
    OpenAction,
    PlanAction,
    ProposeCause,
    RecordFinding,
)
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.systems.build import requested, sign

CAUSE: dict[str, Any] = {
    "cause_method": "five_whys",
    "whys": "The report offered pass and fail only\nNo step changes templates with the plan",
    "root_cause": "No step of the process changes templates when the test plan changes",
    "cause_class": "process",
    "why_not_detected": "The review read verdicts, not sizes",
    "similar_cases": "Three other reports looked at; one had the same fault",
}
PLAN = {"action": "Template with sizes", "effectiveness_criterion": "Next report: every group at least 100"}


def a_finding(house: House, system: str, who: str = "ada", **changes: Any) -> str:
    """A minor finding on a system; returns its reference."""
    values: dict[str, Any] = {
        "title": "No sample sizes", "grade": Grade.MINOR, "criterion": "A.7.4", "evidence_statement": "Table 3", "gap": "No n",
        **changes,
    }  # fmt: skip
    with house.acting(who) as session:
        data = RecordFinding.model_validate(values)
        return service.record_finding(session, records.get(session, AiSystem, system), data).reference


def opened(house: House, finding: str, *, owner: str = "tess", verifier: str = "prue", days: int = 30) -> str:
    """An open action, by Owen; returns its reference."""
    with house.acting("owen") as session:
        data = OpenAction(
            title="New template", owner_id=house.id_of(owner), verifier_id=house.id_of(verifier),
            due_on=clock.today() + timedelta(days=days),
        )  # fmt: skip
        return actions.open_action(session, records.get(session, Finding, finding), data).reference


def act(house: House, who: str, action: str, do: Any, schema: Any, /, **values: Any) -> None:
    """One verb on an action with the version that is there now."""
    with house.acting(who) as session:
        item = records.get(session, CorrectiveAction, action)
        do(session, item, schema.model_validate({**values, "version": item.version}))


def contained(house: House, action: str, who: str = "tess") -> None:
    """Correction and containment."""
    act(
        house, who, action, actions.contain, Contain,
        correction="Verdicts changed", containment="No report leaves", contained_on=clock.today(),
    )  # fmt: skip


def explained(house: House, action: str, who: str = "tess", **changes: Any) -> None:
    """Root cause, proposed and not agreed yet."""
    act(house, who, action, actions.propose_cause, ProposeCause, **{**CAUSE, **changes})


def agreed(house: House, action: str, who: str = "olivia") -> None:
    """The signature that waits on cause or plan."""
    sign(house, who, requested(house, action)["action_reviewer"])


def planned(house: House, finding: str, **people: Any) -> str:
    """An action whose plan is approved; returns its reference."""
    action = opened(house, finding, **people)
    to_its_plan(house, action)
    return action


def to_its_plan(house: House, action: str) -> None:
    """From an open action to one whose plan is approved."""
    contained(house, action)
    explained(house, action)
    agreed(house, action)
    act(house, "tess", action, actions.plan_action, PlanAction, **PLAN)
    agreed(house, action)


def proven(house: House, record: str, who: str = "tess") -> None:
    """Evidence attached to a record."""
    with house.acting(who) as session:
        subject = records.find(session, record)
        assert subject is not None
        data = SubmitEvidence(
            title="Template 2", evidence_kind=EvidenceKind.OTHER, url="https://example.org/template", collected_on=clock.today()
        )  # fmt: skip
        evidence.submit(session, subject, data)


def done(house: House, action: str, who: str = "tess") -> None:
    """Carried out today, with evidence."""
    proven(house, action)
    act(house, who, action, actions.implement, ImplementAction, done_on=clock.today(), done_note="In use")


def judged(house: House, action: str, who: str = "prue", *, effective: bool = True) -> None:
    """The verifier's judgement; an effective action still waits for the signature."""
    act(
        house,
        who,
        action,
        actions.judge_effect,
        JudgeEffect,
        effective=effective,
        effectiveness_note="All above 100",
    )


def effective(house: House, action: str) -> None:
    """From a planned action to a closed one, with the days between."""
    done(house, action)
    with clock.held_at(clock.now() + timedelta(days=31)):
        judged(house, action)
        sign(house, "prue", requested(house, action)["verifier"])


def closed(house: House, finding: str, who: str = "ada") -> None:
    """The finding closed."""
    with house.acting(who) as session:
        item = records.get(session, Finding, finding)
        service.close_finding(session, item, CloseFinding(reason="verified", version=item.version))
