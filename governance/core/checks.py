"""What a gate or an auditor would ask: each room declares its checks; gates, pages, packs and the dry audit ask the same ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select
from sqlalchemy.orm import Session

from governance.core import clock
from governance.core.errors import Gap

Missing = Callable[[date], Select[Any]]

AI_SYSTEM = "ai_system"
ORGANISATION = "organisation"
NO_RECORD = 0


@dataclass(frozen=True)
class Check:
    """One question that an auditor would ask.

    `missing(today)` is a SELECT of (record id, reference, detail text) of the records that fail it. `about` is the kind of
    these records: `ai_system` for what gates ask too, another kind such as `indicator`, or ORGANISATION for a question with
    one answer, whose SELECT gives one row with `NO_RECORD` and an empty reference if it fails. `fix` is the path of the page
    that mends it, with `{reference}` for the record. `severity` is critical, major or minor.
    """

    id: str
    clause: str
    severity: str
    title: str
    missing: Missing
    fix: str
    about: str = AI_SYSTEM


_registry: dict[str, Check] = {}


def check(
    id: str, *, clause: str, severity: str, title: str, fix: str, about: str = AI_SYSTEM
) -> Callable[[Missing], Missing]:
    """Declare a check; decorates the function that builds its SELECT."""

    def declare(missing: Missing) -> Missing:
        if id in _registry:
            raise ValueError(f"The check {id} is declared twice.")
        _registry[id] = Check(id, clause, severity, title, missing, fix, about)
        return missing

    return declare


def every() -> tuple[Check, ...]:
    """All declared checks in order of id."""
    return tuple(_registry[key] for key in sorted(_registry))


def about_systems() -> tuple[Check, ...]:
    """The checks that ask about AI systems, in order of id: what gates, pages and packs of one system show."""
    return tuple(item for item in every() if item.about == AI_SYSTEM)


def failing_as_a_whole(condition: ColumnElement[bool], detail: str) -> Select[Any]:
    """SELECT for a question about the organisation: one row with the detail if the condition holds, else none."""
    columns: Any = select(
        literal(NO_RECORD).label("id"), literal("").label("reference"), literal(detail).label("detail")
    )
    statement: Select[Any] = columns.where(condition)
    return statement


def named(id: str) -> Check:
    """The check of this id. Raises KeyError for an id that no room declares."""
    return _registry[id]


def gaps_of(session: Session, system_id: int, ids: Iterable[str]) -> tuple[Gap, ...]:
    """The gaps of one system among the named checks, in their order."""
    found = []
    for key in ids:
        item = named(key)
        statement = item.missing(clock.today())
        system_column = statement.selected_columns[0]
        rows = session.execute(statement.where(system_column == system_id)).all()
        found += [_gap(item, row) for row in rows[:1]]
    return tuple(found)


def _gap(item: Check, row: Any) -> Gap:
    _, reference, detail = row
    return Gap(
        item.id, item.clause, item.severity, item.title, item.fix.format(reference=reference), detail or ""
    )
