"""What a gate or an auditor asks about audits."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, exists, literal, not_, or_, select
from sqlalchemy.orm import aliased

from governance.audits.models import Audit, AuditSchedule, AuditScope, AuditState, ScheduleState
from governance.core.checks import ORGANISATION, check, failing_as_a_whole
from governance.core.records import Record
from governance.systems.checks import failing
from governance.systems.models import AiSystem


@check(
    "audits.scheduled",
    clause="9.2.2",
    severity="major",
    title="Recurring audits scheduled",
    fix="/audit-schedules/new?system={reference}",
)
def none_scheduled(today: date) -> Select[Any]:
    """No active schedule makes audits of the system, by name or by a rule that found it last time (INV-SCH3)."""
    active = AuditSchedule.state == ScheduleState.ACTIVE
    by_name = select(AuditSchedule.id).where(AuditSchedule.system_id == AiSystem.id, active)
    made = Audit.__table__
    by_rule = (
        select(AuditSchedule.id)
        .join(made, made.c.schedule_id == AuditSchedule.id)
        .join(AuditScope, AuditScope.audit_id == made.c.id)
        .where(AuditScope.system_id == AiSystem.id, active)
    )
    return failing(and_(~exists(by_name), ~exists(by_rule)))


@check(
    "audits.on_time", clause="9.2.2", severity="major", title="No overdue audit", fix="/audits?q={reference}"
)
def audit_overdue(today: date) -> Select[Any]:
    """An audit of the system was missed or is past due."""
    late = or_(
        Audit.state == AuditState.MISSED,
        Audit.state.in_((AuditState.PLANNED, AuditState.ANNOUNCED, AuditState.IN_PROGRESS))
        & (Audit.due_on < today),
    )
    of_it = select(Audit.id).where(Audit.system_id == AiSystem.id, late)
    with_others = (
        select(AuditScope.id).join(AuditScope.audit).where(AuditScope.system_id == AiSystem.id, late)
    )
    return failing(or_(exists(of_it), exists(with_others)))


@check(
    "audits.planned_this_year",
    clause="9.2.2",
    severity="major",
    title="Audits planned this year",
    fix="/audit-schedules",
    about=ORGANISATION,
)
def none_this_year(today: date) -> Select[Any]:
    """No audit of this year is planned, under way or closed, whatever its programme says."""
    ours = select(Audit.id).where(
        Audit.due_on.between(date(today.year, 1, 1), date(today.year, 12, 31)),
        Audit.state != AuditState.CANCELLED,
    )
    return failing_as_a_whole(not_(exists(ours)), f"None is due in {today.year}.")


def _audits(condition: Any) -> Select[Any]:
    columns: Any = select(Audit.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(Audit).where(Record.kind == "audit", condition)
    return statement


@check(
    "audits.none_missed",
    clause="9.2.2",
    severity="major",
    title="No missed audit",
    fix="/audits/{reference}",
    about="audit",
)
def missed(today: date) -> Select[Any]:
    """An occurrence was missed and nothing took its place."""
    return _audits(Audit.state == AuditState.MISSED)


@check(
    "audits.independent",
    clause="9.2.2",
    severity="critical",
    title="Auditors independent of what they audit",
    fix="/audits/{reference}",
    about="audit",
)
def not_independent(today: date) -> Select[Any]:
    """The lead auditor owns the audited system or answers for it technically, for instance since it changed hands (INV-AUD1)."""
    system, spine = AiSystem.__table__, aliased(Record.__table__)
    in_scope = select(AuditScope.system_id).where(AuditScope.audit_id == Audit.id).correlate(Audit.__table__)
    theirs = exists(
        select(system.c.id)
        .join(spine, spine.c.id == system.c.id)
        .where(or_(system.c.id == Audit.system_id, system.c.id.in_(in_scope)))
        .where(
            or_(
                spine.c.owner_id == Audit.lead_auditor_id,
                system.c.technical_owner_id == Audit.lead_auditor_id,
            )
        )
    )
    return _audits(and_(Audit.state != AuditState.CANCELLED, theirs))


@check(
    "audits.schedules_end_with_the_system",
    clause="9.2.2",
    severity="minor",
    title="Schedules end with their system",
    fix="/audit-schedules/{reference}",
    about="audit_schedule",
)
def schedule_of_retired(today: date) -> Select[Any]:
    """A system is retired or rejected, and a schedule of it is still open."""
    spine = aliased(Record.__table__)
    over = exists(
        select(spine.c.id).where(spine.c.id == AuditSchedule.system_id, spine.c.state.in_(AiSystem.FROZEN))
    )
    columns: Any = select(AuditSchedule.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(AuditSchedule).where(
        Record.kind == "audit_schedule", AuditSchedule.state == ScheduleState.ACTIVE, over
    )
    return statement
