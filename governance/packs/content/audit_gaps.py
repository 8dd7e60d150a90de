"""What is missing in an audit's pack, found in its own content: nothing is left out silently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from governance.audits import sampling
from governance.packs.content.audit import AuditFile, DrawnSample
from governance.packs.content.system_pack import Gap

_NONCONFORMITY = ("minor", "major")
_NOT_HELD = ("cancelled", "merged")


def named(content: AuditFile, today: date) -> AuditFile:
    """The content with its gaps, the gravest first. An audit that was cancelled or merged owes nothing more."""
    if content.identity.state in _NOT_HELD:
        return content
    found = [
        *_of_programme(content, today),
        *_of_plan(content),
        *_of_team(content),
        *_of_answers(content),
        *_of_samples(content),
        *_of_findings(content, today),
        *_of_report(content),
    ]
    return replace(content, gaps=tuple(sorted(found, key=lambda gap: (gap.severity != "major", gap.section))))


def is_as_drawn(sample: DrawnSample) -> bool:
    """Whether drawing again from the population by the seed gives the sample."""
    again = sampling.draw(sample.population, len(sample.items), sample.seed)
    return (
        sampling.population_hash(sample.population) == sample.population_sha256
        and [item.reference for item in sample.items] == again
    )


def _gap(id: str, clause: str, severity: str, section: int, title: str, where: str) -> Gap:
    return Gap(
        check_id=f"packs.audit_{id}",
        clause=clause,
        severity=severity,
        title=title,
        where=where,
        section=section,
    )


def _of_programme(content: AuditFile, today: date) -> Iterator[Gap]:
    audit = content.identity
    if audit.started_at is None and audit.due_on and audit.due_on < today:
        yield _gap(
            "overdue", "9.2.2", "major", 1, f"Due {audit.due_on} and not started", audit.reference
        )  # fmt: skip
    if audit.closed_at is not None and not content.copies:
        yield _gap("not_distributed", "9.2.2", "minor", 1, "The report was given to nobody", audit.reference)
    for copy in content.copies:
        if copy.read_at is None:
            title = f"{copy.name} did not confirm having read the report"
            yield _gap("unread", "9.2.2", "minor", 1, title, audit.reference)


def _of_plan(content: AuditFile) -> Iterator[Gap]:
    audit = content.identity
    parts = (
        ("objectives", audit.objectives),
        ("criteria", audit.criteria),
        ("scope", audit.scope),
        ("method", audit.method),
    )
    lacking = [name for name, value in parts if not value]
    if lacking:
        title = f"The plan does not say: {', '.join(lacking)}"
        yield _gap("plan", "9.2.2", "minor", 2, title, audit.reference)
    skipped = [item.question_id for item in content.answers if item.verdict == "not audited"]
    if skipped:
        title = f"Not looked at: {', '.join(skipped)}"
        yield _gap("not_audited", "9.2.1", "minor", 4, title, audit.reference)


def _of_team(content: AuditFile) -> Iterator[Gap]:
    where = content.identity.reference
    if not content.identity.lead_auditor:
        yield _gap("no_leader", "9.2.2", "major", 3, "No lead auditor", where)
    for member in content.members:
        if member.must_be_independent and not member.attested_at:
            title = f"{member.name} ({member.role}) did not state their impartiality"
            yield _gap("impartiality", "9.2.2", "major", 3, title, where)
        if member.role in ("lead auditor", "auditor") and not member.competence:
            title = f"No training record shows the competence of {member.name} on the day of the audit"
            yield _gap("competence", "7.2", "major", 3, title, where)
    for item in content.compensations:
        if item.reviewed_at is None:
            title = f"{item.reviewer} did not look over the work of {item.auditor} yet"
            yield _gap("review", "9.2.2", "major", 3, title, where)


def _of_answers(content: AuditFile) -> Iterator[Gap]:
    where = content.identity.reference
    unanswered = [item.question_id for item in content.answers if not item.verdict]
    if unanswered and content.identity.started_at:
        title = f"{len(unanswered)} of {len(content.answers)} questions without an answer: {', '.join(unanswered)}"
        yield _gap("unanswered", "9.2.1", "major", 5, title, where)
    for item in content.answers:
        if item.verdict == "conforms" and not item.evidence:
            yield _gap(
                "no_evidence", "9.2.1", "major", 5, f"{item.question_id} conforms without evidence", where
            )  # fmt: skip
        if item.verdict in _NONCONFORMITY and not item.finding:
            title = f"{item.question_id} does not conform ({item.verdict}) and has no finding"
            yield _gap("no_finding", "10.2", "major", 6, title, where)


def _of_samples(content: AuditFile) -> Iterator[Gap]:
    where = content.identity.reference
    for sample in content.samples:
        waiting = [item.reference for item in sample.items if item.result == "not looked at yet"]
        if waiting:
            title = f"Sample {sample.number}: not looked at yet: {', '.join(waiting)}"
            yield _gap("sample_open", "9.2.1", "minor", 5, title, where)
        if not is_as_drawn(sample):
            title = f"Sample {sample.number} is not what its seed draws from its population"
            yield _gap("sample_bent", "9.2.1", "major", 5, title, where)


def _of_findings(content: AuditFile, today: date) -> Iterator[Gap]:
    acted = {item.finding for item in content.actions}
    for finding in content.findings:
        settled = finding.state in ("closed", "withdrawn", "disputed")
        if finding.state == "disputed":
            title = f"{finding.reference} is disputed and nobody ruled on it yet"
            yield _gap("no_ruling", "10.2", "minor", 9, title, finding.reference)
        if finding.grade in _NONCONFORMITY and finding.reference not in acted and not settled:
            title = f"{finding.reference} ({finding.grade}) has no corrective action"
            yield _gap("no_action", "10.2", finding.grade, 8, title, finding.reference)
    for action in content.actions:
        if not action.root_cause:
            yield _gap(
                "no_cause", "10.2", "minor", 8, f"{action.reference} names no root cause", action.reference
            )  # fmt: skip
        if action.done_on is None and action.due_on and action.due_on < today:
            yield _gap(
                "action_late", "10.2", "major", 8, f"{action.reference} was due {action.due_on}", action.reference
            )  # fmt: skip
        if action.done_on is not None and action.verified_on is None:
            title = f"{action.reference} is done and nobody verified its effect yet"
            yield _gap("not_verified", "10.2", "minor", 8, title, action.reference)


def _of_report(content: AuditFile) -> Iterator[Gap]:
    audit = content.identity
    if audit.started_at and not audit.conclusion:
        yield _gap("no_conclusion", "9.2.2", "minor", 7, "No conclusion yet", audit.reference)
    own = [item for item in content.sign_offs if item.subject == audit.reference]
    if not any(item.state == "valid" for item in own):
        yield _gap("not_signed", "9.2.2", "major", 10, "No valid signature on the report", audit.reference)
    for item in content.sign_offs:
        if item.state == "stale":
            title = f"{item.reference}: {item.subject} was changed after {item.signer} signed it"
            yield _gap("stale", "7.5.3", "major", 10, title, item.subject)
    for proof in content.evidence:
        if proof.state in ("expired", "rejected"):
            title = f"{proof.reference} ({proof.title}) is {proof.state}"
            yield _gap("evidence", "7.5.3", "minor", 10, title, proof.reference)
