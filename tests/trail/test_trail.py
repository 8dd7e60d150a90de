"""The trail: complete by construction, append-only, and telling exactly which event is wrong."""

import json
import multiprocessing

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from governance.access.actor import INSTALLER
from governance.core import records
from governance.core.database import Database
from governance.core.records import Record
from governance.systems.models import AiSystem, SystemVersion
from governance.trail import guards, queries, schema, verification
from governance.trail.capture import NobodyActs
from governance.trail.merkle import Frontier, leaf_hash
from governance.trail.models import TrailEvent
from governance.trail.verification import Checkpoint
from tests.house_fixtures import House


def log_system(house: House, title: str = "Sepsis early warning") -> str:
    with house.database.transaction(INSTALLER, source="test") as session:
        system = AiSystem(title=title, state="draft")
        session.add(system)
        session.flush()
        return system.reference


def fill(house: House, events: int) -> None:
    """Add systems until the trail has so many events."""
    with house.database.transaction(INSTALLER, source="test") as session:
        for number in range(events - queries.head(session)[0]):
            session.add(AiSystem(title=f"System {number}", state="draft"))


def size(database: Database) -> int:
    with database.transaction(readonly=True) as session:
        return queries.head(session)[0]


def test_a_change_is_recorded_with_before_after_actor_and_source(house: House) -> None:
    reference = log_system(house)
    with house.acting("olivia", reason="purpose was vague") as session:
        records.get(session, AiSystem, reference).intended_purpose = "Warn of sepsis six hours ahead"
    with house.reading() as session:
        event = queries.history(session, records.get(session, AiSystem, reference))[0]
        body = json.loads(session.scalars(select(TrailEvent.body).where(TrailEvent.seq == event.seq)).one())
    assert event.changes == (("intended_purpose", "", "Warn of sepsis six hours ahead"),)
    assert (event.actor, event.source, event.reason, body["request"]) == (
        "Olivia Officer",
        "test",
        "purpose was vague",
        "test",
    )


def test_a_part_is_filed_under_its_record(house: House) -> None:
    reference = log_system(house)
    with house.acting("olivia") as session:
        system = records.get(session, AiSystem, reference)
        system.versions.append(SystemVersion(number=1, label="1.0", state="draft"))
    with house.reading() as session:
        kinds = {event.kind for event in queries.history(session, records.get(session, AiSystem, reference))}
    assert kinds == {"ai_system", "system_version"}


def test_a_rolled_back_transaction_leaves_no_event(house: House) -> None:
    before = size(house.database)
    with pytest.raises(ZeroDivisionError), house.acting("olivia") as session:
        session.add(AiSystem(title="Never was", state="draft"))
        session.flush()
        raise ZeroDivisionError
    assert size(house.database) == before


def test_a_rolled_back_savepoint_takes_its_own_events_only(house: House) -> None:
    before = size(house.database)
    with house.acting("olivia") as session:
        session.add(AiSystem(title="Stays", state="draft"))
        session.flush()
        savepoint = session.begin_nested()
        session.add(AiSystem(title="Goes", state="draft"))
        session.flush()
        savepoint.rollback()
    assert size(house.database) == before + 1


def test_nobody_cannot_change_anything(house: House) -> None:
    with pytest.raises(NobodyActs), house.database.transaction() as session:
        session.add(AiSystem(title="By nobody", state="draft"))


def test_bulk_changes_are_refused_because_the_trail_would_not_see_them(house: House) -> None:
    from sqlalchemy import update

    log_system(house)
    with pytest.raises(NobodyActs), house.acting("olivia") as session:
        session.execute(update(AiSystem).values(unit="Somewhere"))


def test_passwords_never_reach_the_trail(house: House) -> None:
    with house.reading() as session:
        bodies = session.scalars(select(TrailEvent.body).where(TrailEvent.kind == "person")).all()
    assert bodies and not any("argon2" in body for body in bodies)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trail_event SET verb = 'x'",
        "DELETE FROM trail_event",
        "DELETE FROM trail_head",
        "UPDATE trail_head SET size = 0",
        "UPDATE trail_node SET hash = 'x'",
        "DELETE FROM trail_node",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(house: House, statement: str) -> None:
    fill(house, 17)
    with pytest.raises(DatabaseError), house.database.engine.begin() as connection:
        connection.execute(text(statement))


def test_guards_are_there_again_after_a_migration(house: House) -> None:
    with house.database.engine.begin() as connection:
        if house.database.is_sqlite:
            connection.execute(text("DROP TRIGGER trail_event_no_update"))
        else:
            connection.execute(text("DROP TRIGGER trail_event_no_update ON trail_event"))
        assert guards.missing(connection) == ("trail_event_no_update",)
    schema.upgrade(house.database)
    with house.database.engine.connect() as connection:
        assert guards.missing(connection) == ()


def test_a_guard_that_does_nothing_is_named_and_put_right_by_an_upgrade(house: House) -> None:
    with house.database.engine.begin() as connection:
        if house.database.is_sqlite:
            connection.execute(text("DROP TRIGGER trail_head_no_delete"))
            idle = (
                "CREATE TRIGGER trail_head_no_delete BEFORE DELETE ON trail_head WHEN 0 BEGIN SELECT 1; END"
            )
        else:
            idle = (
                "CREATE OR REPLACE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RETURN OLD; END $$"
            )
        connection.execute(text(idle))
    with house.reading() as session:
        faults = verification.verify(session).faults
    assert "The guard trail_head_no_delete is missing from the database, or does something else." in faults
    schema.upgrade(house.database)
    with house.reading() as session:
        assert verification.verify(session).faults == ()


GUARDED = ("trail_event", "trail_head", "trail_node", "trail_checkpoint", "trail_cosignature")


def tamper(database: Database, *statements: str) -> None:
    """Change the trail as somebody would who owns the database: without the triggers."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'trail_%'"
            for name in connection.execute(text(names)).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in GUARDED:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement))
        if not database.is_sqlite:
            for table in GUARDED:
                connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        guards.install(connection)


def shorten(database: Database, size: int) -> None:
    """Cut the trail and write everything beside it anew, as somebody would who knows how it is built."""
    with database.transaction(readonly=True) as session:
        kept = session.execute(
            select(TrailEvent.leaf_hash, TrailEvent.chain)
            .where(TrailEvent.seq <= size)
            .order_by(TrailEvent.seq)
        ).all()
    frontier, chain = Frontier(), kept[-1].chain
    for leaf, _ in kept:
        frontier.append(bytes.fromhex(leaf))
    peaks = json.dumps([peak.hex() for peak in frontier.peaks])
    tamper(
        database,
        f"DELETE FROM trail_event WHERE seq > {size}",
        f"DELETE FROM trail_node WHERE (position + 1) * (1 << level) > {size}",
        f"UPDATE trail_head SET size = {size}, root = '{frontier.root.hex()}', peaks = '{peaks}', chain = '{chain}'",
    )


def verdict(database: Database, *checkpoints: Checkpoint) -> verification.Verdict:
    with database.transaction(readonly=True) as session:
        return verification.verify(session, checkpoints)


def test_an_untouched_trail_is_intact(house: House) -> None:
    log_system(house)
    found = verdict(house.database)
    assert found.intact and found.size == size(house.database) > 10


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", "replace(body, 'Olivia', 'Oliver')"),
        ("actor_id", "999"),
        ("verb", "'systems.edit'"),
        ("kind", "'other'"),
        ("at", "'2020-01-01 00:00:00+00'"),
        ("leaf_hash", f"'{'0' * 64}'"),
        ("chain", f"'{'0' * 64}'"),
        ("record_id", "4711"),
    ],
)
def test_a_changed_column_is_found_and_its_event_named(house: House, column: str, value: str) -> None:
    with house.reading() as session:
        seq = session.scalars(select(TrailEvent.seq).where(TrailEvent.body.contains("Olivia"))).first()
    tamper(house.database, f"UPDATE trail_event SET {column} = {value} WHERE seq = {seq}")
    faults = verdict(house.database).faults
    assert faults and faults[0].startswith(f"Event {seq}:")


@pytest.mark.parametrize("number", [1, 16, 17, 30])
def test_an_event_rewritten_together_with_its_hash_is_named(house: House, number: int) -> None:
    fill(house, 40)
    with house.reading() as session:
        body = session.scalars(select(TrailEvent.body).where(TrailEvent.seq == number)).one()
    forged = body.replace('"source":"test"', '"source":"text"')
    assert forged != body
    tamper(
        house.database,
        f'UPDATE trail_event SET body = replace(body, \'"source":"test"\', \'"source":"text"\'), '
        f"leaf_hash = '{leaf_hash(forged.encode()).hex()}' WHERE seq = {number}",
    )
    faults = verdict(house.database).faults
    assert [fault for fault in faults if fault.startswith(f"Event {number}:")]
    assert not [fault for fault in faults if fault.startswith("Event") and f"Event {number}:" not in fault]


def test_every_wrong_event_is_named_and_not_only_the_first(house: House) -> None:
    fill(house, 60)
    tamper(
        house.database, "UPDATE trail_event SET body = replace(body, 'test', 'text') WHERE seq IN (3, 20, 55)"
    )
    faults = " ".join(verdict(house.database).faults)
    assert all(f"Event {number}:" in faults for number in (3, 20, 55)) and "Event 21" not in faults


def test_two_events_that_change_places_are_both_named(house: House) -> None:
    fill(house, 20)
    tamper(
        house.database,
        "UPDATE trail_event SET seq = -1 WHERE seq = 7",
        "UPDATE trail_event SET seq = 7 WHERE seq = 8",
        "UPDATE trail_event SET seq = 8 WHERE seq = -1",
    )
    faults = " ".join(verdict(house.database).faults)
    assert "Event 7: its content says it is event 8" in faults
    assert "Event 8: its content says it is event 7" in faults


def test_an_added_event_is_found(house: House) -> None:
    count = size(house.database)
    tamper(
        house.database,
        "INSERT INTO trail_event (seq, at, actor_id, verb, kind, record_id, body, leaf_hash, chain) "
        f"SELECT {count + 1}, at, actor_id, verb, kind, record_id, body, leaf_hash, chain FROM trail_event WHERE seq = {count}",
    )
    faults = verdict(house.database).faults
    assert faults[0].startswith(f"Event {count + 1}:")
    assert f"The head counts {count} events" in faults[-1]


@pytest.mark.parametrize("level", [4, 8])
def test_a_changed_node_and_one_that_is_gone_are_named(house: House, level: int) -> None:
    fill(house, 300)
    where = f"level = {level} AND position = 0"
    tamper(house.database, f"UPDATE trail_node SET hash = '{'0' * 64}' WHERE {where}")
    assert verdict(house.database).faults == (
        f"The stored node over events 1 to {2**level} does not follow from them.",
    )
    tamper(house.database, f"DELETE FROM trail_node WHERE {where}")
    assert verdict(house.database).faults == (f"The stored node over events 1 to {2**level} is missing.",)
    tamper(house.database, f"INSERT INTO trail_node VALUES ({level}, 0, '{'0' * 64}'), ({level}, 500, 'x')")
    assert len(verdict(house.database).faults) == 2


def test_a_trail_that_is_wrong_throughout_fills_no_memory_with_sentences(house: House) -> None:
    fill(house, 400)
    tamper(house.database, "UPDATE trail_event SET verb = 'nothing.true'")
    faults = verdict(house.database).faults
    assert len(faults) == 201 and "more wrong" in faults[-1]


def test_a_removed_event_is_named(house: House) -> None:
    tamper(house.database, "DELETE FROM trail_event WHERE seq = 5")
    assert "event 5 is missing" in verdict(house.database).faults[0]


def test_truncation_is_found_by_the_head_and_by_an_earlier_checkpoint(house: House) -> None:
    """Beat list 5: the last ten events deleted with plain SQL."""
    log_system(house)
    kept = verdict(house.database)
    checkpoint = Checkpoint(kept.size, kept.root)
    tamper(house.database, f"DELETE FROM trail_event WHERE seq > {kept.size - 10}")
    assert "truncated" in verdict(house.database).faults[0]
    shorten(house.database, kept.size - 10)
    assert verdict(house.database).intact
    assert "truncated" in verdict(house.database, checkpoint).faults[0]


def _write(url: str, who: str, times: int) -> None:
    database = Database(url)
    house = House(database)
    actor = house.actor(who)
    for number in range(times):
        with database.transaction(actor, source="test") as session:
            session.add(AiSystem(title=f"{who} {number}", state="draft"))
    database.dispose()


def test_eight_processes_and_sixty_changes_lose_nothing(house: House, database_url: str) -> None:
    """Beat list 4: exactly 480 events, the tree verifies, and references have neither gap nor double."""
    before = size(house.database)
    house.database.dispose()
    context = multiprocessing.get_context("spawn")
    people = ("olivia", "owen", "tess", "asha", "prue", "ada", "eve", "victor")
    processes = [context.Process(target=_write, args=(database_url, who, 60)) for who in people]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    found = verdict(house.database)
    assert found.intact and found.size == before + 480
    with house.reading() as session:
        references = sorted(session.scalars(select(Record.reference).where(Record.kind == "ai_system")))
    assert references == [f"SYS-{number:04d}" for number in range(1, 481)]
