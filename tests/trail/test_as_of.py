"""A record as it was on a day, from the trail alone, against copies of its rows that were put aside on the day."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from governance.core import clock, records
from governance.systems.models import AiSystem, SystemVersion
from governance.trail.as_of import RowThen, as_of, difference
from governance.trail.capture import as_written
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.trail.test_trail import log_system
from tests.web_fixtures import Browser

WORDS = ("", "Ward 7", "Intensive care", "Ärztlicher Dienst")


def a_change(session: Session, system: AiSystem, chance: Random) -> None:
    """Something that happens to a system: a field, a list, a date, a part more, a part other, a part less."""
    what = chance.randrange(6)
    versions = list(system.versions)
    if what == 0:
        system.unit = chance.choice(WORDS)
    elif what == 1:
        system.languages = chance.sample(("German", "Turkish", "French"), chance.randrange(4))
    elif what == 2:
        system.retain_until = chance.choice((None, date(2026, 1, 1) + timedelta(chance.randrange(300))))
    elif what == 3 or not versions:
        number = max((item.number for item in versions), default=0) + 1
        system.versions.append(SystemVersion(number=number, label=f"{number}.0", state="draft"))
    elif what == 4:
        chance.choice(versions).label = chance.choice(WORDS)
    else:
        session.delete(chance.choice(versions))


def backup(session: Session, reference: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows as they stand in the tables, empty columns left out."""
    system = records.get(session, AiSystem, reference)
    rows = {("ai_system", reference): system} | {
        ("system_version", str(version.id)): version for version in system.versions
    }
    return {place: row_values(row) for place, row in rows.items()}


def row_values(row: Any) -> dict[str, Any]:
    values = {
        item.key: as_written(item.columns[0], getattr(row, item.key))
        for item in inspect(row).mapper.column_attrs
    }
    return {name: value for name, value in values.items() if value is not None}


def written(rows: tuple[RowThen, ...]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (row.kind, row.key): {name: value for name, value in row.values.items() if value is not None}
        for row in rows
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_moment_equals_the_copy_that_was_put_aside_then(house: House, seed: int) -> None:
    chance, now, kept = Random(seed), MORNING, {}
    with clock.held_at(now):
        reference = log_system(house)
    for _ in range(25):
        now += timedelta(hours=chance.randrange(1, 30))
        with clock.held_at(now), house.acting("olivia") as session:
            for _ in range(chance.randrange(1, 3)):
                a_change(session, records.get(session, AiSystem, reference), chance)
                session.flush()
                session.expire_all()
        with house.reading() as session:
            kept[now] = backup(session, reference)
    with house.reading() as session:
        system = records.get(session, AiSystem, reference)
        for moment, copy in kept.items():
            assert written(as_of(session, system, moment)) == copy
            assert written(as_of(session, system, moment + timedelta(minutes=59))) == copy
        assert as_of(session, system, MORNING - timedelta(seconds=1)) == ()
        first, last = (as_of(session, system, moment) for moment in (min(kept), max(kept)))
    assert first[0].key == last[0].key == reference, "the record before its parts"
    told = {(item.kind, item.key, item.name): (item.before, item.after) for item in difference(first, last)}
    one, two = kept[min(kept)], kept[max(kept)]
    for kind, key in {**one, **two}:
        before, after = one.get((kind, key), {}), two.get((kind, key), {})
        for name in {**before, **after}:
            pair = (before.get(name), after.get(name))
            assert told.get((kind, key, name), pair) == pair and ((kind, key, name) in told) == (
                pair[0] != pair[1]
            )


def test_the_page_shows_a_day_and_what_another_changed(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    days: list[datetime] = [MORNING, MORNING + timedelta(days=3)]
    with clock.held_at(days[0]):
        reference = log_system(house)
    with clock.held_at(days[1]), house.acting("olivia") as session:
        records.get(session, AiSystem, reference).unit = "Ward 7"
    browser = browser_of("victor")
    first, last = (day.date().isoformat() for day in days)
    assert "Ward 7" not in browser.get(f"/records/{reference}/as-of?on={first}").text
    assert "Ward 7" in browser.get(f"/records/{reference}/as-of?on={last}").text
    both = browser.get(f"/records/{reference}/as-of?on={first}&to={last}").text
    assert "<ins>Ward 7</ins>" in both
    earlier = browser.get(f"/records/{reference}/as-of?on=2020-01-01").text
    assert "was not in the registry" in earlier
    assert browser.get("/records/SYS-4711/as-of").status_code == 404
