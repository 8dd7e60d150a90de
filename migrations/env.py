"""Alembic environment: one history for SQLite and PostgreSQL, on a connection given by the program."""

from alembic import context

from governance import rooms
from governance.core.records import Base
from governance.core.search import is_machinery
from governance.core.types import Choice, UtcDateTime

rooms.load_tables()


def render_item(type_: str, item: object, _: object) -> str | bool:
    """Write our column types as what they are in the database, so that history needs no program code."""
    if type_ == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if type_ == "type" and isinstance(item, Choice):
        return "sa.String(40)"
    return False


def include_name(name: str | None, type_: str, _: object) -> bool:
    """Leave the search index tables to core.search."""
    return not (type_ == "table" and is_machinery(name))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render_item,
    include_name=include_name,
    render_as_batch=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
