"""How an audit opens: the systems in its scope as they are now, and the questions that the checklist alone does not ask."""

from sqlalchemy.orm import Session

from governance.audits import catalogue, scope
from governance.audits.models import Audit, AuditScope, ChecklistAnswer
from governance.core.errors import Refused
from governance.improvement import queries as improvement
from governance.improvement.models import Finding


def asked(question: catalogue.Question, position: int) -> ChecklistAnswer:
    """A question of the checklist, not answered yet."""
    return ChecklistAnswer(
        position=position,
        question_id=question.id,
        question=question.question,
        refs=list(question.refs),
        wanted=question.wanted,
    )


def renew_scope(session: Session, audit: Audit) -> None:
    """Let the rule of the schedule find the systems in scope once more. Raises Refused if it finds none."""
    assert audit.schedule is not None
    now = {system.id: system for system in scope.of_schedule(session, audit.schedule)}
    if not now:
        raise Refused(
            "The rule of the schedule finds no system any more; cancel the audit, with the reason.", fix=audit.schedule.path
        )  # fmt: skip
    before = {item.system_id: item for item in audit.scope}
    for system_id in before.keys() - now.keys():
        audit.scope.remove(before[system_id])
        session.delete(before[system_id])
    audit.scope += [AuditScope(system=now[system_id]) for system_id in sorted(now.keys() - before.keys())]


def ask_further(session: Session, audit: Audit, *, controls: bool) -> None:
    """Add last time's open findings and, for kinds that ask for it, a question per applicable control."""
    questions = [follow_up(item) for item in findings_before(session, audit)]
    if controls and catalogue.audit_type(audit.audit_type).control_questions:
        questions += catalogue.control_questions(session, of_systems=bool(audit.systems))
    there = {item.question_id for item in audit.answers}
    for question in questions:
        if question.id not in there:
            audit.answers.append(asked(question, len(audit.answers) + 1))


def findings_before(session: Session, audit: Audit) -> list[Finding]:
    """Open findings of earlier audits that this one has to look at: of its systems, or of the management system."""
    found = improvement.open_of_systems(session, [system.id for system in audit.systems])
    return [item for item in found if item.source_id != audit.id]


def follow_up(finding: Finding) -> catalogue.Question:
    """The question about an open finding of last time."""
    return catalogue.Question(
        id=finding.reference,
        refs=("10.2",),
        question=f"{finding.reference} ({finding.grade}, {finding.created_at:%Y-%m-%d}): {finding.title}. Is it corrected, and does the correction work?",
        wanted="the corrective action, its evidence, and what was seen since",
        usual_grade="nc_minor",
    )
