"""What a gate or an auditor would ask: each room declares its checks, everything that judges a system asks the same ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from governance.core import clock
from governance.core.errors import Gap

Missing = Callable[[date], Select[Any]]


@dataclass(frozen=True)
class Check:
    """One question about AI systems.

    `missing(today)` is a SELECT of (system's record id, reference, detail text) of the systems that fail it. `fix` is the
    path of the page that mends it, with `{reference}` for the system. `severity` is critical, major or minor.
    """

    id: str
    clause: str
    severity: str
    title: str
    missing: Missing
    fix: str


_registry: dict[str, Check] = {}


def check(id: str, *, clause: str, severity: str, title: str, fix: str) -> Callable[[Missing], Missing]:
    """Declare a check; decorates the function that builds its SELECT."""

    def declare(missing: Missing) -> Missing:
        if id in _registry:
            raise ValueError(f"The check {id} is declared twice.")
        _registry[id] = Check(id, clause, severity, title, missing, fix)
        return missing

    return declare


def every() -> tuple[Check, ...]:
    """All declared checks in order of id."""
    return tuple(_registry[key] for key in sorted(_registry))


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
