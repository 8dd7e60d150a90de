"""The registry rebuilt from its trail, against backups that were taken at the moments themselves."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from governance import demo
from governance.access import queries as people
from governance.consultations.models import SMALLEST_GROUP
from governance.consultations.participation_models import Relation, Stakeholder, StakeholderKind
from governance.core import clock, records, search
from governance.core.canonical import plain
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.records import Base, Record
from governance.core.settings import load
from governance.systems.models import AiSystem
from governance.trail import queries, rebuild
from governance.trail.replay import instead, is_revealed
from tests.cast import CAST
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.trail.test_as_of import WORDS, a_change
from tests.trail.test_trail import log_system

Rows = dict[tuple[str, int], dict[str, Any]]


def dump(session: Session) -> Rows:
    """Every row of every audited table, each column as a plain value."""
    found: Rows = {}
    for mapper in Base.registry.mappers:
        if not mapper.class_.__audited__ or mapper.class_ is Record:
            continue
        columns = {item.key: item.columns[0] for item in mapper.column_attrs}
        statement = select(*(column.label(name) for name, column in columns.items()))
        for row in session.execute(statement.select_from(mapper.persist_selectable)):
            values = {name: plain(value) for name, value in zip(columns, row, strict=True)}
            place = (str(mapper.class_.__tablename__), values[mapper.primary_key[0].name])
            found[place] = values
    return found


def columns_of(table: str) -> dict[str, Any]:
    mapper = next(item for item in Base.registry.mappers if item.class_.__tablename__ == table)
    return {item.key: item.columns[0] for item in mapper.column_attrs}


def rows_of(path: Path) -> Rows:
    database = Database.of_file(path)
    with database.transaction(readonly=True) as session:
        found = dump(session)
    database.dispose()
    return found


def agree(rebuilt: Rows, backup: Rows, now: Rows) -> int:
    """Compare row by row. What the trail hides is the same where it still is what it was then, and absent where not."""
    assert set(rebuilt) == set(backup)
    compared = 0
    for place, then in backup.items():
        for name, column in columns_of(place[0]).items():
            value, wanted = rebuilt[place][name], then[name]
            hidden = {"secret", "digest", "least"} & set(column.info)
            if value != wanted:
                assert hidden, f"{place} {name}: {value!r} is not {wanted!r}"
                kept = now.get(place, {}).get(name)
                assert not is_revealed(column) or kept != wanted, (
                    f"{place} {name}: it is still what it was, and was left out"
                )
                assert value == plain(instead(column)) or value in ([], "[]")
            compared += 1
    return compared


def something(session: Session, chance: Random, number: int) -> None:
    """A change of any sort: of a system and its parts, of people and secrets, of numbers of few, of links."""
    systems = list(session.scalars(select(AiSystem).order_by(AiSystem.id)))
    what = chance.randrange(6)
    if what <= 1:
        a_change(session, chance.choice(systems), chance)
    elif what == 2:
        person = people.by_email(session, CAST[chance.choice(sorted(CAST))].email)
        assert person is not None
        person.position, person.password_hash = chance.choice(WORDS), f"hash {number}"
    elif what == 3:
        session.add(
            Stakeholder(
                title=f"Group {number}", state="confirmed", name_key=f"group {chance.getrandbits(60)}", party=next(iter(StakeholderKind)),
                relation=next(iter(Relation)), contact=f"Room {number}", size=chance.randrange(2 * SMALLEST_GROUP),
            )
        )  # fmt: skip
    elif what == 4 and (groups := list(session.scalars(select(Stakeholder)))):
        group = chance.choice(groups)
        group.size, group.contact = chance.choice((None, 0, 2, SMALLEST_GROUP, 40)), chance.choice(WORDS)
    else:
        one, two = chance.choice(systems), chance.choice(systems)
        there = list(session.scalars(select(records.Link)))
        if there and chance.randrange(2):
            session.delete(chance.choice(there))
        else:
            records.link(session, one, two, f"role {number}")


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_moment_equals_the_backup_that_was_taken_then(house: House, tmp_path: Path, seed: int) -> None:
    chance, now = Random(seed), MORNING
    backups: dict[int, Rows] = {}
    days: dict[int, Any] = {}
    with clock.held_at(now):
        for _ in range(3):
            log_system(house)
    for number in range(25):
        now += timedelta(hours=chance.randrange(1, 30))
        with clock.held_at(now), house.acting("olivia") as session:
            for _ in range(chance.randrange(1, 4)):
                something(session, chance, number)
                session.flush()
                session.expire_all()
        if chance.randrange(5) == 0 or number == 24:
            with house.reading() as session:
                size = queries.head(session)[0]
                backups[size], days[size] = dump(session), now
    with house.reading() as session:
        present = dump(session)
        for size, backup in backups.items():
            made = rebuild.rebuild(session, size, tmp_path / "then.db")
            assert agree(rows_of(tmp_path / "then.db"), backup, present) > 300
            then = Database.of_file(tmp_path / "then.db")
            with then.transaction(readonly=True) as past:
                assert queries.head(past) == (size, made.root)
                found = past.scalars(select(Record.title).where(search.matching(past, "sepsis")))
                assert len(list(found)) == 3
            then.dispose()
        # Where events stand in the order of their dates, leaving out what is later leaves out nothing.
        rebuild.rebuild(session, size, tmp_path / "dated.db", until=days[size])
        assert rows_of(tmp_path / "dated.db") == rows_of(tmp_path / "then.db")


@pytest.mark.slow
def test_the_demonstration_at_any_moment_equals_its_backup(tmp_path: Path) -> None:
    """All rooms at once: the file is copied in the middle of telling the story, and each copy compared later."""
    settings = load({"AIMS_DATA": str(tmp_path / "data")})
    live = tmp_path / "data" / "registry.building.db"
    copies: list[Path] = []
    commits = 0

    def copy(session: Session) -> None:
        nonlocal commits
        if session.info.get("readonly"):
            return
        commits += 1
        if commits % 60 == 0:
            copies.append(tmp_path / f"copy-{commits}.db")
            with sqlite3.connect(live) as source, sqlite3.connect(copies[-1]) as target:
                source.backup(target)

    event.listen(Session, "after_commit", copy)
    try:
        assert demo.load(settings, lambda _: None)
    finally:
        event.remove(Session, "after_commit", copy)
    database = Database(settings.database_url)
    with database.transaction(readonly=True) as session:
        present = dump(session)
        for path in copies:
            backup = Database(f"sqlite:///{path}")
            with backup.transaction(readonly=True) as then:
                size, root = queries.head(then)
                rows = dump(then)
            backup.dispose()
            assert rebuild.rebuild(session, size, tmp_path / "then.db").root == root
            agree(rows_of(tmp_path / "then.db"), rows, present)
    database.dispose()
    assert len(copies) >= 5


def test_a_trail_that_was_rewritten_is_not_rebuilt(sqlite_url: str, tmp_path: Path) -> None:
    house = House(Database(sqlite_url))
    log_system(house)
    with house.database.transaction() as session:
        connection = session.connection()
        connection.exec_driver_sql("DROP TRIGGER trail_event_no_update")
        connection.exec_driver_sql("UPDATE trail_event SET body = replace(body, 'Olivia', 'Mallory')")
    with house.reading() as session, pytest.raises(Refused, match="do not lead to its tree"):
        rebuild.rebuild(session, queries.head(session)[0], tmp_path / "then.db")
    assert list(tmp_path.glob("then.db*")) == []
    house.database.dispose()
