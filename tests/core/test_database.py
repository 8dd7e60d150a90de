"""Transactions: safe reads, gapless references, optimistic locking; and a schema that equals the models."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from governance.core import records
from governance.core.database import Database
from governance.core.errors import Conflict
from governance.systems.models import AiSystem
from governance.trail import schema
from tests.house_fixtures import House


def test_the_migrated_schema_equals_the_models(database: Database) -> None:
    assert schema.differences(database) == []


@pytest.mark.postgres
def test_the_migrated_schema_equals_the_models_on_postgresql(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    assert schema.differences(database) == []
    database.dispose()


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    schema.upgrade(database)
    assert schema.is_current(database)


def test_a_safe_request_cannot_write(house: House) -> None:
    with (
        pytest.raises(DatabaseError),
        house.database.transaction(house.actor("olivia"), readonly=True) as session,
    ):
        session.add(AiSystem(title="By a GET", state="draft"))


def test_a_number_given_back_is_given_out_again(house: House) -> None:
    with pytest.raises(ZeroDivisionError), house.acting("olivia") as session:
        session.add(AiSystem(title="Rolled back", state="draft"))
        session.flush()
        raise ZeroDivisionError
    with house.acting("olivia") as session:
        system = AiSystem(title="First to stay", state="draft")
        session.add(system)
        session.flush()
        assert system.reference == "SYS-0001"


def test_the_second_of_two_editors_gets_a_conflict(house: House) -> None:
    """INV-G9: a stale save is refused, not merged silently."""
    with house.acting("olivia") as session:
        session.add(AiSystem(title="Contested", state="draft"))
    with pytest.raises(Conflict), house.acting("olivia") as slow:
        stale = records.get(slow, AiSystem, "SYS-0001") if not house.database.is_sqlite else None
        if stale is None:
            # SQLite puts writers in line, so the stale value is one that was read before.
            with house.reading() as session:
                stale = records.get(session, AiSystem, "SYS-0001")
            with house.database.engine.begin() as connection:
                connection.execute(text("UPDATE record SET version = version + 1"))
            stale = slow.merge(stale, load=False)
        else:
            with house.acting("owen") as quick:
                records.get(quick, AiSystem, "SYS-0001").unit = "first"
        stale.unit = "second"


def test_dangling_references_are_refused_by_the_database(house: House) -> None:
    with pytest.raises(DatabaseError), house.database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO link (source_id, target_id, role, created_at) VALUES (4711, 4712, 'x', '2026-01-01')"
            )
        )
