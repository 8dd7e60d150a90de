"""Reads about red lines."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.core.records import Record
from governance.systems.models import AiSystem
from governance.values.catalogue import values
from governance.values.models import RedLineCheck, RedLineState


def checks_of(session: Session, system: AiSystem) -> list[RedLineCheck]:
    """All checks of a system, newest first."""
    statement = select(RedLineCheck).where(RedLineCheck.system_id == system.id)
    return list(session.scalars(statement.order_by(RedLineCheck.id.desc())))


def latest_checks(session: Session, system: AiSystem) -> dict[str, RedLineCheck | None]:
    """The newest check per red line; None where there is none."""
    found: dict[str, RedLineCheck | None] = {item.id: None for item in values().red_lines}
    for check in reversed(checks_of(session, system)):
        found[check.red_line] = check
    return found


def open_breaches(session: Session) -> list[RedLineCheck]:
    """Breaches that are not cleared, oldest first."""
    statement = (
        select(RedLineCheck)
        .where(Record.kind == "red_line_check", RedLineCheck.state == RedLineState.BREACHED)
        .order_by(Record.reference)
    )
    return list(session.scalars(statement.limit(200)))


def counts(session: Session) -> dict[tuple[str, str], int]:
    """Number of systems per (red line, state of their newest check)."""
    newest = select(func.max(RedLineCheck.id)).group_by(RedLineCheck.system_id, RedLineCheck.red_line)
    statement = select(RedLineCheck.red_line, RedLineCheck.state, func.count()).where(
        RedLineCheck.id.in_(newest)
    )
    rows = session.execute(statement.group_by(RedLineCheck.red_line, RedLineCheck.state))
    return {(line, state): total for line, state, total in rows}
