"""Rows that are bound by a digest in an audited row instead of an event each: computes the digests and compares them.

A digest is a chain over the rows in order of their keys, of SHA-256 over the canonical JSON of each row's columns that
are not empty, with the prefixes of the trail's own tree and chain (RFC 9162, 2.1.1; RFC 8785). Whoever changes, adds or
takes away a row, or puts two in another order, changes it; and the row that holds it is the trail's business.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Date, String, Table, Text, cast, select, type_coerce
from sqlalchemy.orm import Session

from governance.core.canonical import NotCanonicalError, canonical
from governance.core.records import Base, Bound, Record, table_of
from governance.core.types import Choice, UtcDateTime
from governance.trail.merkle import EMPTY_ROOT, chained, leaf_hash

_AT_ONCE = 500


def digests(session: Session, kind: type[Base], whole_id: int) -> dict[str, str]:
    """The digests of the rows of a whole as they are in the database now, by the name of the column that holds each.

    Rows stream, so memory does not grow with them. Raises ValueError if a value cannot be read.
    """
    how, table = _how(kind), table_of(kind)
    links = dict.fromkeys(how.digests, EMPTY_ROOT)
    columns = [(column.name, column.type) for column in table.columns if column.name != how.whole]
    statement = select(*(readable(table.c[name]) for name, _ in columns)).where(
        table.c[how.whole] == whole_id
    )
    statement = statement.order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
    for row in session.connection().execute(statement):
        # What is empty is left out, so that a column that is added later, and empty, changes no digest.
        values = {
            name: parsed(value, of)
            for value, (name, of) in zip(row, columns, strict=True)
            if value is not None
        }
        for held, left in how.digests.items():
            content = {name: value for name, value in values.items() if name not in left} if left else values
            links[held] = chained(links[held], leaf_hash(canonical(content)))
    return {held: link.hex() for held, link in links.items()}


def faults(session: Session) -> Iterator[str]:
    """Each whole whose rows are not those that it holds the digests of, and rows that belong to no whole."""
    for mapper in Base.registry.mappers:
        if mapper.class_.BOUND is not None:
            yield from _faults(session, mapper.class_)


def _faults(session: Session, kind: type[Base]) -> Iterator[str]:
    how, rows = _how(kind), table_of(kind)
    pointer = rows.c[how.whole]
    whole = next(iter(pointer.foreign_keys)).column.table
    held = [whole.c[name] for name in how.digests]
    noun = rows.name.replace("_", " ")
    lost = select(pointer).where(pointer.not_in(select(whole.c.id))).distinct().order_by(pointer)
    for number in session.scalars(lost):
        yield f"Rows of {noun} belong to {whole.name} {number}, which is not there."
    for number, *wanted in session.execute(select(whole.c.id, *held).order_by(whole.c.id)).all():
        yield from _of_whole(session, kind, number, dict(zip(how.digests, wanted, strict=True)), whole)


def _of_whole(
    session: Session, kind: type[Base], number: int, wanted: dict[str, str | None], whole: Table
) -> Iterator[str]:
    noun = kind.__tablename__.replace("_", " ")
    named = _named(session, whole, number)
    try:
        found = digests(session, kind, number)
    except (ValueError, NotCanonicalError):
        yield f"{named}: a row of its {noun}s holds something that cannot be read."
        return
    if not any(wanted.values()):
        if any(link != EMPTY_ROOT.hex() for link in found.values()):
            yield f"{named}: it has {noun}s, and holds no digest of them."
        return
    if any(digest is not None and digest != found[held] for held, digest in wanted.items()):
        yield f"{named}: its {noun}s are not those that it holds the digest of; one was changed, added or taken away."


def _named(session: Session, whole: Table, number: int) -> str:
    records = table_of(Record).c
    reference = session.scalars(select(records.reference).where(records.id == number)).first()
    return reference or f"{whole.name.replace('_', ' ')} {number}"


def _how(kind: type[Base]) -> Bound:
    assert kind.BOUND is not None, kind
    return kind.BOUND


def readable(column: Any) -> Any:
    """The column so that whatever stands in it can be fetched, also what its type would choke on."""
    if isinstance(column.type, (JSON, Date, UtcDateTime)):
        return cast(column, Text)
    return type_coerce(column, String) if isinstance(column.type, Choice) else column


def parsed(raw: Any, kind: Any) -> Any:
    """The value of the column's own type. Raises ValueError if the text is none."""
    if raw is None or not isinstance(raw, str):
        return raw
    if isinstance(kind, JSON):
        return json.loads(raw)
    if isinstance(kind, UtcDateTime):
        moment = datetime.fromisoformat(raw)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return date.fromisoformat(raw) if isinstance(kind, Date) else raw
