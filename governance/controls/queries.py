"""Reads about the statement of applicability and the dry audit."""

from sqlalchemy import String, case, cast, func, select
from sqlalchemy.orm import Session, selectinload

from governance.assessments.models import AssessmentState, Risk, RiskAssessment, Treatment
from governance.controls.eu_ai_act import ai_act
from governance.controls.models import (
    DryAuditRun,
    StatementOfApplicability,
    StatementState,
    Suppression,
    SuppressionState,
)
from governance.core import clock
from governance.core.records import Record
from governance.systems.models import AiSystem, Classification, ClassificationState, EuClass

_WHOLE = selectinload(StatementOfApplicability.entries)


def statements(session: Session) -> list[StatementOfApplicability]:
    """All statements, newest first."""
    statement = (
        select(StatementOfApplicability).where(Record.kind == "statement_of_applicability").options(_WHOLE)
    )
    return list(session.scalars(statement.order_by(StatementOfApplicability.id.desc())))


def in_force(session: Session) -> StatementOfApplicability | None:
    """The approved statement (INV-SOA4)."""
    return next((item for item in statements(session) if item.state == StatementState.APPROVED), None)


def unfinished(session: Session) -> StatementOfApplicability | None:
    """A draft, or one in review."""
    waiting = (StatementState.DRAFT, StatementState.IN_REVIEW)
    return next((item for item in statements(session) if item.state in waiting), None)


def controls_in_treatments(session: Session) -> dict[str, str]:
    """Controls that open treatments of assessments in force rely on, each with the reference of one such risk."""
    standing = (AssessmentState.APPROVED, AssessmentState.TO_RECONFIRM)
    statement = (
        select(Treatment.controls, RiskAssessment.reference, Risk.number)
        .join(Risk, Risk.id == Treatment.risk_id)
        .join(RiskAssessment, RiskAssessment.id == Risk.assessment_id)
        .where(RiskAssessment.state.in_(standing), Treatment.done_on.is_(None))
    )
    found: dict[str, str] = {}
    for controls, reference, number in session.execute(statement):
        for control in controls:
            found.setdefault(control, f"{reference}.{number}")
    return found


def differences(
    item: StatementOfApplicability, former: StatementOfApplicability | None
) -> dict[str, list[str]]:
    """Per control what changed against another version, in words."""
    before = {row.control: row for row in former.entries} if former else {}
    found: dict[str, list[str]] = {}
    for row in item.entries:
        old = before.get(row.control)
        if old is None:
            if former is not None:
                found[row.control] = ["new"]
            continue
        names = (
            "applicable",
            "justification",
            "implementation",
            "how",
            "owner_id",
            "evidence",
            "review_due_on",
        )
        changed = [
            name.replace("_id", "").replace("_", " ")
            for name in names
            if getattr(row, name) != getattr(old, name)
        ]
        if changed:
            found[row.control] = changed
    return found


def suppressions(session: Session, check_id: str = "") -> list[Suppression]:
    """Suppressions that count today, of one check or of all."""
    statement = select(Suppression).where(
        Record.kind == "suppression",
        Suppression.state == SuppressionState.ACTIVE,
        Suppression.expires_on >= clock.today(),
    )
    if check_id:
        statement = statement.where(Suppression.check_id == check_id)
    return list(session.scalars(statement.order_by(Record.reference)))


def runs(session: Session, *, limit: int = 90) -> list[DryAuditRun]:
    """The latest runs of the dry audit, oldest first."""
    newest = session.scalars(select(DryAuditRun).order_by(DryAuditRun.id.desc()).limit(limit)).all()
    return list(reversed(newest))


def latest_run(session: Session) -> DryAuditRun | None:
    """The newest run."""
    return session.scalars(select(DryAuditRun).order_by(DryAuditRun.id.desc()).limit(1)).first()


def systems_by_class(session: Session) -> dict[EuClass, int]:
    """Number of AI systems of each class of the EU AI Act."""
    column = AiSystem.__table__.c.eu_class
    rows = session.execute(select(column, func.count()).where(column.is_not(None)).group_by(column))
    return {eu_class: number for eu_class, number in rows}  # noqa: C416 - rows are typed as rows, not pairs


def bound_systems(session: Session) -> dict[str, int]:
    """For each duty of the EU AI Act the number of systems it is about, whatever the organisation's role."""
    by_class, flagged = systems_by_class(session), _flagged_systems(session)
    return {
        duty.id: sum(number for eu_class, number in by_class.items() if duty.is_about(eu_class, ()))
        + (flagged.get(duty.flag, 0) if duty.scope == "transparency" else flagged.get(duty.scope, 0))
        for duty in ai_act().duties
    }


def _flagged_systems(session: Session) -> dict[str, int]:
    flags = {duty.flag for duty in ai_act().duties if duty.scope == "transparency"} | {
        "gpai",
        "gpai_systemic",
    }
    standing = Classification.state != ClassificationState.SUPERSEDED
    counted = [
        func.count(case((cast(Classification.flags, String).contains(f'"{flag}"'), 1))).label(flag)
        for flag in sorted(flags)
    ]
    rows = session.execute(select(*counted).where(Record.kind == "classification", standing))
    return dict(rows.mappings().one())
