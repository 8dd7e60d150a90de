"""Brings a database to the present schema: Alembic's history, then the search index, the head and the guards."""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select

from governance.core import paths, search
from governance.core.database import Database
from governance.core.records import Base, table_of
from governance.trail import guards
from governance.trail.merkle import EMPTY_ROOT
from governance.trail.models import TrailHead


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(paths.migrations_dir()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Run what is missing of the history and put search, head and guards in place. Harmless where nothing is missing."""
    with database.rebuilding() as connection:
        command.upgrade(_config(connection), "head")
        search.install(connection)
        heads = table_of(TrailHead)
        if connection.execute(select(heads.c.id)).first() is None:
            connection.execute(
                insert(heads).values(id=1, size=0, root=EMPTY_ROOT.hex(), peaks=[], chain=EMPTY_ROOT.hex())
            )
        guards.install(connection)


def is_current(database: Database) -> bool:
    """Whether the database is at the newest revision."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def differences(database: Database) -> list[Any]:
    """What differs between the models and the migrated schema; empty when they are equal."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or not search.is_machinery(name),
            },
        )
        return list(compare_metadata(context, Base.metadata))
