"""The assurance part of a pack: red lines, risks, audits, findings and signatures of one system."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.assessments import models as risk_models
from governance.assessments import queries as risk_reads
from governance.assessments import scales
from governance.audits import models as audit_models
from governance.audits import queries as audit_reads
from governance.audits import recurrence, working_days
from governance.audits.models import AuditState, ScheduleState, Verdict
from governance.core import clock
from governance.core.canonical import content_hash
from governance.core.records import Record
from governance.improvement import models as finding_models
from governance.improvement import queries as finding_reads
from governance.packs.content.assurance import (
    Acceptance,
    Audit,
    AuditSchedule,
    CorrectiveAction,
    Finding,
    RedLineCheck,
    Risk,
    RiskAssessment,
    RiskCriteria,
    RiskScore,
    SignOff,
    Treatment,
)
from governance.packs.content.labels import say
from governance.signoffs import queries as signatures
from governance.signoffs.models import SignOff as SignOffRecord
from governance.signoffs.models import SignOffState
from governance.systems.models import AiSystem
from governance.values import queries as value_reads
from governance.values.catalogue import values
from governance.values.models import RedLineState

Names = dict[int, str]
_NEXT_DATES = 4


def deeper(session: Session, records: Iterable[Record]) -> list[Record]:
    """Records that belong to a system by way of another one, of these: risk acceptances and corrective actions."""
    found: list[Record] = []
    for row in records:
        if isinstance(row, risk_models.RiskAssessment):
            found += risk_reads.acceptances_of(session, row)
        elif isinstance(row, finding_models.Finding):
            found += row.actions
    return found


def red_lines(session: Session, system: AiSystem, names: Names) -> tuple[RedLineCheck, ...]:
    """The newest check per red line; screened at the desk counts as not checked."""
    today = clock.today()
    results = {
        RedLineState.PASSED: "passed",
        RedLineState.CLEARED: "passed",
        RedLineState.BREACHED: "breached",
        RedLineState.SCREENED: "inconclusive",
    }
    made = []
    for code, check in value_reads.latest_checks(session, system).items():
        statement = values().red_line(code).statement
        if check is None:
            made.append(RedLineCheck(code=code, statement=statement, result="not checked", in_date=False))
            continue
        made.append(
            RedLineCheck(
                code=code,
                statement=statement,
                result=results[RedLineState(check.state)],  # type: ignore[arg-type]  # one of the literals above
                in_date=check.valid_until >= today,
                method=f"{check.method} ({check.violations} violations in {check.probes} probes)"
                if check.probes
                else check.method,
                performed_on=check.performed_on,
                valid_until=check.valid_until,
                performed_by=names.get(check.owner_id or 0, ""),
                system_version=check.system_version.label if check.system_version else "",
                reference=check.reference,
            )
        )
    return tuple(made)


def assessments(session: Session, system: AiSystem, names: Names) -> tuple[RiskAssessment, ...]:
    """Risk assessments, newest first; superseded ones without their risks."""
    return tuple(_assessment(session, item, names) for item in risk_reads.of_system(session, system.id))


def _assessment(session: Session, item: risk_models.RiskAssessment, names: Names) -> RiskAssessment:
    superseded = item.state == risk_models.AssessmentState.SUPERSEDED
    signed = signatures.of_record(session, item)
    accepted = risk_reads.acceptances_of(session, item)
    return RiskAssessment(
        reference=item.reference,
        revision=item.revision,
        state=say(item.state),
        title=item.title,
        scope=item.scope_text,
        method=item.method,
        system_version=item.system_version.label if item.system_version else "",
        assessor=names.get(item.owner_id or 0, ""),
        started_on=item.assessed_on,
        approved_by=", ".join(row.signer_name for row in signed if row.state == SignOffState.SIGNED),
        approved_at=max((row.signed_at for row in signed if row.signed_at), default=None)
        if item.approved_on
        else None,
        next_review_on=item.next_review_on,
        content_sha256=content_hash(item.signed_content()),
        criteria=None if superseded else _criteria(item.criteria_hash),
        risks=() if superseded else tuple(_risk(session, risk, accepted, names) for risk in item.risks),
        sign_offs=tuple(row.reference for row in signed),
    )


def _criteria(digest: str) -> RiskCriteria:
    rule = scales.criteria()
    return RiskCriteria(
        version=digest[:12],
        sha256=digest,
        likelihood=scales.likelihood_names(),
        severity=scales.severity_names(),
        matrix=tuple(tuple(rule.matrix[str(row)]) for row in range(1, 6)),
    )


def _risk(
    session: Session, risk: risk_models.Risk, accepted: list[risk_models.RiskAcceptance], names: Names
) -> Risk:
    acceptance = next((item for item in accepted if item.risk_id == risk.id), None)
    residual = None
    if risk.residual_likelihood and risk.residual_severity:
        residual = RiskScore(
            likelihood=risk.residual_likelihood,
            severity=scales.effective_severity(risk.residual_severity, risk.modifiers),
            level=risk.residual_level,
        )
    return Risk(
        reference=risk.reference,
        title=risk.title,
        source=say(risk.source),
        event=risk.event,
        consequence=risk.consequence,
        affected_groups=tuple(risk.affected_groups),
        owner=names.get(risk.owner_id or 0, ""),
        state=_risk_state(risk, acceptance),
        inherent=RiskScore(
            likelihood=risk.likelihood,
            severity=scales.effective_severity(risk.severity, risk.modifiers),
            level=risk.level,
            dimension=say(risk.dimension),
            basis=say(risk.basis),
            confidence=say(risk.confidence),
        ),
        residual=residual,
        treatments=tuple(_treatment(item, names) for item in risk.treatments),
        acceptance=_acceptance(session, acceptance) if acceptance else None,
    )


def _risk_state(risk: risk_models.Risk, acceptance: risk_models.RiskAcceptance | None) -> str:
    """How far a risk is, in a word: accepted, treated, in treatment, or neither."""
    if acceptance and acceptance.state == risk_models.AcceptanceState.ACCEPTED:
        return "accepted"
    if not risk.treatments:
        return "no treatment"
    return "treated" if all(item.done_on for item in risk.treatments) else "in treatment"


def _treatment(item: risk_models.Treatment, names: Names) -> Treatment:
    late = item.done_on is None and item.due_on < clock.today()
    return Treatment(
        option=say(item.option),
        action=item.action,
        controls=tuple(item.controls),
        owner=names.get(item.owner_id, ""),
        due_on=item.due_on,
        done_on=item.done_on,
        state="done" if item.done_on else "overdue" if late else "open",
    )


def _acceptance(session: Session, item: risk_models.RiskAcceptance) -> Acceptance | None:
    signed = [row for row in signatures.of_record(session, item) if row.signed_at]
    if not signed:
        return None
    if item.expires_on < clock.today():
        state = "expired"
    elif any(row.state == SignOffState.STALE for row in signed):
        state = "stale"
    else:
        state = "in force" if item.state == risk_models.AcceptanceState.ACCEPTED else "withdrawn"
    return Acceptance(
        accepted_by=", ".join(row.signer_name for row in signed),
        role=", ".join(say(row.slot) for row in signed),
        accepted_at=signed[-1].signed_at or clock.now(),
        expires_on=item.expires_on,
        state=state,  # type: ignore[arg-type]  # one of the literals above
        sign_off=signed[-1].reference,
    )


def audits(held: Iterable[audit_models.Audit], names: Names) -> tuple[Audit, ...]:
    """The audits of a system, in their order."""
    return tuple(_audit(item, names) for item in held)


def of_the_whole(session: Session, names: Names) -> tuple[tuple[Audit, ...], tuple[Finding, ...]]:
    """Audits of the management system itself, and the findings on it with their corrective actions."""
    return (
        tuple(_audit(item, names) for item in audit_reads.of_the_whole(session)),
        tuple(_finding(session, item, names) for item in finding_reads.on_the_whole(session)),
    )


def _audit(item: audit_models.Audit, names: Names) -> Audit:
    return Audit(
        reference=item.reference,
        title=item.title,
        kind=say(item.audit_type),
        state=say(item.state),
        criteria="; ".join(item.criteria),
        scope=item.scope_text,
        lead_auditor=names.get(item.lead_auditor_id or 0, ""),
        independence=item.impartiality_statement,
        planned_on=item.due_on,
        started_on=item.started_at.date() if item.started_at else None,
        closed_on=item.closed_at.date() if item.closed_at else None,
        questions=len(item.answers),
        answered=sum(1 for row in item.answers if row.verdict),
        conforms=sum(1 for row in item.answers if row.verdict is Verdict.CONFORMS),
        conclusion=item.conclusion,
        requirements=tuple(dict.fromkeys(ref for row in item.answers for ref in row.refs)),
    )


def schedules(
    session: Session, system: AiSystem, held: Iterable[audit_models.Audit], names: Names
) -> tuple[AuditSchedule, ...]:
    """The recurring audits of a system and of its audits, with their next dates, and the ones that are overdue."""
    today = clock.today()
    late = {AuditState.MISSED, AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.IN_PROGRESS}
    by_rule = {item.schedule for item in held if item.schedule}
    own = audit_reads.schedules_of(session, system.id)
    also = sorted(by_rule.difference(own), key=lambda item: item.reference)
    found = []
    for item in (*own, *also):
        active = item.state == ScheduleState.ACTIVE
        overdue: list[date] = [
            audit.due_on
            for audit in audit_reads.of_schedule(session, item)
            if audit.state in late and audit.due_on < today
        ]
        found.append(
            AuditSchedule(
                reference=item.reference,
                title=item.title,
                rule=f"{recurrence.describe(item.rule)}, from {item.starts_on}"
                + ("" if active else f" ({item.state})"),
                time_zone=item.zone,
                checklist=item.checklist,
                lead_auditor=names.get(item.lead_auditor_id or 0, ""),
                next_on=tuple(
                    working_days.shifted(day, item.shift, item.holidays)
                    for day in recurrence.following(item.rule, item.starts_on, today, _NEXT_DATES)
                )
                if active
                else (),
                overdue_on=tuple(sorted(overdue)),
            )
        )
    return tuple(found)


def findings(session: Session, system: AiSystem, names: Names) -> tuple[Finding, ...]:
    """Findings on the system with their corrective actions."""
    return tuple(_finding(session, item, names) for item in finding_reads.of_system(session, system.id))


def _finding(session: Session, item: finding_models.Finding, names: Names) -> Finding:
    return Finding(
        reference=item.reference,
        title=item.title,
        grade=say(item.grade),
        state=say(item.state),
        audit=item.source.reference if item.source else "",
        clause=item.criterion,
        requirements=tuple(item.requirements),
        repeats=earlier.reference if (earlier := _earlier(session, item)) else "",
        response=item.auditee_response,
        ruling=item.ruling,
        statement=item.gap,
        evidence=(item.evidence_statement,) if item.evidence_statement else (),
        raised_on=item.created_at.date(),
        due_on=item.due_on,
        closed_on=item.closed_on if item.state == finding_models.FindingState.CLOSED else None,
        actions=tuple(_action(session, action, names) for action in item.actions),
    )


def _earlier(session: Session, item: finding_models.Finding) -> finding_models.Finding | None:
    return session.get(finding_models.Finding, item.repeat_of_id) if item.repeat_of_id else None


def _action(session: Session, item: finding_models.CorrectiveAction, names: Names) -> CorrectiveAction:
    return CorrectiveAction(
        reference=item.reference,
        state=say(item.state),
        correction=item.correction,
        containment=item.containment,
        root_cause=item.root_cause,
        cause_class=say(item.cause_class) if item.cause_class else "",
        why_not_detected=item.why_not_detected,
        similar_cases=item.similar_cases,
        action=item.action,
        owner=names.get(item.owner_id or 0, ""),
        first_due_on=item.original_due_on if item.extensions else None,
        due_on=item.due_on,
        done_on=item.done_on,
        check_from=item.check_from,
        effectiveness=item.effectiveness_note or item.effectiveness_criterion,
        verified_by=names.get(item.verifier_id or 0, "") if item.verified_on else "",
        verified_on=item.verified_on,
    )


def sign_offs(session: Session, subjects: dict[int, Record]) -> tuple[SignOff, ...]:
    """Every sign-off on these records, oldest first, and whether it still holds."""
    rows = session.scalars(
        select(SignOffRecord).where(SignOffRecord.subject_id.in_(subjects)).order_by(Record.reference)
    )
    return tuple(
        SignOff(
            reference=item.reference,
            meaning=item.statement or f"{say(item.meaning)} (not signed yet)",
            subject=subjects[item.subject_id].reference,
            signer=item.signer_name,
            role=say(item.signer_role),
            state="valid"
            if signatures.holds(item)
            else "stale"
            if item.state == SignOffState.SIGNED
            else say(item.state),
            slot=say(item.slot),
            subject_version=item.subject_version or None,
            signed_at=item.signed_at,
            method=item.method,
            content_sha256=item.content_hash,
            reason=item.state_reason,
        )
        for item in rows
    )
