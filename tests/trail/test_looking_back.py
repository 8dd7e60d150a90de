"""Every page as it was on a day: chosen in the browser, rebuilt from the trail, with nothing to change and nothing erased in it."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.access.actor import PUBLIC
from governance.consultations.participation_models import Relation, Stakeholder, StakeholderKind
from governance.core import clock, records
from governance.core.settings import Settings
from governance.incidents import concerns
from governance.incidents.models import Concern
from governance.incidents.schemas import ReportConcern
from governance.jobs import jobs, past_views, service
from governance.jobs.models import Job
from governance.systems.models import AiSystem
from governance.trail import moments, queries
from governance.trail.moments import KEPT, Moments
from governance.trail.replay import NOT_KEPT
from governance.web.application import Application
from governance.worker import drain
from tests.house_fixtures import House
from tests.pages import PAGES
from tests.trail.test_trail import log_system
from tests.web_fixtures import Browser

Browsers = Callable[[str], Browser]


@pytest.fixture
def first() -> Iterator[datetime]:
    """Noon of the day after the house was furnished."""
    day = (clock.now() + timedelta(days=1)).replace(hour=12)
    with clock.held_at(day):
        yield day


@pytest.fixture
def told(house: House, first: datetime) -> Iterator[tuple[str, str]]:
    """A system of the first day, which another joins two days later and which is renamed then; the clock stands on the tenth day."""
    one = log_system(house, "Sepsis early warning")
    with clock.held_at(first + timedelta(days=2)):
        two = log_system(house, "Bed planning")
        with house.acting("olivia") as session:
            records.get(session, AiSystem, one).title = "Sepsis alarm"
    with clock.held_at(first + timedelta(days=10)):
        yield one, two


def test_lists_records_and_search_are_those_of_the_day(
    browser_of: Browsers, told: tuple[str, str], first: datetime
) -> None:
    one, two = told
    browser, day = browser_of("olivia"), first.date().isoformat()
    assert "Edit" in browser.get(f"/systems/{one}").text
    reached = browser.get(f"/systems?as_of={day}&q=se")
    assert reached.status_code == 302
    chosen = browser.get(reached.headers["Location"])
    assert (chosen.status_code, chosen.headers["Location"]) == (302, "/systems?q=se")
    page = browser.get("/systems").text
    assert "Sepsis early warning" in page and "Sepsis alarm" not in page and two not in page
    assert f"As it was at the end of {day} (UTC)." in page
    record = browser.get(f"/systems/{one}").text
    assert "Sepsis early warning" in record and f'href="/systems/{one}/edit"' not in record
    assert browser.get(f"/systems/{two}").status_code == 404
    found, not_found = (
        f'href="/systems/{one}"' in browser.get(f"/systems?q={word}").text for word in ("early", "alarm")
    )
    assert found and not not_found
    assert "Bed planning" not in browser.get("/trail").text
    back = browser.get("/as-of/today?next=/systems")
    assert back.headers["Location"] == "/systems"
    now = browser.get("/systems").text
    assert "Sepsis alarm" in now and two in now and "As it was at the end" not in now
    assert browser.get(f"/systems?as_of={day}").status_code == 302
    assert browser.get("/systems?as_of=").headers["Location"] == "/as-of/today?next=/systems"


def test_nothing_is_changed_while_one_looks_back(
    house: House, browser_of: Browsers, told: tuple[str, str], first: datetime
) -> None:
    browser, day = browser_of("olivia"), first.date().isoformat()
    with house.reading() as session:
        before = queries.head(session)
    browser.get(f"/as-of?day={day}")
    refused = browser.post("/systems/new", {"title": "From the past"}, page="/systems")
    assert refused.status_code == 409
    assert f"as it was at the end of {day}; nothing can be changed there" in refused.text
    assert "Back to today" in refused.text
    browser.get("/as-of/today")
    with house.reading() as session:
        assert queries.head(session) == before
    browser.get(f"/as-of?day={day}")
    assert browser.post("/sign-out").status_code in (302, 303), "one may always leave"


def test_the_clock_stands_on_that_day_for_this_reader_alone(
    app: Application, browser_of: Browsers, told: tuple[str, str], first: datetime
) -> None:
    present = clock.today()
    browser = browser_of("victor")
    browser.get(f"/as-of?day={first.date()}")
    page = browser.get("/calendar").text
    assert first.strftime("%Y-%m") in page
    assert clock.today() == present


def test_a_pack_that_is_asked_for_meanwhile_is_one_of_that_day(
    browser_of: Browsers, told: tuple[str, str], first: datetime
) -> None:
    browser, page = browser_of("olivia"), f"/packs/new?for={told[0]}"
    browser.get(f"/as-of?day={first.date()}")
    assert f'value="{first.date()}"' in browser.get(page).text
    asked = browser.post(page, {"confidentiality": "internal", "as_of": str(first.date())}, page=page)
    assert asked.status_code == 303
    assert browser.get(asked.headers["Location"]).status_code == 200


@pytest.mark.slow
def test_every_page_of_the_demonstration_has_a_past(demo_app: Application) -> None:
    browser = Browser(demo_app.test_client())
    data = {"email": "olivia@demo.example", "password": "demonstration only"}
    assert browser.post("/sign-in", data, page="/sign-in").status_code == 303
    today = clock.today()
    for days in (1, 120, 300):
        browser.get(f"/as-of?day={today - timedelta(days=days)}")
        assert {browser.get(url).status_code for url in PAGES} <= {200, 302, 403, 404}


@pytest.mark.parametrize(
    ("day", "said"),
    [("2020-01-01", "The trail begins on"), ("2099-01-01", "still to come"), ("May", "no date")],
)
def test_a_day_that_is_none_is_refused(
    browser_of: Browsers, told: tuple[str, str], day: str, said: str
) -> None:
    page = browser_of("victor").get(f"/as-of?day={day}")
    assert (page.status_code, said in page.text) == (422, True)


def test_external_auditors_have_no_past(browser_of: Browsers, told: tuple[str, str], first: datetime) -> None:
    browser = browser_of("xena")
    assert browser.get(f"/as-of?day={first.date()}").status_code == 403
    way = browser.get(f"/auditors-room?as_of={first.date()}")
    assert browser.get(way.headers.get("Location", "/as-of")).status_code == 403


def test_another_person_in_the_same_browser_begins_today(
    browser_of: Browsers, told: tuple[str, str], first: datetime
) -> None:
    browser = browser_of("olivia")
    browser.get(f"/as-of?day={first.date()}")
    with browser.client.session_transaction() as kept:
        chosen = dict(kept["then"])
    other = browser_of("victor")
    with other.client.session_transaction() as kept:
        kept["then"] = chosen
    assert "Sepsis alarm" in other.get("/systems").text


def test_what_is_erased_goes_from_the_past_too(
    house: House, settings: Settings, browser_of: Browsers, told: tuple[str, str], first: datetime
) -> None:
    """The trail has `fewer than 5`; the number itself is there as long as it is the present one (INV-G11)."""
    kind: Any = {"party": next(iter(StakeholderKind)), "relation": next(iter(Relation))}
    with house.acting("olivia") as session:
        group = Stakeholder(
            title="Works council", state="confirmed", name_key="works council", size=3, **kind
        )
        group.contact = "Extension 4100"
        session.add(group)
        session.flush()
        reference = group.reference
    rebuilt = Moments(settings.moments_dir)
    with house.reading() as live:
        before, moment = moments.at(live, first.date()), moments.at(live, clock.today())
        rebuilt.make(live, before)
        rebuilt.make(live, moment)
        assert _group(rebuilt, moment, reference) == (3, "")
    with house.acting("olivia") as session:
        records.get(session, Stakeholder, reference).size = None
    with house.reading() as live:
        assert not rebuilt.is_ready(live, moment), "the file with the number is not shown any more"
        rebuilt.prune(live)
        left = [path.name for path in settings.moments_dir.glob("*/*.db")]
        assert left == [before.name], "what was not there yet is not shown"
        rebuilt.make(live, moment)
        assert _group(rebuilt, moment, reference) == (None, "")


def _group(rebuilt: Moments, moment: moments.Moment, reference: str) -> tuple[int | None, str]:
    with rebuilt.database(moment).transaction(readonly=True) as past:
        found = records.get(past, Stakeholder, reference)
        return found.size, found.contact


def test_what_only_handlers_may_read_is_not_in_the_past(
    house: House, settings: Settings, told: tuple[str, str]
) -> None:
    """Whoever it is about may have become known since, so only today's page can tell who may read it (INV-CNC1)."""
    with house.database.transaction(PUBLIC, source="public") as session:
        data = ReportConcern.model_validate(
            {"about": "The sepsis alarm", "text": "It is silenced every night on ward 7."}
        )
        reference = concerns.report(session, data, channel="web page").concern.reference
    rebuilt = Moments(settings.moments_dir)
    with house.reading() as live:
        moment = moments.at(live, clock.today())
        rebuilt.make(live, moment)
    with rebuilt.database(moment).transaction(readonly=True) as past:
        found = records.get(past, Concern, reference)
        assert (found.text, found.about) == (NOT_KEPT, NOT_KEPT)
    assert "silenced" not in next(settings.moments_dir.glob("*/*.db")).read_bytes().decode("latin-1")


@pytest.mark.slow
def test_only_the_days_looked_at_last_are_kept(
    house: House, settings: Settings, told: tuple[str, str], first: datetime
) -> None:
    rebuilt = Moments(settings.moments_dir)
    with house.reading() as live:
        for number in range(KEPT + 1):
            day: date = (first + timedelta(days=number)).date()
            rebuilt.make(live, moments.at(live, day))
    assert len(list(settings.moments_dir.glob("*/*.db"))) == KEPT


def test_a_long_trail_is_replayed_by_the_worker(
    app: Application,
    browser_of: Browsers,
    told: tuple[str, str],
    first: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(past_views, "_AT_ONCE", 0)
    browser, address = browser_of("olivia"), f"/as-of?day={first.date()}&next=/systems"
    for _ in range(2):
        waiting = browser.get(address)
        assert waiting.status_code == 200 and "The trail is being replayed" in waiting.text
    drain(app.database, app.settings, "test-worker")
    assert browser.get(address).headers["Location"] == "/systems"
    assert "Sepsis early warning" in browser.get("/systems").text
    later = f"/as-of?day={(first + timedelta(days=3)).date()}&next=/systems"
    assert "The trail is being replayed" in browser.get(later).text
    drain(app.database, app.settings, "test-worker")
    with app.database.transaction(readonly=True) as session:
        counted = {
            job.payload["day"]: (job.payload["size"], job.total) for job in session.scalars(select(Job))
        }
    (size, replayed), (later_size, later_replayed) = (counted[day] for day in sorted(counted))
    assert (replayed, later_replayed) == (size, later_size - size), "the second goes on from the first"
    assert browser.get(later).headers["Location"] == "/systems"
    assert "Sepsis alarm" in browser.get("/systems").text


def test_a_day_that_is_not_over_is_waited_for_once(
    app: Application,
    house: House,
    browser_of: Browsers,
    told: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Something always happens while the file is made."""
    monkeypatch.setattr(past_views, "_AT_ONCE", 0)
    browser = browser_of("olivia")
    waiting = browser.get(f"/as-of?day={clock.today()}&next=/systems").text
    then = re.search(r'data-done="([^"]*)"', waiting)
    assert then
    drain(app.database, app.settings, "test-worker")
    with house.acting("olivia") as session:
        records.get(session, AiSystem, told[0]).title = "Renamed meanwhile"
    assert browser.get(html.unescape(then[1])).headers["Location"] == "/systems"
    page = browser.get("/systems").text
    assert "Sepsis alarm" in page and "Renamed meanwhile" not in page
    other = browser.get(f"/as-of?day={clock.today()}&size=7&next=/systems").text
    assert "The trail is being replayed" in other, (
        "a number of events for which there is no file is not taken"
    )


def test_what_is_left_is_told_from_when_counting_began(
    house: House, settings: Settings, browser_of: Browsers, first: datetime
) -> None:
    """Neither the time that a job waited nor what came before its first event says how long the others take."""
    with house.acting("olivia") as session:
        job = service.enqueue(session, jobs.REBUILD, {}).id
    with clock.held_at(first + timedelta(hours=1)):
        assert service.claim(house.database, "worker")
        work = service.Work(house.database, settings, house.actor("olivia"), job, {}, "worker")
    with clock.held_at(first + timedelta(hours=2)):
        work.progress(0, 900)
    with clock.held_at(first + timedelta(hours=2, seconds=10)):
        work.progress(300, 900, "Replaying the trail")
        told = browser_of("olivia").get(f"/jobs/{job}/status").json
    assert told is not None and (told["done"], told["total"], told["left"]) == (300, 900, "20 s")
