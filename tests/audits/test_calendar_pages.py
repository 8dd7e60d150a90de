"""The pages of the calendar: what is made, what schedules will still make, filters that stay, few statements."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from governance.access.actor import SCHEDULER
from governance.audits import calendar_queries, queries, service
from governance.audits.calendar import Layer, Window
from governance.audits.calendar_layers import days
from governance.audits.calendar_selection import Selection
from governance.audits.calendar_workload import loads
from governance.audits.jobs import materialise
from governance.audits.models import AuditSchedule
from governance.audits.schemas import Assign, ScheduleAudits, Why
from governance.core import clock, records
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.systems.build import a_system

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
TODAY = MORNING.date()
EVERYTHING = Selection()


@pytest.fixture(autouse=True)
def _held() -> Iterator[None]:
    with clock.held_at(MORNING):
        yield


def a_schedule(
    house: House,
    system: str,
    first: date,
    *,
    kind: str = "fairness",
    every: int = 1,
    lead: str | None = "ada",
) -> str:
    with house.acting("olivia") as session:
        data = ScheduleAudits(
            audit_type=kind,
            every=every,
            unit="months",
            starts_on=first,
            lead_days=30,
            lead_auditor_id=house.id_of(lead) if lead else None,
        )
        return service.schedule(session, records.get(session, AiSystem, system), data).reference


def the_worker_runs(house: House) -> None:
    with house.database.transaction(SCHEDULER, source="scheduler") as session:
        materialise(session, clock.now())


def seen(
    house: House, window: Window, chosen: Selection = EVERYTHING, per_day: int = 9
) -> list[tuple[date, Layer, str]]:
    with house.reading() as session:
        found = days(session, house.actor("victor"), chosen, window, per_day=per_day)
    return [(item.day, item.layer, item.state) for day in found.values() for item in day.entries]


def test_each_date_of_a_schedule_is_seen_once_made_or_projected(house: House) -> None:
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1))
    window = Window(date(2026, 11, 1), date(2027, 3, 31))
    dates = [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
    assert seen(house, window) == [(day, Layer.PROJECTED, "projected") for day in dates]
    the_worker_runs(house)
    assert seen(house, window) == [
        (dates[0], Layer.AUDIT, "planned"),
        *((day, Layer.PROJECTED, "projected") for day in dates[1:]),
    ]


def test_a_paused_schedule_and_what_is_past_foresee_nothing(house: House) -> None:
    reference = a_schedule(house, a_system(house), date(2026, 10, 1))
    assert seen(house, Window(date(2026, 10, 1), TODAY)) == []
    with house.acting("olivia") as session:
        item = records.get(session, AuditSchedule, reference)
        service.pause(session, item, Why(reason="The auditor is on leave", version=item.version))
    assert seen(house, Window(date(2026, 10, 1), date(2027, 12, 31))) == []


def test_an_audit_without_a_system_has_its_place(house: House) -> None:
    """Audits of the whole organisation have none; the calendar joins systems from outside."""
    statement = str(calendar_queries.audits_in(Selection(), Window(TODAY, TODAY)))
    assert "ai_system" not in statement
    with house.reading() as session:
        assert calendar_queries.audits(
            session, house.actor("ada"), Selection(unit="x", tier="high"), Window(TODAY, TODAY), per_day=3
        ) == ([], {})


def test_filters_choose_by_auditor_unit_kind_state_and_tier(house: House) -> None:
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1), every=12)
    a_schedule(house, system, date(2026, 12, 2), every=12, kind="transparency", lead=None)
    a_schedule(house, system, date(2027, 6, 3), every=12, kind="transparency", lead=None)
    the_worker_runs(house)
    window = Window(date(2026, 12, 1), date(2027, 6, 30))
    with house.reading() as session:
        unit = records.get(session, AiSystem, system).unit
    first, second, third = (
        (date(2026, 12, 1), "planned"),
        (date(2026, 12, 2), "planned"),
        (date(2027, 6, 3), "projected"),
    )

    def found(**chosen: str) -> list[tuple[date, str]]:
        return [(day, state) for day, _, state in seen(house, window, Selection(**chosen))]

    assert found() == [first, second, third]
    assert found(auditor=str(house.id_of("ada"))) == [first]
    assert found(auditor="none") == [second, third]
    assert found(type="transparency") == [second, third]
    assert found(state="projected") == [third]
    assert found(state="planned") == [first, second]
    assert found(state="open") == [first, second, third]
    assert found(state="overdue") == found(state="closed") == found(tier="low") == []
    assert found(unit=unit) == ([first, second, third] if unit else found())
    assert found(unit="Nowhere") == []


def test_a_full_day_shows_the_first_and_says_how_many_more(house: House) -> None:
    system = a_system(house)
    day = date(2027, 5, 5)
    for _ in range(5):
        a_schedule(house, system, day, every=12)
    with house.reading() as session:
        found = days(session, house.actor("ada"), Selection(), Window(day, day), per_day=3)[day]
        coming = calendar_queries.projection(session, Selection(), Window(day, day))
        references = [
            item.reference for item in calendar_queries.projected(session, Selection(), coming, {day: 9})
        ]
    assert (len(found.entries), found.total, found.more) == (3, 5, 2)
    assert references == sorted(references) and len(references) == 5


def test_the_workload_counts_overdue_planned_and_projected_of_each(house: House) -> None:
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1), every=1)
    a_schedule(house, system, date(2026, 11, 15), every=12, kind="transparency", lead=None)
    the_worker_runs(house)
    with house.reading() as session:
        months, found = loads(session, house.actor("ada"), Selection())
    assert [str(month) for month in months][:2] == ["2026-11", "2026-12"] and len(months) == 12
    nobody, ada = found
    assert (nobody.person_id, nobody.overdue, sum(nobody.planned)) == (None, 1, 0)
    # The one of December is made; ten of the months up to October are foreseen.
    assert (ada.person_id, ada.overdue, ada.planned[1], ada.projected) == (
        house.id_of("ada"),
        0,
        1,
        (0, 0, *(1,) * 10),
    )


def test_the_filter_stays_when_the_view_changes(house: House, browser_of) -> None:
    a_schedule(house, a_system(house), date(2026, 12, 1))
    the_worker_runs(house)
    page = (
        browser_of("victor")
        .get("/calendar?month=2026-12&type=fairness&state=planned&also=corrective_action")
        .text
    )
    assert "December 2026" in page and "AUD-2026-001" in page and "Fairness audit" in page
    tabs = dict(re.findall(r'<a href="(/calendar[^"]*)"[^>]*>(Month|Agenda|Year|Workload|Subscribe)<', page))
    assert len(tabs) == 5
    assert all("type=fairness" in url and "state=planned" in url for url in tabs)
    agenda = next(url for url, name in tabs.items() if name == "Agenda").replace("&amp;", "&")
    assert "AUD-2026-001" in browser_of("victor").get(agenda).text
    year = next(url for url, name in tabs.items() if name == "Workload").replace("&amp;", "&")
    assert "also=corrective_action" in browser_of("victor").get(year).text


def test_the_grid_is_a_table_with_headers_and_today_is_marked(house: House, browser_of) -> None:
    page = browser_of("ada").get("/calendar").text
    assert page.count('scope="col"') == 8 and page.count('scope="row"') == 6
    assert page.count('aria-current="date"') == 1
    assert "No audit falls here" in page and "/audit-schedules" in page
    later = browser_of("ada").get("/calendar?month=2027-02").text
    assert 'href="/calendar?month=2027-01"' in later and 'href="/calendar?month=2027-03"' in later
    assert 'href="/calendar?month=2026-11"' in later and 'aria-current="date"' not in later


def test_a_day_pages_through_all_its_audits(
    house: House, browser_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    from governance.audits import calendar_views

    system = a_system(house)
    for _ in range(3):
        a_schedule(house, system, TODAY + timedelta(days=3), every=12)
    the_worker_runs(house)
    monkeypatch.setattr(calendar_views, "_ON_A_PAGE", 2)
    browser, url = browser_of("victor"), "/calendar/day?on=2026-11-23"
    first = browser.get(url).text
    assert "AUD-2026-001" in first and "AUD-2026-002" in first and "AUD-2026-003" not in first
    following = re.search(r'rel="next" href="([^"]*after=[^"]*)"', first)
    assert following and "AUD-2026-003" in browser.get(following[1].replace("&amp;", "&")).text


def test_an_address_that_makes_no_sense_is_a_400(browser_of) -> None:
    browser = browser_of("victor")
    for url in (
        "?month=13",
        "?auditor=x",
        "?tier=x",
        "/agenda?from=x",
        "/year?year=1",
        "/day?on=0001-01-01",
        f"/day?after={'x' * 30}",
    ):
        assert browser.get(f"/calendar{url}").status_code == 400, url


@pytest.mark.parametrize("end", ["2000-01-01", "2199-12-31"])
def test_at_the_ends_of_time_every_link_still_leads_to_a_page(browser_of, end: str) -> None:
    browser = browser_of("victor")
    for url in (f"?month={end[:7]}", f"/agenda?from={end}", f"/year?year={end[:4]}", f"/day?on={end}"):
        page = browser.get(f"/calendar{url}")
        assert page.status_code == 200
        assert (end[:4] == "2000") == ('rel="prev"' not in page.text)
        for link in set(re.findall(r'href="(/calendar[^"]*)"', page.text)):
            assert browser.get(link.replace("&amp;", "&")).status_code == 200, link


def test_further_layers_come_on_wish(house: House, browser_of) -> None:
    page = browser_of("victor").get("/calendar?also=corrective_action&also=management_review").text
    assert "Also show: Corrective actions" in page and "Also show: Management reviews" in page


@pytest.mark.parametrize(
    "url",
    [
        "/calendar?month=2027-01",
        "/calendar/agenda?from=2027-01-04",
        "/calendar/year?year=2027",
        "/calendar/workload",
    ],
)
def test_a_page_takes_as_many_statements_however_much_it_shows(house: House, browser_of, url: str) -> None:
    browser, counted = browser_of("victor"), []
    system = a_system(house)
    a_schedule(house, system, date(2027, 1, 10))
    event.listen(house.database.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))

    def statements() -> int:
        counted.clear()
        assert browser.get(url).status_code == 200
        return len(counted)

    few = statements()
    for day in range(4, 14):
        a_schedule(house, system, date(2027, 1, day), every=1, kind="transparency", lead=None)
    the_worker_runs(house)
    assert statements() <= few


def test_home_and_the_list_of_audits_lead_to_it(house: House, browser_of) -> None:
    a_schedule(house, a_system(house), date(2026, 12, 1))
    the_worker_runs(house)
    browser = browser_of("victor")
    assert 'href="/calendar/agenda"' in browser.get("/").text
    assert browser.get("/audits").text.count('href="/calendar"') == 2


def test_assigning_moves_an_audit_from_nobody_to_somebody(house: House) -> None:
    system = a_system(house)
    a_schedule(house, system, date(2026, 12, 1), every=12, lead=None)
    the_worker_runs(house)
    with house.acting("olivia") as session:
        audit = queries.of_system(session, records.get(session, AiSystem, system).id)[0]
        service.assign(session, audit, Assign(lead_auditor_id=house.id_of("ada"), version=audit.version))
    window = Window(date(2026, 12, 1), date(2026, 12, 1))
    assert len(seen(house, window, Selection(auditor=str(house.id_of("ada"))))) == 1
    assert seen(house, window, Selection(auditor="none")) == []
