"""Pages of the register: happy, wrong, forbidden, stale, empty."""

from io import BytesIO

from governance.core.database import Database
from tests.house_fixtures import House
from tests.systems.build import a_classification, a_system, requested


def test_an_empty_register_says_what_belongs_there(browser_of) -> None:
    page = browser_of("olivia").get("/systems").text
    assert "No AI system is logged yet" in page and "/systems/new" in page


def test_a_system_is_logged_and_its_page_says_what_is_missing(browser_of) -> None:
    browser = browser_of("olivia")
    response = browser.post("/systems/new", {"title": "Bed forecast"})
    assert (response.status_code, response.headers["Location"]) == (303, "/systems/SYS-0001")
    page = browser.get("/systems/SYS-0001").text
    assert "G0 Registration and triage" in page and "An accountable owner" in page and "Blocker" in page


def test_what_was_typed_is_kept_next_to_its_error(browser_of) -> None:
    response = browser_of("olivia").post(
        "/systems/new", {"title": "x", "intended_purpose": "typed at length"}
    )
    assert response.status_code == 422
    assert "At least 2 characters." in response.text and "typed at length" in response.text


def test_smuggled_fields_are_refused(browser_of) -> None:
    response = browser_of("olivia").post("/systems/new", {"title": "Honest", "state": "active"})
    assert response.status_code == 422 and "no such field" in response.text


def test_a_gate_refuses_with_the_list_of_what_is_missing(browser_of) -> None:
    """Beat list 1."""
    browser = browser_of("olivia")
    browser.post("/systems/new", {"title": "Empty"})
    response = browser.post("/systems/SYS-0001/gates/G0/ask")
    assert response.status_code == 422
    for words in (
        "An accountable owner",
        "A.3.2",
        "A classification",
        "Red lines screened",
        "/systems/SYS-0001/edit#owner_id",
    ):
        assert words in response.text


def test_the_second_of_two_editors_gets_a_conflict_page(house: House, browser_of) -> None:
    """Beat list 9."""
    a_system(house)
    first, second = browser_of("olivia"), browser_of("owen")
    values = {"title": "Renamed", "version": "1"}
    assert first.post("/systems/SYS-0001/edit", values).status_code == 303
    response = second.post("/systems/SYS-0001/edit", values)
    assert response.status_code == 409 and "faster" in response.text


def test_the_conflict_page_shows_both_versions_and_saves_what_is_chosen(house: House, browser_of) -> None:
    """Beat list 9: nothing typed is lost, nothing saved is overwritten unseen."""
    a_system(house)
    first, second = browser_of("olivia"), browser_of("owen")
    assert first.post("/systems/SYS-0001/edit", {"title": "Theirs", "version": "1"}).status_code == 303
    typed = {
        "title": "Mine",
        "users": "Doctors\r\nNurses",
        "excluded_uses": "No use for rationing beds",
        "version": "1",
    }
    page = second.post("/systems/SYS-0001/edit", typed).text
    for shown in ('value="Theirs"', 'value="Mine"', "As it is now", "As you typed it", 'name="users"'):
        assert shown in page
    assert 'id="mine-excluded_uses"' not in page and 'name="excluded_uses" value="No use for' in page
    chosen = {**typed, "title": "Theirs", "version": "2"}
    assert second.post("/systems/SYS-0001/edit", chosen).status_code == 303
    saved = second.get("/systems/SYS-0001").text
    assert "Theirs" in saved and "Doctors" in saved


def test_signing_through_the_page_needs_the_password(house: House, browser_of) -> None:
    reference = requested(house, a_classification(house, a_system(house)))["compliance_lead"]
    browser = browser_of("olivia")
    page = browser.get(f"/sign-offs/{reference}").text
    shown = page.split('name="content_hash" value="')[1][:64]
    wrong = browser.post(f"/sign-offs/{reference}", {"content_hash": shown, "password": "no"})
    assert wrong.status_code == 422 and "not your password" in wrong.text
    right = browser.post(
        f"/sign-offs/{reference}", {"content_hash": shown, "password": "correct horse battery staple"}
    )
    assert right.status_code == 303


def test_evidence_is_always_an_attachment_under_its_hash(house: House, browser_of) -> None:
    a_system(house)
    browser = browser_of("tess")
    data = {
        "title": "Attack",
        "evidence_kind": "other",
        "confidentiality": "internal",
        "collected_on": "2026-01-01",
    }
    response = browser.post(
        "/evidence/new?for=SYS-0001", data, file=(BytesIO(b"<script>alert(1)</script>"), "../../x.html")
    )
    assert response.status_code == 303
    file = browser.get("/evidence/EVD-0001/file")
    assert file.headers["Content-Disposition"].startswith("attachment; filename=x.html")
    assert (
        file.mimetype == "application/octet-stream" and "sandbox" in file.headers["Content-Security-Policy"]
    )


def test_two_files_of_one_name_are_both_kept(house: House, browser_of) -> None:
    """Beat list 14, upload half."""
    a_system(house)
    browser = browser_of("tess")
    data = {
        "title": "Scan",
        "evidence_kind": "other",
        "confidentiality": "internal",
        "collected_on": "2026-01-01",
    }
    for content in (b"one", b"two"):
        browser.post("/evidence/new?for=SYS-0001", data, file=(BytesIO(content), "scan.pdf"))
    assert [browser.get(f"/evidence/EVD-000{number}/file").data for number in (1, 2)] == [b"one", b"two"]


def test_search_goes_straight_to_a_reference_and_finds_beginnings_of_words(house: House, browser_of) -> None:
    a_system(house)
    browser = browser_of("victor")
    assert browser.get("/search?q=sys-0001").headers["Location"] == "/systems/SYS-0001"
    assert "Sepsis early warning" in browser.get("/search?q=seps").text


def test_a_list_asks_few_questions_however_many_rows_it_shows(
    house: House, browser_of, database: Database
) -> None:
    from sqlalchemy import event

    for number in range(60):
        a_system(house, f"System {number}")
    browser = browser_of("victor")
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    page = browser.get("/systems").text
    assert page.count('class="ref"') == 50 and "Next page" in page
    assert len([text for text in statements if text.startswith(("SELECT", "WITH"))]) <= 12


def test_pages_follow_one_another_without_gap_or_double(house: House, browser_of) -> None:
    import re

    for number in range(55):
        a_system(house, f"System {number:02}")
    browser = browser_of("victor")
    page = browser.get("/systems?sort=title").text
    first = re.findall(r'class="ref" href="/systems/(SYS-\d+)"', page)
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    second = re.findall(
        r'class="ref" href="/systems/(SYS-\d+)"', browser.get(following.group(1).replace("&amp;", "&")).text
    )
    assert len(first) == 50 and len(second) == 5 and not set(first) & set(second)
