"""What a gate or an auditor asks about findings and corrective actions."""

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, select

from governance.core.checks import check
from governance.improvement.models import ActionState, CorrectiveAction, Finding, FindingState, Grade
from governance.systems.checks import failing
from governance.systems.models import AiSystem

_CLOSED = (FindingState.CLOSED, FindingState.WITHDRAWN)


@check(
    "improvement.no_open_major",
    clause="10.2",
    severity="critical",
    title="No open major finding",
    fix="/findings?grade=major",
)
def open_major(today: date) -> Select[Any]:
    """A major finding on the system is not closed."""
    found = select(Finding.id).where(
        Finding.system_id == AiSystem.id, Finding.grade == Grade.MAJOR, Finding.state.not_in(_CLOSED)
    )
    return failing(exists(found))


@check(
    "improvement.actions_on_time",
    clause="10.2",
    severity="major",
    title="No overdue corrective action",
    fix="/corrective-actions",
)
def overdue_action(today: date) -> Select[Any]:
    """A corrective action for the system is past due."""
    found = (
        select(CorrectiveAction.id)
        .join(Finding.__table__, Finding.__table__.c.id == CorrectiveAction.finding_id)
        .where(Finding.__table__.c.system_id == AiSystem.id)
        .where(
            CorrectiveAction.state.not_in((ActionState.CLOSED, ActionState.IMPLEMENTED)),
            CorrectiveAction.due_on < today,
        )
    )
    return failing(exists(found))
