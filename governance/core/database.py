"""Engine, sessions and the one place that commits; the dialect differences of transactions live here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

from governance.core.errors import Conflict, DomainError

_BUSY_MILLISECONDS = 30_000


class Database:
    """A registry's database. All reading and writing goes through `transaction`; nothing else commits."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        named = str(self.url.database or "")
        if self.is_sqlite and named not in ("", ":memory:") and not named.startswith("file:"):
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = create_engine(
            self.url, pool_size=20, max_overflow=10, pool_pre_ping=not self.is_sqlite
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
        event.listen(self.engine, "begin", self._begin)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(
            self.engine.execution_options(aims_readonly=True), expire_on_commit=False
        )

    def _begin(self, connection: Connection) -> None:
        readonly = bool(connection.get_execution_options().get("aims_readonly"))
        if self.is_sqlite:
            # Writers take the lock at once: a reader that upgrades later can dead-lock with another one.
            connection.exec_driver_sql(f"PRAGMA query_only = {int(readonly)}")
            connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")
        elif readonly:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @contextmanager
    def transaction(self, actor: object = None, *, readonly: bool = False, **info: Any) -> Iterator[Session]:
        """Open a session for one unit of work: returning commits, raising rolls back.

        `actor` is who acts (see access.actor); a session without one cannot write audited rows. `info` may carry
        `source`, `request_id` and `reason` for the trail. `readonly` is enforced by the database itself.
        Raises Conflict if another transaction changed a record in between.
        """
        factory = self._readers if readonly else self._sessions
        with factory() as session:
            session.info.update(info, actor=actor, readonly=readonly)
            try:
                yield session
                session.commit()
            except StaleDataError as error:
                session.rollback()
                raise Conflict("Somebody else changed this record while you were working on it.") from error
            except DomainError:
                session.rollback()
                raise
            except BaseException:
                # A traceback may keep a half-read result alive, and with it SQLite's old snapshot: this connection is not reused.
                session.invalidate()
                raise

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A transaction in which the schema changes.

        SQLite changes a table by making it anew, which rows that point at it would forbid; so foreign keys are not
        enforced meanwhile, and all of them are checked before the commit. Raises RuntimeError if one is broken.
        """
        with self.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if self.is_sqlite and raw is not None:
                raw.cursor().execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
                    if self.is_sqlite:
                        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                        if broken:
                            raise RuntimeError(f"Rows would point at nothing: {broken[:5]}")
            finally:
                if self.is_sqlite and raw is not None:
                    raw.cursor().execute("PRAGMA foreign_keys = ON")

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """A SQLite file that is never written again, such as a registry rebuilt as it was."""
        return cls(f"sqlite:///file:{quote(str(path))}?mode=ro&immutable=1&uri=true")

    def is_there(self) -> bool:
        """Whether there is something to connect to; asking makes no empty SQLite file."""
        return not self.is_sqlite or Path(str(self.url.database)).exists()

    def tune(self) -> None:
        """Let the database look at how its tables grew, so that it plans well. PostgreSQL does so by itself."""
        if self.is_sqlite:
            with self.engine.connect().execution_options(aims_readonly=False) as connection:
                connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
                connection.exec_driver_sql("PRAGMA optimize = 0x10002")
                connection.commit()

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def upsert(session: Session, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the session's dialect that understands ON CONFLICT."""
    return sqlite.insert(table) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(table)


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling delays BEGIN; ours is in `_begin`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # What a participant withdraws is overwritten in the file, not only unlinked.
        "secure_delete = ON",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
