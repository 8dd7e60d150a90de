"""Assessment results: each audit that was reported, with its findings and what was observed.

An OSCAL finding says that something is not satisfied: major and minor findings are such. Observations, opportunities and
what was withdrawn are OSCAL observations and nothing more, as is every finding's evidence.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from governance.packs.bag.oscal.words import (
    NAMESPACE,
    Node,
    Source,
    known,
    marked,
    moment,
    origin,
    prop,
    props,
    prose,
    subject,
    title,
    token,
)
from governance.packs.content.assurance import Audit, Finding

REPORTED: Final = frozenset({"reporting", "closed"})
_NONCONFORMITIES: Final = frozenset({"major", "minor"})
LEAD: Final = "lead-auditor"
# How it was looked at is not kept by finding.
_METHODS: Final = ["UNKNOWN"]


def is_nonconformity(finding: Finding) -> bool:
    """Whether it says that something is not satisfied."""
    return finding.grade in _NONCONFORMITIES and finding.state != "withdrawn"


def result(source: Source, audit: Audit) -> Node:
    """An audit, but for the lists of its observations and findings."""
    asked = [{"control-id": name} for name in dict.fromkeys(map(token, audit.requirements))]
    selected: Node = (
        {"include-controls": asked}
        if asked
        else {
            "include-all": {},
            "remarks": "No question of the checklist names a clause or control; the criteria say what was audited.",
        }
    )
    return known(
        uuid=source.id("result", audit.reference),
        title=title(audit.title),
        description=prose(("Scope", audit.scope), ("Conclusion", audit.conclusion))
        or "No scope is recorded.",
        start=moment(_began(audit)),
        end=moment(audit.closed_on) if audit.closed_on else "",
        props=props(
            record=audit.reference,
            kind=audit.kind,
            state=audit.state,
            planned_on=audit.planned_on,
            questions=audit.questions,
            answered=audit.answered,
            conforms=audit.conforms,
        ),
        reviewed_controls={
            "description": prose(("Criteria", audit.criteria)) or "No criteria are recorded.",
            "control-selections": [selected],
        },
        attestations=_attestations(source, audit),
    )


def _began(audit: Audit) -> date:
    began = audit.started_on or audit.planned_on or audit.closed_on
    if began is None:
        raise ValueError(f"{audit.reference} was reported and has no date.")
    return began


def _attestations(source: Source, audit: Audit) -> list[Node]:
    if not audit.independence:
        return []
    part = {"name": "impartiality", "ns": NAMESPACE, "prose": marked(audit.independence)}
    made: Node = {"parts": [part]}
    if audit.lead_auditor:
        made["responsible-parties"] = [{"role-id": LEAD, "party-uuids": [source.person(audit.lead_auditor)]}]
    return [made]


def checklist(source: Source, audit: Audit) -> Node:
    """What the answers of an audit were, in numbers; the audit's own pack has each of them."""
    return known(
        uuid=source.id("checklist", audit.reference),
        title="Checklist",
        description=f"{audit.questions} questions, {audit.answered} answered, {audit.conforms} of them with “conforms”.",
        props=props(
            record=audit.reference,
            questions=audit.questions,
            answered=audit.answered,
            conforms=audit.conforms,
        ),
        methods=_METHODS,
        origins=origin(source, LEAD, audit.lead_auditor),
        collected=moment(audit.closed_on or _began(audit)),
    )


def observed(source: Source, finding: Finding, about: tuple[str, str], today: date) -> Node:
    """What was seen; `about` is the identifier and name of the system, or of the management system."""
    return known(
        uuid=source.id("observation", finding.reference),
        title=title(finding.title),
        description="\n\n".join(map(marked, finding.evidence))
        or marked(finding.statement)
        or title(finding.title),
        props=props(record=finding.reference, grade=finding.grade, state=finding.state),
        methods=_METHODS,
        types=["finding"] if is_nonconformity(finding) else [],
        subjects=[subject(*about)],
        collected=moment(finding.raised_on or today),
    )


def found(source: Source, finding: Finding) -> Node:
    """A nonconformity against its criterion."""
    aim = finding.requirements[0] if finding.requirements else finding.reference
    return known(
        uuid=source.id("finding", finding.reference),
        title=title(finding.title),
        description=marked(finding.statement) or title(finding.title),
        props=facts(finding),
        target=known(
            type="objective-id",
            target_id=token(aim),
            title=title(finding.clause) if finding.clause.strip() else "",
            props=[prop("requirement", item) for item in finding.requirements],
            status={"state": "not-satisfied"},
        ),
        related_observations=[{"observation-uuid": source.id("observation", finding.reference)}],
        remarks=prose(("Response", finding.response), ("Ruling", finding.ruling)),
    )


def facts(finding: Finding) -> list[Node]:
    """What is recorded of a finding in a word or a date."""
    return props(
        record=finding.reference,
        grade=finding.grade,
        state=finding.state,
        source=finding.audit,
        repeats=finding.repeats,
        raised_on=finding.raised_on,
        due_on=finding.due_on,
        closed_on=finding.closed_on,
    )
