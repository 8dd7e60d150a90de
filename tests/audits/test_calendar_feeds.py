"""The iCalendar subscription: a secret link that its person can take back, and a file that calendar programs understand."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Alarm, Calendar, Event

from governance.access import queries as people
from governance.access import service as access
from governance.access.schemas import ChangeRoles, Leave
from governance.audits import calendar_feeds, queries, service
from governance.audits.calendar_file import Occurrence, calendar_file, unique
from governance.audits.calendar_models import CalendarFeed
from governance.audits.calendar_schemas import SubscribeCalendar
from governance.audits.calendar_selection import Selection
from governance.audits.models import Audit, AuditSchedule
from governance.audits.schemas import Why
from governance.consultations import throttle
from governance.core import clock, records
from governance.core.errors import Forbidden, NotFound, Refused
from governance.systems.models import AiSystem
from governance.trail import queries as trail
from tests.audits.test_calendar_pages import a_schedule, the_worker_runs
from tests.house_fixtures import House
from tests.systems.build import a_system
from tests.web_fixtures import Browser

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _held() -> Iterator[None]:
    with clock.held_at(MORNING):
        yield


@pytest.fixture
def nobody(app) -> Browser:
    """A program without an account."""
    return Browser(app.test_client())


def subscribed(house: House, who: str = "victor", **chosen: str) -> str:
    """The path of a new link."""
    with house.acting(who) as session:
        made = calendar_feeds.subscribe(
            session, SubscribeCalendar(name="Telephone"), Selection(**chosen), "en"
        )
        return f"/calendar/{made.secret}.ics"


def events(browser: Browser, link: str) -> list[Event]:
    response = browser.get(link)
    assert response.status_code == 200, response.text
    found = Calendar.from_ical(response.data)
    assert isinstance(found, Calendar) and not found.errors
    return list(found.events)


def the_audit(session, system: str) -> Audit:
    return queries.of_system(session, records.get(session, AiSystem, system).id)[0]


def test_what_a_calendar_program_reads_field_by_field(house: House, nobody: Browser) -> None:
    system = a_system(house)
    schedule = a_schedule(house, system, date(2026, 12, 1), every=12)
    the_worker_runs(house)
    link = subscribed(house)
    raw = nobody.get(link)
    assert raw.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert raw.headers["Cache-Control"] == "private, no-cache"
    lines = raw.data.decode().split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines) and "\n" not in "".join(lines)
    head = {"VERSION:2.0", "METHOD:PUBLISH", "REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H"}
    assert head | {"X-WR-CALNAME:Test House: Telephone"} <= set(lines)
    calendar = Calendar.from_ical(raw.data)
    assert calendar["PRODID"] and calendar.refresh_interval == timedelta(hours=6)
    made, projected = calendar.events
    with house.reading() as session:
        audit, title = the_audit(session, system), records.get(session, AiSystem, system).title
    assert made["SUMMARY"] == f"{audit.reference} Fairness audit: {title} (Planned)"
    assert (made["DTSTART"].dt, made["DTEND"].dt) == (date(2026, 12, 1), date(2026, 12, 2))
    assert made["DTSTART"].params["VALUE"] == "DATE" and not isinstance(made["DTSTART"].dt, datetime)
    assert "RRULE" not in made and made["TRANSP"] == "TRANSPARENT" and made["STATUS"] == "CONFIRMED"
    assert made["URL"].endswith(f"/audits/{audit.reference}") and made["SEQUENCE"] > 0
    assert made["DTSTAMP"].dt.tzinfo is not None and made["DTSTAMP"].dt == made["LAST-MODIFIED"].dt
    (alarm,) = made.alarms.times
    assert alarm.trigger == date(2026, 11, 1)
    assert [item["ACTION"] for item in made.walk("VALARM")] == ["DISPLAY"]
    assert isinstance(made.walk("VALARM")[0], Alarm)
    assert (projected["DTSTART"].dt, projected["STATUS"], projected["SEQUENCE"]) == (
        date(2027, 12, 1),
        "TENTATIVE",
        0,
    )
    assert projected["SUMMARY"].startswith(schedule) and projected["SUMMARY"].endswith("(Projected)")


def test_the_uid_stays_when_the_audit_is_made_and_the_sequence_only_grows(
    house: House, nobody: Browser
) -> None:
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1), every=12)
    link = subscribed(house)
    before = events(nobody, link)[0]
    the_worker_runs(house)
    made = events(nobody, link)[0]
    with house.acting("olivia") as session:
        audit = the_audit(session, system)
        service.cancel(session, audit, Why(reason="The system is rebuilt", version=audit.version))
    cancelled = events(nobody, link)[0]
    assert before["UID"] == made["UID"] == cancelled["UID"]
    assert before["SEQUENCE"] < made["SEQUENCE"] < cancelled["SEQUENCE"]
    assert (before["STATUS"], made["STATUS"], cancelled["STATUS"]) == ("TENTATIVE", "CONFIRMED", "CANCELLED")
    assert cancelled.walk("VALARM") == []


def test_uids_differ_within_a_file(house: House, nobody: Browser) -> None:
    for system in (a_system(house), a_system(house, title="Another one")):
        a_schedule(house, system, date(2026, 12, 1), every=2)
    the_worker_runs(house)
    uids = [str(event["UID"]) for event in events(nobody, subscribed(house))]
    assert len(uids) == len(set(uids)) > 6


def test_nothing_but_reference_kind_state_and_system_is_told(house: House, nobody: Browser) -> None:
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1), every=12)
    the_worker_runs(house)
    for event in events(nobody, subscribed(house)):
        assert event.keys() <= {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "SEQUENCE", "LAST-MODIFIED", "CATEGORIES", "URL", "TRANSP"}  # fmt: skip
    text = nobody.get(subscribed(house)).text
    assert "Ada" not in text and "example.org" not in text


def test_the_choice_is_kept_with_the_link(house: House, nobody: Browser) -> None:
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1), every=12)
    a_schedule(house, system, date(2026, 12, 2), every=12, kind="transparency", lead=None)
    the_worker_runs(house)
    assert {
        event["DTSTART"].dt.day
        for event in events(nobody, subscribed(house, auditor=str(house.id_of("ada"))))
    } == {1}
    assert {event["DTSTART"].dt.day for event in events(nobody, subscribed(house, type="transparency"))} == {
        2
    }
    assert [event["STATUS"] for event in events(nobody, subscribed(house, state="planned"))] == [
        "CONFIRMED",
        "CONFIRMED",
    ]
    assert events(nobody, subscribed(house, unit="Nowhere")) == []


def test_a_file_that_did_not_change_is_not_sent_again(house: House, nobody: Browser) -> None:
    """RFC 9110, 13: by entity tag and by time."""
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1), every=12)
    link = subscribed(house)
    first = nobody.get(link)
    tag, since = first.headers["ETag"], first.headers["Last-Modified"]
    with clock.held_at(MORNING + timedelta(hours=1)):
        for header in ({"If-None-Match": tag}, {"If-Modified-Since": since}):
            again = nobody.client.get(link, headers=header)
            assert (again.status_code, again.data) == (304, b"")
        the_worker_runs(house)
        for header in ({"If-None-Match": tag}, {"If-Modified-Since": since}):
            changed = nobody.client.get(link, headers=header)
            assert changed.status_code == 200 and changed.headers["ETag"] != tag
    assert nobody.client.head(link).status_code == 200


def test_a_change_within_the_same_second_moves_the_time_on(house: House, nobody: Browser) -> None:
    system = a_system(house)
    link = subscribed(house)
    first = nobody.get(link)
    a_schedule(house, system, date(2026, 12, 1), every=12)
    second = nobody.client.get(link, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert second.status_code == 200 and len(Calendar.from_ical(second.data).events) > 0


def test_a_link_is_shown_once_and_dies_when_it_is_revoked(house: House, browser_of, nobody: Browser) -> None:
    browser = browser_of("victor")
    page = browser.post("/calendar/links?tier=high", {"name": "Telephone"}, page="/calendar/links").text
    link = re.search(r"http://[^<]*(/calendar/[\w-]{43}\.ics)", page)
    assert link
    secret = link[1].split("/")[-1].removesuffix(".ics")
    listed = browser.get("/calendar/links").text
    assert secret not in listed and "Telephone" in listed and "Tier: High" in listed and "never" in listed
    assert nobody.get(link[1]).status_code == 200
    assert "2026-11-20" in browser.get("/calendar/links").text.split("Last read")[1]
    with house.reading() as session:
        stored = session.query(CalendarFeed).one()
        assert secret not in str(vars(stored)) and len(stored.token_hash) == 64
    assert browser.post(f"/calendar/links/{stored.id}/revoke").status_code == 303
    assert nobody.get(link[1]).status_code == 404
    again = browser.post(f"/calendar/links/{stored.id}/revoke")
    assert again.status_code == 422 and "revoked already" in again.text


def test_an_administrator_manages_people_and_is_refused_a_link(house: House, browser_of) -> None:
    browser = browser_of("max")
    assert "Make the link" not in browser.get("/calendar/links").text
    refused = browser.post("/calendar/links", {"name": "Telephone"}, page="/calendar/links")
    assert refused.status_code == 403 and "It is for:" in refused.text


def test_a_link_needs_a_name(browser_of) -> None:
    response = browser_of("victor").post("/calendar/links", {"name": ""}, page="/calendar/links")
    assert response.status_code == 422 and "The new link" not in response.text


def test_nobody_revokes_the_link_of_somebody_else(house: House, browser_of, nobody: Browser) -> None:
    link = subscribed(house, "victor")
    with house.reading() as session:
        feed_id = session.query(CalendarFeed).one().id
    assert browser_of("olivia").post(f"/calendar/links/{feed_id}/revoke").status_code == 404
    with pytest.raises(Forbidden, match="somebody else"), house.acting("olivia") as session:
        calendar_feeds.revoke(session, session.get_one(CalendarFeed, feed_id))
    with pytest.raises(NotFound), house.acting("olivia") as session:
        calendar_feeds.own(session, house.actor("olivia"), feed_id)
    assert nobody.get(link).status_code == 200


def test_the_link_dies_with_the_access_of_its_person(house: House, nobody: Browser) -> None:
    link = subscribed(house, "victor")
    with house.acting("max") as session:
        victor = people.person(session, house.id_of("victor"))
        access.leave(session, victor, Leave(left_on=clock.today(), reason="Leaves", version=victor.version))
    assert nobody.get(link).status_code == 404


def test_the_link_ends_with_the_last_day_of_access(house: House, nobody: Browser) -> None:
    with house.acting("max") as session:
        people.person(session, house.id_of("victor")).access_until = date(2026, 11, 22)
    link = subscribed(house, "victor")
    with clock.held_at(MORNING + timedelta(days=2)):
        assert nobody.get(link).status_code == 200
    with clock.held_at(MORNING + timedelta(days=3)):
        assert nobody.get(link).status_code == 404


@pytest.mark.parametrize("roles", [["external_auditor"], ["administrator"], []])
def test_the_link_dies_with_the_role_that_allowed_it(house: House, nobody: Browser, roles: list[str]) -> None:
    link = subscribed(house, "victor")
    with house.acting("max") as session:
        victor = people.person(session, house.id_of("victor"))
        access.change_roles(
            session, victor, ChangeRoles(roles=roles, reason="Another post", version=victor.version)
        )
    assert nobody.get(link).status_code == 404


def test_an_external_auditor_has_no_link(house: House) -> None:
    with pytest.raises(Forbidden):
        subscribed(house, "xena")


def test_an_unknown_link_is_a_404_and_trying_many_is_slowed_down(
    house: House, nobody: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_ADDRESS", 3)
    link = subscribed(house)
    answers = [nobody.get(f"/calendar/{'x' * 43}.ics").status_code for _ in range(5)]
    assert answers == [404, 404, 404, 429, 429]
    # Whoever tries links from the same office locks out nobody who has one.
    assert [nobody.get(link).status_code for _ in range(4)] == [200, 200, 200, 429]
    with clock.held_at(MORNING + throttle.WINDOW + timedelta(seconds=1)):
        assert nobody.get(link).status_code == 200


def test_what_somebody_does_with_links_is_on_the_trail_and_reading_is_not(
    house: House, nobody: Browser
) -> None:
    link = subscribed(house, "victor")
    nobody.get(link)
    with house.acting("victor") as session:
        calendar_feeds.revoke(session, session.query(CalendarFeed).one())
    with house.reading() as session:
        said = trail.latest(session, kind="calendar_feed")
        assert trail.latest(session, kind="calendar_fetch") == ()
    assert [event.verb for event in said] == ["audits.revoke_calendar", "audits.subscribe_calendar"]
    assert ("token_hash", "(secret)", "(secret)") in said[1].changes


def test_there_is_an_end_to_links(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_feeds, "MOST_LINKS", 1)
    subscribed(house)
    with pytest.raises(Refused, match="1 links already"):
        subscribed(house)
    subscribed(house, "ada")


def test_a_file_escapes_and_folds_what_people_write() -> None:
    moment = datetime(2026, 11, 20, 8, 0, 0, 5, tzinfo=UTC)
    wild = "Größe; comma, back\\slash\nsecond line " + "ü" * 90
    made = calendar_file(
        [Occurrence(unique("a", "b"), date(2026, 12, 31), wild, "CONFIRMED", 1, moment, "x, y", "https://x/y?a=1&b=2", 0)],
        uid="u", name="Team; one, two", description="a, b", address="https://x/calendar",
    )  # fmt: skip
    lines = made.decode().split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines) and "X-WR-CALNAME:Team\\; one\\, two" in lines
    (event,) = Calendar.from_ical(made).events
    assert event["SUMMARY"] == wild and event["DTEND"].dt == date(2027, 1, 1)
    assert event["URL"] == "https://x/y?a=1&b=2" and [str(item) for item in event.categories] == ["x, y"]
    assert event.walk("VALARM")[0]["TRIGGER"].dt == timedelta(0)


def test_the_file_speaks_the_language_in_which_the_link_was_made(
    house: House, browser_of, nobody: Browser
) -> None:
    a_schedule(house, a_system(house), date(2026, 12, 1), every=12)
    the_worker_runs(house)
    browser = browser_of("victor")
    browser.client.set_cookie("aims-language", "de")
    page = browser.post("/calendar/links", {"name": "Telefon"}, page="/calendar/links").text
    link = re.search(r"(/calendar/[\w-]{43}\.ics)", page)
    assert link and "(Geplant)" in str(events(nobody, link[1])[0]["SUMMARY"])


def test_a_schedule_that_is_ended_takes_its_future_out_of_the_file(house: House, nobody: Browser) -> None:
    reference = a_schedule(house, a_system(house), date(2027, 6, 1), every=12)
    link = subscribed(house)
    assert len(events(nobody, link)) == 1
    with house.acting("olivia") as session:
        item = records.get(session, AuditSchedule, reference)
        service.end_schedule(session, item, Why(reason="Replaced by another", version=item.version))
    assert events(nobody, link) == []
