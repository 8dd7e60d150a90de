"""Plan of action and milestones: each open finding, what is done about it, by whom, until when, and how its effect is judged.

OSCAL hangs corrective actions on a *risk*. Here such a risk is the finding itself in the shape that OSCAL wants, and none
of the risks of the register: its property `record` names the finding.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from governance.packs.bag.oscal.assessment import facts, is_nonconformity
from governance.packs.bag.oscal.words import (
    Node,
    Source,
    known,
    marked,
    moment,
    props,
    prose,
    responsible,
    title,
)
from governance.packs.content.assurance import CorrectiveAction, Finding

_OVER: Final = frozenset({"closed", "withdrawn"})
OWNER: Final = "action-owner"
VERIFIER: Final = "verifier"


def is_open(finding: Finding) -> bool:
    """Whether something still has to happen."""
    return finding.state not in _OVER


def item(source: Source, finding: Finding) -> Node:
    """The entry of the plan."""
    uuid = source.id("finding", finding.reference)
    return known(
        uuid=source.id("poam-item", finding.reference),
        title=title(finding.title),
        description=marked(finding.statement) or title(finding.title),
        props=facts(finding) + props(corrective_action=tuple(action.reference for action in finding.actions)),
        related_findings=[{"finding-uuid": uuid}] if is_nonconformity(finding) else [],
        related_observations=[_seen(source, finding)],
        related_risks=[{"risk-uuid": source.id("risk", finding.reference)}],
    )


def risk(source: Source, finding: Finding) -> Node:
    """What carries the corrective actions of a finding."""
    return known(
        uuid=source.id("risk", finding.reference),
        title=title(finding.title),
        description=f"The finding {finding.reference}, until it is closed.",
        statement=marked(finding.statement) or title(finding.title),
        props=props(record=finding.reference),
        status="remediating" if finding.actions else "open",
        deadline=moment(finding.due_on) if finding.due_on else "",
        remediations=[_remediation(source, action) for action in finding.actions],
        related_observations=[_seen(source, finding)],
    )


def _seen(source: Source, finding: Finding) -> Node:
    return {"observation-uuid": source.id("observation", finding.reference)}


def _remediation(source: Source, action: CorrectiveAction) -> Node:
    return known(
        uuid=source.id("corrective-action", action.reference),
        lifecycle="completed" if action.done_on else "planned",
        title=f"Corrective action {action.reference}",
        description=marked(action.action) or "No action is planned yet.",
        props=props(
            record=action.reference,
            state=action.state,
            cause_class=action.cause_class,
            first_due_on=action.first_due_on,
            due_on=action.due_on,
            done_on=action.done_on,
            check_from=action.check_from,
            verified_on=action.verified_on,
        ),
        tasks=[_carry_out(source, action), *_judge(source, action)],
        remarks=prose(
            ("Correction", action.correction),
            ("Containment", action.containment),
            ("Root cause", action.root_cause),
            ("Why it was not detected", action.why_not_detected),
            ("Similar cases", action.similar_cases),
        ),
    )


def _carry_out(source: Source, action: CorrectiveAction) -> Node:
    return known(
        uuid=source.id("task", action.reference),
        type="action",
        title="Carry out the action",
        timing=_on(action.due_on),
        responsible_roles=responsible(source, action_owner=action.owner),
    )


def _judge(source: Source, action: CorrectiveAction) -> list[Node]:
    """The effectiveness check, if anything is known of it; its date is the first day on which the effect may be judged."""
    if not (action.effectiveness or action.check_from or action.verified_on):
        return []
    return [
        known(
            uuid=source.id("effectiveness-check", action.reference),
            type="milestone",
            title="Check that it is effective",
            description=marked(action.effectiveness),
            props=props(verified_on=action.verified_on),
            timing=_on(action.verified_on or action.check_from),
            responsible_roles=responsible(source, verifier=action.verified_by),
        )
    ]


def _on(day: date | None) -> Node:
    return {"on-date": {"date": moment(day)}} if day else {}
