"""What risk assessments do by themselves: overdue treatments take an acceptance back, and waiting too long becomes a finding."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from governance.assessments.models import (
    AcceptanceState,
    AssessmentState,
    Risk,
    RiskAcceptance,
    RiskAssessment,
    Treatment,
)
from governance.core.records import Record
from governance.improvement import service as improvement
from governance.improvement.models import Finding, FindingState, Grade
from governance.improvement.schemas import RecordFinding
from governance.jobs.registry import recurring
from governance.systems.models import AiSystem, Status, Tier

RECONFIRM_WITHIN_DAYS = 30
_OVER = (FindingState.CLOSED, FindingState.WITHDRAWN)


@recurring("assessments.acceptances", every_seconds=900)
def take_back_acceptances(session: Session, now: datetime) -> None:
    """Revoke acceptances whose risk has a treatment past due: what was accepted was the risk with it (INV-TRT2)."""
    session.info["verb"] = "assessments.acceptances"
    overdue = exists(
        select(Treatment.id).where(
            Treatment.risk_id == RiskAcceptance.risk_id,
            Treatment.done_on.is_(None),
            Treatment.due_on < now.date(),
        )
    )
    standing = (
        select(RiskAcceptance)
        .where(Record.kind == "risk_acceptance", RiskAcceptance.state == AcceptanceState.ACCEPTED, overdue)
        .options(joinedload(RiskAcceptance.risk).joinedload(Risk.assessment))
    )
    for acceptance in session.scalars(standing):
        session.info["reason"] = f"A treatment of {acceptance.risk.reference} is overdue."
        acceptance.state = AcceptanceState.REVOKED
        session.flush()


@recurring("assessments.reconfirmation", every_seconds=900)
def find_what_waits_too_long(session: Session, now: datetime) -> None:
    """Record one finding for each assessment of a running system of high tier that waits more than 30 days (INV-RA3)."""
    session.info["verb"] = "assessments.reconfirmation"
    open_finding = exists(
        select(Finding.id).where(Finding.source_id == RiskAssessment.id, Finding.state.not_in(_OVER))
    )
    waiting = (
        select(RiskAssessment)
        .join(AiSystem.__table__, AiSystem.__table__.c.id == RiskAssessment.system_id)
        .where(
            Record.kind == "risk_assessment",
            RiskAssessment.state == AssessmentState.TO_RECONFIRM,
            RiskAssessment.changed_at < now - timedelta(days=RECONFIRM_WITHIN_DAYS),
            AiSystem.__table__.c.tier.in_((Tier.CRITICAL, Tier.HIGH)),
            ~open_finding,
        )
        .options(joinedload(RiskAssessment.system))
    )
    for item in session.scalars(waiting).all():
        if item.system.state == Status.ACTIVE:
            data = RecordFinding(
                title=f"{item.reference} waits to be re-confirmed",
                grade=Grade.MINOR,
                criterion="8.2: risk assessments are repeated when a significant change occurs.",
                evidence_statement=f"{item.reference} is to be re-confirmed since {item.changed_at.date()}: {item.state_reason}",
                gap=f"More than {RECONFIRM_WITHIN_DAYS} days passed while the system stayed in operation.",
                clauses=["8.2"],
            )
            improvement.record_finding(session, item.system, data, source=item)
