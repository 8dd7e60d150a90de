"""What a gate or an auditor asks about findings and corrective actions."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, Text, and_, cast, exists, literal, or_, select
from sqlalchemy.orm import aliased

from governance.core import clock
from governance.core.checks import check
from governance.core.records import Link, Record
from governance.evidence.service import LINK_ROLE
from governance.improvement.catalogue import rules
from governance.improvement.models import (
    BEFORE_DONE,
    ActionState,
    CorrectiveAction,
    Finding,
    FindingState,
    Grade,
)
from governance.systems.checks import failing
from governance.systems.models import AiSystem

_CLOSED = (FindingState.CLOSED, FindingState.WITHDRAWN)
_GRAVE = Finding.grade.in_((Grade.MAJOR, Grade.MINOR))


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
        .where(CorrectiveAction.state.in_(BEFORE_DONE), CorrectiveAction.due_on < today)
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
    """An action is planned or further and says nothing about why it happened."""
    early = (ActionState.OPEN, ActionState.CONTAINED)
    return _actions(and_(CorrectiveAction.state.not_in(early), CorrectiveAction.root_cause == ""))


def _issued_before(today: date, step: str) -> Any:
    """Whether the days that a finding's grade has for a step have passed since it was issued."""
    found, spine = Finding.__table__, aliased(Record.__table__)
    passed = [
        and_(
            found.c.grade == name,
            spine.c.created_at < _days_ago(today, getattr(grade, f"{step}_within_days")),
        )
        for name, grade in rules().grades.items()
    ]
    issued = select(found.c.id).join(spine, spine.c.id == found.c.id)
    return issued.where(spine.c.state.not_in(_CLOSED), or_(*passed))


def _days_ago(today: date, days: int) -> datetime:
    """Midnight before the day on which a step was due that was asked of somebody so many days ago."""
    return datetime.combine(today - timedelta(days=days), time(), tzinfo=UTC)


@check(
    "improvement.contained_in_time",
    clause="10.2",
    severity="major",
    title="Findings are contained in time",
    fix="/corrective-actions/{reference}",
    about="corrective_action",
)
def not_contained(today: date) -> Select[Any]:
    """An action is not contained within the days of its finding's grade."""
    late = CorrectiveAction.finding_id.in_(_issued_before(today, "contain"))
    return _actions(and_(CorrectiveAction.state == ActionState.OPEN, late))


@check(
    "improvement.done_with_evidence",
    clause="10.2, 7.5.3",
    severity="major",
    title="Actions carried out have evidence",
    fix="/corrective-actions/{reference}",
    about="corrective_action",
)
def without_evidence(today: date) -> Select[Any]:
    """An action is said to be carried out and nothing shows it."""
    done = (ActionState.IMPLEMENTED, ActionState.EFFECTIVENESS_CHECK, ActionState.CLOSED)
    shown = exists(select(Link.id).where(Link.source_id == CorrectiveAction.id, Link.role == LINK_ROLE))
    return _actions(and_(CorrectiveAction.state.in_(done), ~shown))


@check(
    "improvement.effect_checked_in_time",
    clause="10.2",
    severity="major",
    title="Effects are checked in time",
    fix="/corrective-actions/{reference}",
    about="corrective_action",
)
def effect_unchecked(today: date) -> Select[Any]:
    """An action was carried out, its finding is past its date, and nobody judged the effect."""
    found = Finding.__table__
    late = CorrectiveAction.finding_id.in_(select(found.c.id).where(found.c.due_on < today))
    return _actions(and_(CorrectiveAction.state == ActionState.IMPLEMENTED, late))


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
    "improvement.major_within_90_days",
    clause="10.2",
    severity="critical",
    title="Major findings closed within 90 days",
    fix="/findings/{reference}",
    about="finding",
)
def major_too_long(today: date) -> Select[Any]:
    """A major finding is open for more than 90 days (ISO/IEC 17021-1), or what config/improvement.yaml says instead."""
    old = clock.now() - timedelta(days=rules().grades[Grade.MAJOR].close_within_days)
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
    """A nonconformity has no corrective action within the days of its grade (INV-FIN1)."""
    action = CorrectiveAction.__table__
    planned = exists(select(action.c.id).where(action.c.finding_id == Finding.id))
    late = Finding.id.in_(_issued_before(today, "plan"))
    return _findings(and_(_GRAVE, late, ~planned))


@check(
    "improvement.requirement_named",
    clause="9.2.2, 10.2",
    severity="minor",
    title="Nonconformities name a clause or control",
    fix="/findings/{reference}",
    about="finding",
)
def without_requirement(today: date) -> Select[Any]:
    """An open nonconformity names neither clause nor control, so that nobody sees when it comes back."""
    found = Finding.__table__.c
    nothing = [cast(column, Text).in_(("[]", "null")) for column in (found.clauses, found.controls)]
    return _findings(and_(_GRAVE, Finding.state.not_in(_CLOSED), *nothing))
