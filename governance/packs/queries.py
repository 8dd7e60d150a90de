"""Reads about evidence packs."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from governance.controls import dry_audit
from governance.core import checks, records, search
from governance.core.records import Page
from governance.packs.models import Pack
from governance.systems import queries as systems
from governance.systems.models import AiSystem

P = TypeVar("P", bound=Pack)


def listing(
    session: Session,
    of: type[P],
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[P]]:
    """One page of packs of a kind, with what each is about."""
    statement: Select[P] = select(of)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(of.state == state)
    kind = str(of.__mapper__.polymorphic_identity)
    return records.page(session, statement, kind=kind, sort=sort, descending=descending, after=after)


def gaps_of_selection(
    session: Session, words: str = "", filters: Mapping[str, str] | None = None
) -> list[tuple[checks.Check, int]]:
    """What the dry audit asks of systems and how many of those that words and filters choose fail it, gravest first."""
    chosen = systems.filtered(session, words, filters).with_only_columns(AiSystem.id)
    found = []
    for check in checks.about_systems():
        rows = dry_audit.offending(check).subquery()
        number = select(func.count()).select_from(rows).where(next(iter(rows.c)).in_(chosen))
        if count := session.execute(number).scalar_one():
            found.append((check, count))
    order = {"critical": 0, "major": 1}
    return sorted(found, key=lambda pair: (order.get(pair[0].severity, 2), -pair[1], pair[0].id))
