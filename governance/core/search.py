"""Full text over the spine: FTS5 on SQLite, tsvector on PostgreSQL, behind three functions."""

import re

from sqlalchemy import ColumnElement, Connection, column, event, func, literal_column, select, table, text
from sqlalchemy.orm import Session

from governance.core.records import Record

_SQLITE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS record_search USING fts5(document, tokenize='unicode61 remove_diacritics 2')",
)
_POSTGRESQL = (
    "CREATE TABLE IF NOT EXISTS record_search (rowid bigint PRIMARY KEY, document tsvector NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_record_search_document ON record_search USING gin (document)",
)
_search = table("record_search", column("rowid"), column("document"))


def install(connection: Connection) -> None:
    """Create the index tables; harmless where they are."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.execute(text(statement))


def is_machinery(name: str | None) -> bool:
    """Whether a table belongs to the search machinery and not to the models."""
    return bool(name and name.startswith("record_search"))


def searchable_text(record: Record) -> str:
    """Words by which a record is found: its reference, title, and what its kind adds in SEARCHED."""
    extra = (str(getattr(record, name) or "") for name in record.SEARCHED)
    return " ".join((record.reference, record.title, *extra))


def matching(session: Session, words: str) -> ColumnElement[bool]:
    """A condition on the spine: the record has a word beginning with each of the typed words."""
    tokens = re.findall(r"\w+", words.lower())
    if not tokens:
        return Record.__table__.c.id > 0
    record_id = Record.__table__.c.id
    if session.get_bind().dialect.name == "sqlite":
        query = " ".join(f'"{token}"*' for token in tokens)
        found = select(_search.c.rowid).where(literal_column("record_search").op("MATCH")(query))
    else:
        query = " & ".join(f"{token}:*" for token in tokens)
        found = select(_search.c.rowid).where(_search.c.document.op("@@")(func.to_tsquery("simple", query)))
    return record_id.in_(found)


@event.listens_for(Session, "after_flush")
def _index(session: Session, *_: object) -> None:
    changed = [row for row in session.dirty if isinstance(row, Record) and session.is_modified(row)]
    added = [row for row in session.new if isinstance(row, Record)]
    if not changed and not added:
        return
    connection = session.connection()
    sqlite = connection.dialect.name == "sqlite"
    if changed:
        connection.execute(
            text("DELETE FROM record_search WHERE rowid = :id"), [{"id": row.id} for row in changed]
        )
    document = ":words" if sqlite else "to_tsvector('simple', :words)"
    connection.execute(
        text(f"INSERT INTO record_search (rowid, document) VALUES (:id, {document})"),  # noqa: S608 - two constants
        [{"id": row.id, "words": searchable_text(row)} for row in [*changed, *added]],
    )
