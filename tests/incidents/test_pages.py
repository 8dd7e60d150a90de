"""Pages of incidents and concerns, with and without an account."""

from typing import Any

from governance.incidents.catalogue import rules
from tests.house_fixtures import House
from tests.incidents.test_service import SECRET, a_concern, an_incident
from tests.web_fixtures import Browser

TYPED = {"about": "The sepsis warning", "text": SECRET, "reporter": ""}


def test_anybody_reports_a_concern_and_reads_the_answer_with_the_receipt(
    house: House, app: Any, browser_of: Any
) -> None:
    stranger = Browser(app.test_client())
    page = stranger.post("/report", TYPED, page="/report").text
    receipt = page.split("<code>")[1].split("</code>")[0]
    officer = browser_of("olivia")
    assert (
        SECRET in officer.get("/concerns/CRN-0001").text
        and "anonymous" in officer.get("/concerns/CRN-0001").text
    )
    data = {"assessment": "Plausible", "handler_id": str(house.id_of("olivia")), "version": "1"}
    assert officer.post("/concerns/CRN-0001/assess", data).status_code == 303
    assert (
        officer.post(
            "/concerns/CRN-0001/answer", {"outcome": "The order is withdrawn", "version": "2"}
        ).status_code
        == 303
    )
    answer = stranger.post("/report/follow-up", {"receipt": receipt}, page="/report/follow-up")
    assert "The order is withdrawn" in answer.text and SECRET not in answer.text
    assert (
        stranger.post("/report/follow-up", {"receipt": "nothing"}, page="/report/follow-up").status_code
        == 404
    )


def test_others_see_numbers_only(house: House, browser_of: Any) -> None:
    concern, _ = a_concern(house)
    for who in ("victor", "owen", "ada"):
        browser = browser_of(who)
        assert browser.get("/concerns").status_code == 200 and concern not in browser.get("/concerns").text
        assert browser.get(f"/concerns/{concern}").status_code == 403
        history = browser.get(f"/records/{concern}/history")
        assert SECRET not in history.text and SECRET not in browser.get("/search?q=night").text


def test_floods_are_slowed_down_and_programs_fall_into_the_trap(app: Any, house: House) -> None:
    stranger = Browser(app.test_client())
    assert (
        "Thank you" not in stranger.post("/report", {**TYPED, "website": "http://spam"}, page="/report").text
    )
    for _ in range(rules().concerns.most_per_day_and_address):
        assert "Thank you" in stranger.post("/report", TYPED, page="/report").text
    assert stranger.post("/report", TYPED, page="/report").status_code == 429


def test_too_short_a_concern_keeps_what_was_typed(app: Any) -> None:
    page = Browser(app.test_client()).post("/report", {"about": "x", "text": "short"}, page="/report")
    assert page.status_code == 422 and "short" in page.text and "At least" in page.text


def test_an_incident_is_reported_triaged_and_its_clock_settled_in_the_browser(
    house: House, browser_of: Any
) -> None:
    incident = an_incident(house)
    browser = browser_of("olivia")
    data = {"severity": "S2", "clocks": "personal_data_breach", "version": "1"}
    assert browser.post(f"/incidents/{incident}/triage", data).status_code == 303
    page = browser.get(f"/incidents/{incident}").text
    assert "Data protection authority" in page and "GDPR Art. 33" in page
    assert "Clocks that run" in browser.get("/incidents").text
    url = f"/incidents/{incident}/clocks/personal_data_breach"
    assert browser.post(url, {"told": "yes", "note": "Portal 4711", "version": "9"}).status_code == 409
    from governance.core import records
    from governance.incidents.models import Incident

    with house.reading() as session:
        version = records.get(session, Incident, incident).version
    assert (
        browser.post(url, {"told": "yes", "note": "Portal 4711", "version": str(version)}).status_code == 303
    )
    assert "Portal 4711" in browser_of("victor").get(f"/incidents/{incident}").text
    assert browser.get(f"/incidents/{incident}/clocks/nothing").status_code == 404
    assert browser.get("/systems/SYS-0001/incidents").status_code == 200
