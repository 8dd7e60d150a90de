"""What a gate or an auditor asks about audits."""

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, or_, select

from governance.audits.models import Audit, AuditSchedule, AuditState, ScheduleState
from governance.core.checks import check
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
    """No active schedule makes audits of the system (INV-SCH3)."""
    active = select(AuditSchedule.id).where(
        AuditSchedule.system_id == AiSystem.id, AuditSchedule.state == ScheduleState.ACTIVE
    )
    return failing(~exists(active))


@check(
    "audits.on_time", clause="9.2.2", severity="major", title="No overdue audit", fix="/audits?q={reference}"
)
def audit_overdue(today: date) -> Select[Any]:
    """An audit of the system was missed or is past due."""
    late = select(Audit.id).where(
        Audit.system_id == AiSystem.id,
        or_(
            Audit.state == AuditState.MISSED,
            Audit.state.in_((AuditState.PLANNED, AuditState.IN_PROGRESS)) & (Audit.due_on < today),
        ),
    )
    return failing(exists(late))
