"""Packs as of an earlier day: collected from the registry rebuilt for it, with the tree head of then, and checked by anybody."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from governance import pack_cli
from governance.access import queries as people
from governance.core import clock, records
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.settings import Settings
from governance.packs import moments, service
from governance.packs.collect import system as collect
from governance.packs.content.order import Order
from governance.packs.models import EvidencePack, ManagementSystemPack
from governance.packs.schemas import RequestPack, RequestSystemPack
from governance.systems.models import AiSystem
from governance.trail import beginnings, rebuild
from governance.trail import queries as trail
from governance.trail.moments import Moments, at
from governance.web.application import Application
from governance.worker import drain
from tests.house_fixtures import House
from tests.systems.build import a_system
from tests.web_fixtures import Browser

Told = tuple[str, datetime, tuple[int, str]]


@pytest.fixture
def told(house: House) -> Iterator[Told]:
    """A system of tomorrow whose unit changes a week later: its reference, its first moment, and the tree head of then."""
    first = (clock.now() + timedelta(days=1)).replace(hour=12)
    with clock.held_at(first):
        reference = a_system(house, unit="Ward 7")
        with house.reading() as session:
            head = trail.head(session)
    with clock.held_at(first + timedelta(days=7)):
        with house.acting("olivia") as session:
            records.get(session, AiSystem, reference).unit = "Intensive care"
        yield reference, first, head


@pytest.mark.slow
def test_a_pack_of_an_earlier_day_shows_it_and_verifies(
    house: House, settings: Settings, told: Told, tmp_path: Path
) -> None:
    reference, first, head = told
    actor = house.actor("owen")
    then = pack_cli.make(
        house.database, settings, actor, reference, purpose="", folder=tmp_path, as_of=first.date()
    )
    now = pack_cli.make(house.database, settings, actor, reference, purpose="", folder=tmp_path)
    checked = CliRunner().invoke(pack_cli.verify, [str(then), str(now)])
    assert checked.exit_code == 0, checked.output
    with house.reading() as session:
        kept, present = (records.get(session, EvidencePack, f"PCK-000{number}") for number in (1, 2))
        assert (kept.trail_size, kept.trail_root) == head
        assert kept.as_of is not None and kept.as_of.date() == first.date()
        assert present.trail_size > kept.trail_size
    snapshot = service.read(house.database, actor, "PCK-0002", settings)
    assert snapshot.identity.unit == "Intensive care"


def test_the_snapshot_is_that_of_the_day(house: House, settings: Settings, told: Told) -> None:
    reference, first, head = told
    with house.acting("owen") as session:
        data = RequestPack(as_of=first.date())
        pack = service.request(
            session, records.get(session, AiSystem, reference), data, enqueue=False
        ).reference
    found = service.read(house.database, house.actor("owen"), pack, settings)
    assert found.identity.unit == "Ward 7"
    assert found.meta.as_of.isoformat() == f"{first.date()}T23:59:59.999999+00:00"
    assert found.checkpoint is not None and (found.checkpoint.tree_size, found.checkpoint.root_hash) == head
    assert found.trail and all(event.at <= found.meta.as_of for event in found.trail)
    assert clock.now() > found.meta.as_of, "the clock stands where it stood"


@pytest.mark.slow
def test_two_packs_of_earlier_days_are_proven_to_be_of_one_trail(
    house: House, settings: Settings, told: Told, tmp_path: Path
) -> None:
    """The registry as it was knows no pack that was made of an earlier day since; the present one does."""
    reference, first, _ = told
    week = timedelta(days=7)
    with clock.held_at(first + 2 * week):
        made = [
            pack_cli.make(
                house.database,
                settings,
                house.actor("owen"),
                reference,
                purpose="",
                folder=tmp_path,
                as_of=day.date(),
            )
            for day in (first, first + week)
        ]
        checked = CliRunner().invoke(pack_cli.verify, [str(path) for path in made])
    assert checked.exit_code == 0 and "by a consistency proof" in checked.output, checked.output


def test_a_pack_never_rests_on_a_kept_file(house: House, settings: Settings, told: Told) -> None:
    reference, first, _ = told
    with house.acting("owen") as session:
        system = records.get(session, AiSystem, reference)
        pack = service.request(session, system, RequestPack(as_of=first.date()), enqueue=False).reference
    with house.reading() as session:
        Moments(settings.moments_dir).make(session, at(session, first.date()))
    (kept,) = settings.moments_dir.glob("*/*.db")
    with closing(sqlite3.connect(kept)) as file:
        file.execute("UPDATE ai_system SET unit = 'Evil'")
        file.commit()
    beginnings.beside(kept).write_text(f"{sha256(kept.read_bytes()).hexdigest()}  {kept.name}\n")
    found = service.read(house.database, house.actor("owen"), pack, settings)
    assert found.identity.unit == "Ward 7"
    assert not list(settings.packs_dir.glob("cache/work-*")), "what was made for the pack alone is gone"


@pytest.mark.slow
def test_inv_pck1_a_pack_of_a_day_comes_out_the_same_after_the_registry_has_moved_on(
    house: House, settings: Settings, told: Told
) -> None:
    reference, first, _ = told
    with house.acting("owen") as session:
        system = records.get(session, AiSystem, reference)
        pack = service.request(session, system, RequestPack(as_of=first.date()), enqueue=False).reference
    made = []
    for _ in range(2):
        snapshot = service.read(house.database, house.actor("owen"), pack, settings)
        made.append(service.make(snapshot, settings).drawn)
        with house.acting("owen") as session:
            records.get(session, AiSystem, reference).unit = "Elsewhere"
    assert made[0].pack_hash == made[1].pack_hash and made[0].pdf == made[1].pdf


@pytest.mark.parametrize(
    ("days", "said"), [(-400, "trail begins"), (-1, "was not in the registry"), (30, "still to come")]
)
def test_a_day_that_cannot_be_is_refused(house: House, told: Told, days: int, said: str) -> None:
    reference, first, _ = told
    with house.acting("owen") as session, pytest.raises(Refused, match=said):
        data = RequestPack(as_of=(first + timedelta(days=days)).date())
        service.request(session, records.get(session, AiSystem, reference), data, enqueue=False)


def test_today_is_now(house: House, told: Told) -> None:
    """The end of today is still to come, so nothing is rebuilt for it."""
    with house.acting("owen") as session:
        data = RequestPack(as_of=clock.today())
        assert (
            service.request(session, records.get(session, AiSystem, told[0]), data, enqueue=False).as_of
            is None
        )


@pytest.mark.slow
def test_the_page_asks_for_the_day_and_the_worker_makes_it(
    app: Application, house: House, browser_of: Callable[[str], Browser], told: Told
) -> None:
    reference, first, head = told
    browser, page = browser_of("owen"), f"/packs/new?for={reference}"
    assert 'type="date" name="as_of"' in browser.get(page).text or 'name="as_of"' in browser.get(page).text
    wrong = browser.post(page, {"confidentiality": "internal", "as_of": "2001-01-01"}, page=page)
    assert wrong.status_code == 422 and "The trail begins on" in wrong.text
    asked = browser.post(page, {"confidentiality": "internal", "as_of": first.date().isoformat()}, page=page)
    assert asked.status_code == 303
    drain(app.database, app.settings, "test-worker")
    with house.reading() as session:
        assert records.get(session, EvidencePack, "PCK-0001").trail_size == head[0]


@pytest.mark.slow
def test_the_management_system_of_an_earlier_day(
    house: House, settings: Settings, told: Told, tmp_path: Path
) -> None:
    _, first, head = told
    a_system(house, "Bed planning")
    path = pack_cli.make_all(
        house.database,
        settings,
        house.actor("olivia"),
        "",
        {},
        purpose="",
        folder=tmp_path,
        processes=1,
        as_of=first.date(),
    )
    checked = CliRunner().invoke(pack_cli.verify, [str(path)])
    assert checked.exit_code == 0, checked.output
    with house.reading() as session:
        kept = records.get(session, ManagementSystemPack, "MSP-0001")
        assert (kept.systems, kept.trail_size, kept.trail_root) == (1, *head)


def test_what_changed_since_a_day_stands_in_section_18(house: House, settings: Settings, told: Told) -> None:
    reference, first, _ = told
    with house.acting("owen") as session:
        data = RequestSystemPack(since=first.date())
        pack = service.request(
            session, records.get(session, AiSystem, reference), data, enqueue=False
        ).reference
    found = service.read(house.database, house.actor("owen"), pack, settings)
    block = next(item for item in found.blocks if item.title.startswith("What changed since"))
    assert block.section == 18
    figures = {fact.label: fact.value for fact in block.facts}
    assert (figures["Records created"], figures["Records changed"], figures["Signatures made"]) == (
        "0",
        "1",
        "0",
    )
    other = next(table for table in block.tables if table.caption == "What is other")
    assert [(row.reference, row.cells[1:]) for row in other.rows] == [
        (reference, ("unit", "Ward 7", "Intensive care"))
    ]


@pytest.mark.slow
def test_a_pack_that_says_what_changed_verifies(
    house: House, settings: Settings, told: Told, tmp_path: Path
) -> None:
    reference, first, _ = told
    path = pack_cli.make(
        house.database,
        settings,
        house.actor("owen"),
        reference,
        purpose="",
        folder=tmp_path,
        since=first.date(),
    )
    checked = CliRunner().invoke(pack_cli.verify, [str(path)])
    assert checked.exit_code == 0, checked.output
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert f"What changed since the end of {first.date()}" in text and "Intensive care" in text


def test_what_is_collected_later_is_what_was_collected_then(house: House, settings: Settings) -> None:
    """The same snapshot, byte for byte: parts of management-system packs of an earlier day are found in the cache."""
    first = (clock.now() + timedelta(days=1)).replace(hour=12)
    actor = house.actor("owen")
    with clock.held_at(first):
        reference = a_system(house, unit="Ward 7")
    order = Order(reference="PCK-9999", system=reference, asked_by="Owen", confidentiality="internal")
    last = datetime.combine(first.date(), time.max, UTC)
    with clock.held_at(last), house.reading() as session:
        then = collect.gather(session, order, actor, "House")
    with clock.held_at(first + timedelta(days=9)):
        with house.acting("olivia") as session:
            records.get(session, AiSystem, reference).unit = "Intensive care"
        pack = EvidencePack(as_of=last)
        with (
            moments.source(house.database, settings, pack, lambda: None) as source,
            source.reading(actor) as session,
        ):
            later = collect.gather(session, order, actor, "House")
    assert later.to_json() == then.to_json()


@pytest.mark.slow
def test_every_system_of_the_demonstration_is_the_same_when_rebuilt(
    demo_app: Application, tmp_path: Path
) -> None:
    """All rooms: what a pack says is read from the trail's words alone, and from the tables, and is one and the same."""
    live = demo_app.database
    with live.transaction(readonly=True) as session:
        person = people.by_email(session, "olivia@demo.example")
        assert person is not None
        actor = people.actor_for(person)
        rebuild.rebuild(session, trail.head(session)[0], tmp_path / "then.db")
        references = list(session.scalars(select(AiSystem.reference)))
    rebuilt = Database.of_file(tmp_path / "then.db")
    with clock.held_at(clock.now()):
        for reference in references:
            order = Order(reference="PCK-9999", system=reference, asked_by="", confidentiality="internal")
            found = []
            for database in (live, rebuilt):
                with database.transaction(actor, readonly=True) as session:
                    found.append(collect.gather(session, order, actor, "House").to_json())
            assert found[0] == found[1], reference
    rebuilt.dispose()


@pytest.mark.parametrize(("days", "said"), [(-400, "trail begins"), (7, "before that of the pack")])
def test_a_day_since_when_that_cannot_be_is_refused(house: House, told: Told, days: int, said: str) -> None:
    reference, first, _ = told
    with house.acting("owen") as session, pytest.raises(Refused, match=said):
        data = RequestSystemPack(since=(first + timedelta(days=days)).date())
        service.request(session, records.get(session, AiSystem, reference), data, enqueue=False)
