"""What stands in the tables against what the trail said last: no value of any column may change unnoticed."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import JSON, Boolean, Date, Float, Integer, Numeric, select, text
from sqlalchemy.orm import Mapper, Session

from governance.access import queries as people
from governance.access.actor import INSTALLER
from governance.cli import main
from governance.consultations.participation_models import Relation, Stakeholder, StakeholderKind
from governance.core import records
from governance.core.database import Database
from governance.core.records import Base, Record
from governance.core.settings import Settings
from governance.core.types import Choice, UtcDateTime
from governance.systems import imports
from governance.systems.mapping_files import load_mapping
from governance.systems.models import AiSystem
from governance.trail import capture, present, verification
from governance.trail.models import TrailEvent, TrailOpening
from tests.cast import CAST
from tests.house_fixtures import House
from tests.systems.inventory import many
from tests.trail.test_trail import log_system


def disagreements(database: Database) -> list[str]:
    with database.transaction(readonly=True) as session:
        return present.compare(session).faults


def sql(database: Database, *statements: str) -> None:
    """Change rows as somebody with a SQL prompt would: past the program and what the database would refuse."""
    with database.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if database.is_sqlite:
            raw.execute("PRAGMA foreign_keys = OFF")
            raw.execute("PRAGMA ignore_check_constraints = ON")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
        if database.is_sqlite:
            raw.execute("PRAGMA foreign_keys = ON")
            raw.execute("PRAGMA ignore_check_constraints = OFF")
        else:
            connection.execute(text("SET session_replication_role = DEFAULT"))
            connection.commit()


@pytest.fixture
def told(demo_settings: Settings) -> Iterator[Database]:
    """The demonstration, with a row in each table that it leaves empty."""
    database = Database(demo_settings.database_url)
    import_a_file(database)
    with database.transaction(INSTALLER, source="test") as session:
        for mapper in audited():
            if session.execute(select(mapper.local_table)).first() is None:
                session.add(any_row(session, mapper))
                session.flush()
    yield database
    database.dispose()


def import_a_file(database: Database) -> None:
    """An inventory of three rows, previewed by the compliance officer of the demonstration."""
    mapping = load_mapping("generic")
    rows = list(imports.read_rows(mapping, many(3), "inventory.csv"))
    with database.transaction(readonly=True) as session:
        planned = imports.plan(session, mapping, rows)
        olivia = people.by_email(session, "olivia@demo.example")
        assert olivia is not None
        actor = people.actor_for(olivia)
    with database.transaction(actor, source="test") as session:
        run = imports.upload(session, mapping, filename="inventory.csv", sha256="0" * 64, size=1)
        imports.keep_preview(session, run, planned)


def audited() -> list[Mapper[Any]]:
    found = [mapper for mapper in Base.registry.mappers if mapper.class_.__audited__]
    return sorted(
        (item for item in found if item.class_ is not Record), key=lambda item: item.class_.__name__
    )


def any_row(session: Session, mapper: Mapper[Any]) -> Base:
    """A row that breaks no constraint, made by the unit of work and so known to the trail."""
    values: dict[str, Any] = {}
    for attribute in mapper.column_attrs:
        column: Any = attribute.columns[0]
        own = column.table is mapper.local_table or attribute.key in ("title", "state")
        if not own or column.default is not None or (column.primary_key and not column.foreign_keys):
            continue
        if column.primary_key and issubclass(mapper.class_, Record):
            continue
        values[attribute.key] = any_value(session, column)
    return mapper.class_(**values)


def any_value(session: Session, column: Any) -> Any:
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        there = session.execute(select(target).limit(1)).scalar()
        if there is not None:
            return there
        mapper = next(item for item in Base.registry.mappers if item.local_table is target.table)
        made = any_row(session, mapper)
        session.add(made)
        session.flush()
        return getattr(made, target.key)
    kind = column.type
    if isinstance(kind, Choice):
        return next(iter(kind.choices))
    if isinstance(kind, UtcDateTime):
        return datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(2026, 1, 1)
    if isinstance(kind, JSON):
        return {"a": 1}
    if isinstance(kind, Boolean):
        return True
    return 7 if isinstance(kind, (Integer, Numeric, Float)) else f"text of {column.name}"


def other(kind: Any, value: Any) -> str:
    """Another value for a column, as SQL; the smallest change that there is."""
    if isinstance(kind, JSON):
        return "'" + json.dumps([json.loads(value)] if value else ["new"]).replace("'", "''") + "'"
    if isinstance(kind, Choice) or (
        value is None and not isinstance(kind, (UtcDateTime, Date, Boolean, Integer, Float))
    ):
        return f"'{value or ''}x'"
    if isinstance(kind, UtcDateTime):
        moment = datetime.fromisoformat(value) if value else datetime(2026, 1, 1)  # noqa: DTZ001
        return f"'{moment + timedelta(microseconds=1):%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(kind, Date):
        return f"'{(date.fromisoformat(value) if value else date(2026, 1, 1)) + timedelta(days=1)}'"
    if isinstance(kind, Boolean):
        return str(int(not int(value or 0)))
    if isinstance(kind, Float):
        return repr(float(value or 0) + 1e-9)
    if isinstance(kind, Integer):
        # Far away, because next to it may stand another row that has to be unique.
        return str(int(value or 0) + 1_000_003)
    return "'" + (str(value) + " ").replace("'", "''") + "'"


def test_the_demonstration_agrees_with_its_trail(told: Database) -> None:
    with told.transaction(readonly=True) as session:
        found = present.compare(session)
        strange = verification.verify(session).faults
    assert strange == ("Key 1, which checkpoints are verified with, cannot be read.",), "the row of no sense"
    assert found.faults == [] and found.unsealed == 0 and found.rows > 1000


def test_no_value_of_any_column_of_any_table_changes_unnoticed(told: Database) -> None:
    """One value changed in every column of every audited table, keys aside; each must be named."""
    changes, wanted = [], []
    with told.transaction(readonly=True) as session:
        for mapper in audited():
            keys = {"id", "reference", "kind"} | {column.name for column in mapper.local_table.primary_key}
            row = session.execute(select(mapper.persist_selectable).limit(1)).mappings().one()
            values = {attribute.key: row[attribute.columns[0]] for attribute in mapper.column_attrs}
            for attribute in mapper.column_attrs:
                column: Any = attribute.columns[0]
                if attribute.key in keys:
                    continue
                table = column.table
                where = " AND ".join(f"{item.name} = {literal(row[item])}" for item in table.primary_key)
                raw = session.execute(
                    text(f"SELECT {column.name} FROM {table.name} WHERE {where}")
                ).scalar_one()
                changes.append(
                    f"UPDATE {table.name} SET {column.name} = {other(column.type, raw)} WHERE {where}"
                )
                named = present._named(present._kind(mapper), present._key(mapper, values))
                wanted.append(f"{named}, {attribute.key}: ")
    sql(told, *changes)
    with told.transaction(readonly=True) as session:
        faults = "\n".join(["", *present.compare(session, most=100_000).faults])
    missed = [place for place in wanted if f"\n{place}" not in faults]
    assert missed == [] and len(wanted) > 500, f"{len(missed)} of {len(wanted)} unnoticed"


def literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


def test_no_key_of_any_row_changes_unnoticed(told: Database) -> None:
    """The row under its old key is gone, the one under the new key nobody made."""
    changes, wanted = [], []
    with told.transaction(readonly=True) as session:
        for mapper in audited():
            column: Any = list(mapper.local_table.primary_key)[-1]
            row = session.execute(select(mapper.persist_selectable).limit(1)).mappings().one()
            values = {attribute.key: row[attribute.columns[0]] for attribute in mapper.column_attrs}
            where = " AND ".join(
                f"{item.name} = {literal(row[item])}" for item in mapper.local_table.primary_key
            )
            new = row[column] + 9_000_000 if isinstance(row[column], int) else f"{row[column]}x"
            changes.append(
                f"UPDATE {mapper.local_table.name} SET {column.name} = {literal(new)} WHERE {where}"
            )
            wanted.append(present._named(present._kind(mapper), present._key(mapper, values)))
    sql(told, *changes)
    with told.transaction(readonly=True) as session:
        faults = "\n".join(["", *present.compare(session, most=100_000).faults])
    assert [name for name in wanted if f"\n{name} is not there any more" not in faults] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE record SET reference = 'SYS-0099' WHERE reference = 'SYS-0001'",
            "SYS-0099 is there, but no event",
        ),
        ("UPDATE record SET kind = 'risk' WHERE reference = 'SYS-0001'", "SYS-0001 is there as risk"),
        (
            "UPDATE record SET state = 'retired' WHERE reference = 'SYS-0001'",
            'SYS-0001, state: it says "retired"',
        ),
        (
            "UPDATE record SET version = 1 WHERE reference = 'SYS-0001'",
            "SYS-0001, version: it says 1, the trail's last event says 2",
        ),
        (
            "UPDATE record SET created_at = 'x' WHERE reference = 'SYS-0001'",
            "SYS-0001, created_at: it holds something that cannot be read",
        ),
        (
            "UPDATE ai_system SET links = '{' WHERE id > 0",
            "SYS-0001, links: it holds something that cannot be read",
        ),
        (
            "UPDATE person SET password_hash = 'x' WHERE id = 1",
            "person 1, password_hash: its value is not the one that the trail has sealed",
        ),
        ("DELETE FROM ai_system", "SYS-0001 is not there any more"),
        ("UPDATE ai_system SET id = 900", "ai system 900 is there, but it belongs to no record"),
        (
            "INSERT INTO role_grant (id, person_id, role, granted_at) SELECT 900, 1, 'auditor', '2026-01-01'",
            "role grant 900 is there, but no event",
        ),
        ("DELETE FROM trail_opening", "the trail has sealed"),
    ],
)
def test_what_somebody_changes_past_the_program_is_named(house: House, change: str, said: str) -> None:
    reference = log_system(house)
    with house.acting("olivia") as session:
        records.get(session, AiSystem, reference).unit = "Ward 7"
    assert disagreements(house.database) == []
    if not house.database.is_sqlite and (("= 'x'" in change and "created_at" in change) or "'{'" in change):
        pytest.skip("PostgreSQL itself takes nothing that cannot be read")
    sql(house.database, change)
    assert said in "\n".join(disagreements(house.database))


def night_nurses() -> Stakeholder:
    return Stakeholder(
        title="Night nurses",
        state="current",
        name_key="night nurses",
        party=StakeholderKind.EMPLOYEES,
        relation=Relation.DIRECTLY_AFFECTED,
        size=3,
        contact="nurses@example.org",
    )


def test_numbers_of_few_people_are_sealed_and_not_said(house: House) -> None:
    """CON-5 and the comparison together: from three to two is a change that the trail proves and never says."""
    with house.database.transaction(INSTALLER, source="test") as session:
        session.add(night_nurses())
    with house.reading() as session:
        body = session.scalars(select(TrailEvent.body).where(TrailEvent.kind == "stakeholder")).one()
    assert json.loads(body)["changes"]["size"] == [None, "fewer than 5"] and "nurses@" not in body
    assert disagreements(house.database) == []
    sql(house.database, "UPDATE stakeholder SET size = 2")
    assert "STK-0001, size: its value is not the one that the trail has sealed." in disagreements(
        house.database
    )
    sql(house.database, "UPDATE stakeholder SET size = 3, contact = 'nobody@example.org'")
    assert "STK-0001, contact: its value" in "".join(disagreements(house.database))


def test_what_was_erased_cannot_be_guessed_from_the_trail(house: House) -> None:
    """The random number of a former value is gone with it, so no list of candidates finds the value."""
    with house.database.transaction(INSTALLER, source="test") as session:
        stakeholder = night_nurses()
        session.add(stakeholder)
        session.flush()
        reference = stakeholder.reference
    with house.reading() as session:
        before = session.scalars(select(TrailOpening.nonce).where(TrailOpening.kind == "stakeholder")).all()
    with house.database.transaction(INSTALLER, source="test") as session:
        records.get(session, Stakeholder, reference).contact = ""
    with house.reading() as session:
        after = session.scalars(select(TrailOpening.nonce)).all()
        sealed = [
            json.loads(body)["sealed"]["contact"]
            for body in session.scalars(select(TrailEvent.body).where(TrailEvent.kind == "stakeholder"))
        ]
    assert not set(before) <= set(after) and len(set(sealed)) == 2
    assert any(capture.commitment(nonce, "nurses@example.org") in sealed for nonce in before)
    assert not any(capture.commitment(nonce, "nurses@example.org") in sealed for nonce in after)


def test_a_value_from_before_the_seals_is_counted_and_not_called_wrong(house: House) -> None:
    """Events of earlier versions have no seal, and no key where they made a part."""
    with house.reading() as session:
        people = session.scalars(select(TrailEvent.body).where(TrailEvent.kind == "person")).all()
    bodies = [json.loads(body) for body in people]
    with house.database.transaction(INSTALLER, source="test") as session:
        for body in bodies:
            for left in ("sealed", "seq"):
                body.pop(left, None)
            body["key"] = "" if body["op"] == "create" else body["key"]
        capture.append(session, bodies)
    with house.reading() as session:
        found = present.compare(session)
    assert found.faults == [] and found.unsealed == len(CAST)


def test_the_command_line_names_the_record_and_ends_with_one(house: House, settings: Settings) -> None:
    log_system(house)
    environment = {"AIMS_DATA": str(settings.data_dir), "AIMS_DATABASE": settings.database_url}
    good = CliRunner().invoke(main, ["trail", "verify", "--records"], env=environment)
    assert good.exit_code == 0 and "rows agree with it" in good.output
    assert "No head from outside was compared" in good.output
    sql(house.database, "UPDATE record SET title = 'Another' WHERE reference = 'SYS-0001'")
    assert CliRunner().invoke(main, ["trail", "verify"], env=environment).exit_code == 0
    bad = CliRunner().invoke(main, ["trail", "verify", "--records"], env=environment)
    assert bad.exit_code == 1 and 'WRONG  SYS-0001, title: it says "Another"' in bad.output


def test_what_stands_in_the_database_cannot_pretend_to_be_the_verdict(
    house: House, settings: Settings
) -> None:
    log_system(house)
    with house.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE record SET kind = :kind WHERE reference = 'SYS-0001'"),
            {"kind": "x\x1b[2K\rThe trail is intact\n"},
        )
    environment = {"AIMS_DATA": str(settings.data_dir), "AIMS_DATABASE": settings.database_url}
    found = CliRunner().invoke(main, ["trail", "verify", "--records"], env=environment)
    assert found.exit_code == 1 and "x[U+001B][2K[U+000D]The trail is intact[U+000A]" in found.output
    assert all(line.startswith("WRONG  ") for line in found.output.splitlines())
