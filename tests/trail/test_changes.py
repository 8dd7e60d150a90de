"""What changed between two days: figures and fields, against copies of the rows that were put aside on those days."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access import service as access
from governance.access.schemas import ChangeRoles
from governance.core import clock, records
from governance.systems.models import AiSystem
from governance.trail import changes
from tests.house_fixtures import House
from tests.trail.test_rebuild import Rows, dump, something
from tests.trail.test_trail import log_system
from tests.web_fixtures import Browser


def of_records(rows: Rows) -> dict[str, dict[str, Any]]:
    """Rows of records by reference, without book-keeping and what the trail hides."""
    return {
        values["reference"]: {
            name: value
            for name, value in values.items()
            if name not in changes.BOOK_KEEPING and name not in ("contact", "size")
        }
        for values in rows.values()
        if "reference" in values
    }


def tomorrow() -> datetime:
    """After the house was furnished."""
    return clock.now() + timedelta(days=1)


def every(session: Session, *moments: Any) -> list[changes.Change]:
    found, beyond = [], ""
    while True:
        some, beyond = changes.page(session, *moments, beyond=beyond, limit=3)
        found += some
        if not beyond:
            return found


@pytest.mark.parametrize("seed", [5, pytest.param(6, marks=pytest.mark.slow)])
def test_what_is_told_is_what_differs_between_two_backups(house: House, seed: int) -> None:
    chance, now, kept = Random(seed), tomorrow(), {}
    with clock.held_at(now):
        for _ in range(2):
            log_system(house)
    for number in range(16):
        now += timedelta(hours=chance.randrange(1, 30))
        with clock.held_at(now), house.acting("olivia") as session:
            something(session, chance, number)
        if number % 5 == 0:
            with house.reading() as session:
                kept[now] = of_records(dump(session))
    first, last = min(kept), max(kept)
    with house.reading() as session:
        told = {item.reference: item for item in every(session, first, last)}
        counted = changes.overview(session, first, last)
    before, after = kept[first], kept[last]
    assert {item.reference for item in told.values() if item.how == "created"} == set(after) - set(before)
    assert counted.every.created == len(set(after) - set(before))
    assert counted.every.touched == len(told)
    for reference in set(before) & set(after):
        wanted = {
            name: (before[reference][name], value)
            for name, value in after[reference].items()
            if value != before[reference][name]
        }
        fields = told[reference].fields if reference in told else ()
        found = {item.name: (item.before, item.after) for item in fields if item.key == reference}
        assert {name: pair for name, pair in found.items() if name not in ("contact", "size")} == wanted


def test_the_page_lists_changes_of_people_and_settings_with_who_made_them(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    begun = tomorrow()
    with clock.held_at(begun):
        one = log_system(house)
    with clock.held_at(begun + timedelta(days=2, hours=1)), house.acting("olivia") as session:
        two = AiSystem(title="Bed planning", state="draft")
        session.add(two)
        session.flush()
        records.link(session, records.get(session, AiSystem, one), two, "feeds")
        other = two.reference
    victor = house.id_of("victor")
    with clock.held_at(begun + timedelta(days=2)), house.acting("max", "promoted") as session:
        found = people.person(session, victor)
        data = ChangeRoles(roles=["assessor"], reason="promoted", version=found.version)
        access.change_roles(session, found, data)
        found.position, found.password_hash = "Ward manager", "another hash"
    days = [(begun + timedelta(days=number)).date().isoformat() for number in (0, 1, 3)]
    page = browser_of("tess").get(f"/changes?from={days[1]}&to={days[2]}").text
    listed = page.split("People, links and settings</h2>")[1]
    assert "Max Admin" in listed and f'<a href="/people/{victor}">Victor Viewer</a>, Assessor' in listed
    assert "<del>Trainee</del> <ins>Ward manager</ins>" in listed and "promoted" in listed
    assert "Password hash" in listed and "another hash" not in page and "secret" not in page
    assert "Nothing changed" not in page
    assert re.search(f'Link <a class="ref" href="/records/{one}">{one}</a> → <a [^>]*>{other}</a>', listed)
    both = browser_of("tess").get(f"/changes?from={days[0]}&to={days[2]}").text
    assert "Sepsis" not in both.split("People, links and settings</h2>")[1], "records are not among them"
    before = browser_of("tess").get(f"/changes?from={days[1]}&to={days[2]}&beside=1").text
    assert "People, links and settings</h2>" not in before
    assert browser_of("xena").get("/changes").status_code == 403


def test_the_page_says_what_changed_of_the_registry_and_of_one_system(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    begun = tomorrow()
    with clock.held_at(begun):
        one = log_system(house)
    with clock.held_at(begun + timedelta(days=3)), house.acting("olivia") as session:
        system = records.get(session, AiSystem, one)
        system.unit, system.state = "Ward 7", "active"
        two = AiSystem(title="Bed planning", state="draft")
        session.add(two)
        session.flush()
        other = two.reference
    browser = browser_of("victor")
    first, last = (day.date().isoformat() for day in (begun, begun + timedelta(days=4)))
    page = browser.get(f"/changes?from={first}&to={last}").text
    assert "<ins>Ward 7</ins>" in page and other in page and "Created" in page
    alone = browser.get(f"/changes?from={first}&to={last}&system={one}").text
    assert "<ins>Ward 7</ins>" in alone and other not in alone
    assert "Nothing changed" in browser.get(f"/changes?from={last}&to={last}").text
    assert "<ins>Ward 7</ins>" in browser.get(f"/changes?from={last}&to={first}").text, "either way round"
    assert browser.get("/changes?system=SYS-4711").status_code == 404
