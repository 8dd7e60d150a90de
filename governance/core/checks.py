"""What a gate or an auditor would ask: each room declares its checks; gates, pages, packs and the dry audit ask the same ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from governance.core import clock
from governance.core.errors import Gap
from governance.core.types import BigId

Missing = Callable[[date], Select[Any]]

AI_SYSTEM = "ai_system"
ORGANISATION = "organisation"
NO_RECORD = 0
_SYSTEM = "asked_of_system"


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
    asked = tuple(ids)
    if not asked:
        return ()
    rows = session.execute(_all_of(asked, clock.today()), {_SYSTEM: system_id})
    return tuple(_gap(named(asked[row.place]), row) for row in sorted(rows, key=lambda row: row.place))


@lru_cache(maxsize=64)
def _all_of(ids: tuple[str, ...], today: date) -> CompoundSelect[Any]:
    """One statement for many checks: putting twenty together for each of a thousand systems takes longer than asking them."""
    return union_all(*(_one_of(place, named(key).missing(today)) for place, key in enumerate(ids)))


def _one_of(place: int, missing: Select[Any]) -> Select[Any]:
    of_system = missing.selected_columns[0] == bindparam(_SYSTEM, type_=BigId)
    row = missing.where(of_system).limit(1).subquery()
    _, reference, detail = row.c
    return select(
        literal_column(str(place)).label("place"), reference.label("reference"), detail.label("detail")
    )


def _gap(item: Check, row: Any) -> Gap:
    _, reference, detail = row
    return Gap(
        item.id, item.clause, item.severity, item.title, item.fix.format(reference=reference), detail or ""
    )
