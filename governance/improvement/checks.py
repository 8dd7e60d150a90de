"""What a gate or an auditor asks about findings and corrective actions."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, literal, select

from governance.core import clock
from governance.core.checks import check
from governance.core.records import Record
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


def _actions(condition: Any) -> Select[Any]:
    columns: Any = select(CorrectiveAction.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(CorrectiveAction).where(
        Record.kind == "corrective_action", condition
    )
    return statement


def _findings(condition: Any) -> Select[Any]:
    columns: Any = select(Finding.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(Finding).where(Record.kind == "finding", condition)
    return statement


@check(
    "improvement.root_cause",
    clause="10.2",
    severity="major",
    title="Corrective actions have a root cause",
    fix="/corrective-actions/{reference}",
    about="corrective_action",
)
def without_root_cause(today: date) -> Select[Any]:
    """An action says nothing about why it happened."""
    return _actions(CorrectiveAction.root_cause == "")


@check(
    "improvement.effect_verified",
    clause="10.2",
    severity="major",
    title="Closed actions were verified",
    fix="/corrective-actions/{reference}",
    about="corrective_action",
)
def closed_without_verification(today: date) -> Select[Any]:
    """An action is closed and nobody judged its effect."""
    return _actions(
        and_(CorrectiveAction.state == ActionState.CLOSED, CorrectiveAction.verified_on.is_(None))
    )


@check(
    "improvement.verifier_independent",
    clause="10.2",
    severity="critical",
    title="Verifiers are not the owners",
    fix="/corrective-actions/{reference}",
    about="corrective_action",
)
def verifier_is_owner(today: date) -> Select[Any]:
    """Who does an action also verifies it (INV-COR1)."""
    return _actions(CorrectiveAction.verifier_id == CorrectiveAction.owner_id)


@check(
    "improvement.majors_in_time",
    clause="10.2",
    severity="critical",
    title="Major findings closed within 90 days",
    fix="/findings/{reference}",
    about="finding",
)
def major_too_long(today: date) -> Select[Any]:
    """A major finding is open for more than 90 days (ISO/IEC 17021-1)."""
    old = clock.now() - timedelta(days=90)
    return _findings(
        and_(Finding.grade == Grade.MAJOR, Finding.state.not_in(_CLOSED), Record.created_at < old)
    )


@check(
    "improvement.not_repeated",
    clause="10.2",
    severity="major",
    title="Findings do not come back",
    fix="/findings/{reference}",
    about="finding",
)
def repeated(today: date) -> Select[Any]:
    """An open finding repeats an earlier one: the corrective action did not reach the cause."""
    return _findings(and_(Finding.repeat_of_id.is_not(None), Finding.state.not_in(_CLOSED)))


@check(
    "improvement.action_planned",
    clause="10.2",
    severity="major",
    title="Nonconformities have a corrective action",
    fix="/findings/{reference}",
    about="finding",
)
def without_action(today: date) -> Select[Any]:
    """A nonconformity older than 30 days has no corrective action (INV-FIN1)."""
    old = clock.now() - timedelta(days=30)
    action = CorrectiveAction.__table__
    planned = exists(select(action.c.id).where(action.c.finding_id == Finding.id))
    grave = Finding.grade.in_((Grade.MAJOR, Grade.MINOR))
    return _findings(and_(grave, Finding.state.not_in(_CLOSED), Record.created_at < old, ~planned))
