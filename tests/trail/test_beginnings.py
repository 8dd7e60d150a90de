"""Rebuilds that go on from an earlier file: the same as from the first event, and never from a file that is not of this very trail."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from governance.core import clock, records
from governance.core.database import Database
from governance.core.records import Record
from governance.systems.models import AiSystem
from governance.trail import beginnings, moments, queries, rebuild
from governance.trail.moments import Moments
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.trail.test_rebuild import something
from tests.trail.test_trail import log_system


def content(path: Path) -> dict[str, list[Any]]:
    """Every row of every table of a file, the statements of its schema, and what its words find."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        names = [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # The machinery of full text and the planner's figures: how they came about shows in them, what they hold does not.
        own = [name for name in names if not name.startswith(("record_search", "sqlite_"))]
        found = {name: sorted(file.execute(f'SELECT * FROM "{name}"'), key=repr) for name in own}
        found["schema"] = sorted(
            file.execute("SELECT sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"), key=repr
        )
        for word in ("sepsis", "group", "olivia"):
            found[f"words {word}"] = sorted(
                file.execute("SELECT rowid, * FROM record_search WHERE record_search MATCH ?", (word,))
            )
        return found


def tell(house: House, chance: Random, changes: int, begun: datetime = MORNING) -> datetime:
    """Something happens on some days; the last of them."""
    now = begun
    for number in range(changes):
        now += timedelta(hours=chance.randrange(1, 30))
        with clock.held_at(now), house.acting("olivia") as session:
            for _ in range(chance.randrange(1, 4)):
                something(session, chance, number)
                session.flush()
                session.expire_all()
    return now


@pytest.fixture
def told(house: House) -> House:
    """A registry in which things of every sort happened."""
    with clock.held_at(MORNING):
        for _ in range(3):
            log_system(house)
    tell(house, Random(7), 20)
    return house


def size_of(house: House) -> int:
    with house.reading() as session:
        return queries.head(session)[0]


def holds_for(house: House, folder: Path, examples: int) -> None:
    """One file goes on from the other, in any number of steps of any length."""
    size = size_of(house)

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
    @given(st.lists(st.integers(1, size), min_size=2, max_size=4, unique=True).map(sorted))
    def the_same(sizes: list[int]) -> None:
        with house.reading() as session:
            files: list[Path] = []
            for number, upto in enumerate(sizes):
                path = folder / f"{number}.db"
                made = rebuild.rebuild(session, upto, path, starts=files)
                assert made.replayed == upto - (sizes[number - 1] if number else 0)
                files.append(path)
            rebuild.rebuild(session, sizes[-1], folder / "whole.db")
            assert content(files[-1]) == content(folder / "whole.db")

    the_same()


def test_what_goes_on_from_an_earlier_file_is_the_same_as_from_the_first_event(
    told: House, tmp_path: Path
) -> None:
    holds_for(told, tmp_path, 4)


@pytest.mark.slow
def test_the_same_for_many_more(told: House, tmp_path: Path) -> None:
    holds_for(told, tmp_path, 40)


@pytest.mark.parametrize("seed", [11, pytest.param(12, marks=pytest.mark.slow)])
def test_the_same_while_the_registry_goes_on(house: House, tmp_path: Path, seed: int) -> None:
    """Files made on the way, of any day up to then, while what they may show in words changes."""
    chance, begun = Random(seed), clock.now() + timedelta(days=1)
    now = begun
    kept = Moments(tmp_path / "moments")
    made: set[moments.Moment] = set()
    with clock.held_at(now):
        log_system(house)
    for _ in range(8):
        now = tell(house, chance, 3, now)
        with clock.held_at(now), house.reading() as live:
            day = (begun + timedelta(days=chance.randrange((now - begun).days + 1))).date()
            moment = moments.at(live, day)
            kept.make(live, moment)
            made.add(moment)
    compared = 0
    with house.reading() as live:
        for moment in made:
            if kept.is_ready(live, moment):
                rebuild.rebuild(live, moment.size, tmp_path / "whole.db", until=moment.until)
                one, two = (
                    content(path)
                    for path in (next((tmp_path / "moments").glob(f"*/{moment.name}")), tmp_path / "whole.db")
                )
                one.pop("moment_made"), two.pop("moment_made")
                assert one == two
                compared += 1
    assert compared


@pytest.fixture
def earlier(told: House, tmp_path: Path) -> tuple[House, Path, int]:
    """A registry, a file of its first half, and its size."""
    size = size_of(told)
    with told.reading() as session:
        rebuild.rebuild(session, size // 2, tmp_path / "earlier.db")
    return told, tmp_path / "earlier.db", size


def replayed(house: House, path: Path, **more: Any) -> int:
    with house.reading() as session:
        size = queries.head(session)[0]
        made = rebuild.rebuild(session, size, path.parent / "then.db", starts=[path], **more)
        rebuild.rebuild(session, size, path.parent / "whole.db", **more)
    assert content(path.parent / "then.db") == content(path.parent / "whole.db")
    return made.replayed


def test_a_file_that_was_changed_is_not_gone_on_from(earlier: tuple[House, Path, int]) -> None:
    house, path, size = earlier
    assert replayed(house, path) == size - size // 2
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE record SET title = 'Tampered'")
    assert replayed(house, path) == size


def test_a_file_without_its_hash_or_cut_off_is_not_gone_on_from(earlier: tuple[House, Path, int]) -> None:
    house, path, size = earlier
    whole, beside = path.read_bytes(), beginnings.beside(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert replayed(house, path) == size
    path.write_bytes(whole)
    assert replayed(house, path) == size - size // 2
    beside.write_text("")
    assert replayed(house, path) == size
    beside.unlink()
    assert replayed(house, path) == size


def test_a_file_of_another_registry_is_not_gone_on_from(
    earlier: tuple[House, Path, int], sqlite_template: Path, tmp_path: Path
) -> None:
    """Neither one with other events, nor one of another history that says it has this one's tree."""
    house, _, size = earlier
    shutil.copyfile(sqlite_template, tmp_path / "other-registry.db")
    other = House(Database(f"sqlite:///{tmp_path / 'other-registry.db'}"))
    with clock.held_at(MORNING):
        for _ in range(20):
            log_system(other)
    with other.reading() as session:
        foreign = tmp_path / "foreign.db"
        rebuild.rebuild(session, min(size, queries.head(session)[0]) - 1, foreign)
    assert replayed(house, foreign) == size
    other.database.dispose()


def test_events_that_stand_out_of_order_are_replayed_from_the_first(house: House, tmp_path: Path) -> None:
    """What an earlier file left out because of its date belongs to a later one, and the other way round."""
    with clock.held_at(MORNING + timedelta(days=9)):
        late = log_system(house)
    with clock.held_at(MORNING + timedelta(days=2)):
        log_system(house)
    size, path = size_of(house), tmp_path / "earlier.db"
    with house.reading() as session:
        rebuild.rebuild(session, size, path, until=MORNING + timedelta(days=3))
    assert replayed(house, path, until=MORNING + timedelta(days=10)) == size, "it lacks what is dated later"
    with house.reading() as session:
        rebuild.rebuild(session, size, path, until=MORNING + timedelta(days=10))
    assert replayed(house, path, until=MORNING + timedelta(days=3)) == size, "it has what is dated later"
    assert replayed(house, path, until=MORNING + timedelta(days=11)) == 0
    with closing(sqlite3.connect(tmp_path / "then.db")) as file:
        assert file.execute("SELECT 1 FROM record WHERE reference = ?", (late,)).fetchone()


def test_files_made_before_the_registry_was_set_back_are_neither_shown_nor_gone_on_from(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """A restored backup goes on otherwise: what was made of the events that are lost now is removed."""
    live, backup = tmp_path / "registry.db", tmp_path / "backup.db"
    shutil.copyfile(sqlite_template, live)
    house = House(Database(f"sqlite:///{live}"))
    with clock.held_at(MORNING):
        reference = log_system(house)
    with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    kept, day = Moments(tmp_path / "moments"), MORNING + timedelta(days=1)
    for unit in ("Ward 6", "Ward 7"):
        with clock.held_at(day), house.acting("olivia") as session:
            records.get(session, AiSystem, reference).unit = unit
    with clock.held_at(day), house.reading() as session:
        moment = moments.at(session, day.date())
        kept.make(session, moment)
        assert kept.is_ready(session, moment) and len(list(tmp_path.glob("moments/*/*"))) == 2
    house.database.dispose()
    for path in tmp_path.glob("registry.db*"):
        path.unlink()
    shutil.copyfile(backup, live)
    again = House(Database(f"sqlite:///{live}"))
    for unit in ("Ward 8", "Ward 9"):
        with clock.held_at(day), again.acting("olivia") as session:
            records.get(session, AiSystem, reference).unit = unit
    with clock.held_at(day), again.reading() as session:
        assert moments.at(session, day.date()) == moment, "the same day and the same number of events"
        assert (
            not Moments(tmp_path / "moments").is_ready(session, moment)
            and list(tmp_path.glob("moments/*/*")) == []
        )
        made = rebuild.rebuild(session, moment.size, tmp_path / "then.db", starts=[])
        assert made.replayed == moment.size
    again.database.dispose()


def test_a_kept_file_that_was_changed_cut_off_or_exchanged_is_not_shown(house: House, tmp_path: Path) -> None:
    """What a page or a sealed pack says of a day comes from the trail, not from whoever can write to the folder."""
    days = [clock.now() + timedelta(days=1), clock.now() + timedelta(days=3)]
    for day in days:
        with clock.held_at(day):
            log_system(house)
    folder = tmp_path / "moments"
    with clock.held_at(days[-1]), house.reading() as live:
        one, two = (moments.at(live, day.date()) for day in days)
        for moment in (one, two):
            Moments(folder).make(live, moment)
        path, other = (next(folder.glob(f"*/{moment.name}")) for moment in (one, two))
        whole, later = path.read_bytes(), other.read_bytes()
        hashes = beginnings.beside(path).read_text()
        assert Moments(folder).is_ready(live, one)
        with closing(sqlite3.connect(path)) as file, file:
            file.execute("UPDATE record SET title = 'Tampered'")
        for found in (path.read_bytes(), whole[: len(whole) // 2], later):
            path.write_bytes(found)
            beginnings.beside(path).write_text(hashes)
            assert not Moments(folder).is_ready(live, one)
        Moments(folder).make(live, one)
        with Moments(folder).database(one).transaction(readonly=True) as then:
            assert "Tampered" not in list(then.scalars(select(Record.title)))
        path.write_bytes(later)
        beginnings.beside(path).write_text(beginnings.beside(other).read_text().replace(two.name, one.name))
        assert not Moments(folder).is_ready(live, one), "it is whole, and of another day"
        assert Moments(folder).is_ready(live, two)
