"""What people do with it, in a real browser."""

import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from icalendar import Calendar
from playwright.sync_api import Page, expect

from governance.demo_people import PASSWORD
from tests.browser.conftest import Site
from tests.pages import PAGES

pytestmark = pytest.mark.browser


def complaints(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {item['nodes'][0]['html'][:160]}" for item in found]


@pytest.mark.pages
def test_axe_finds_nothing_on_any_page(site: Site) -> None:
    page = site.open_as("olivia")
    errors: list[str] = []
    page.on(
        "console",
        lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None,
    )
    found = {}
    for url in PAGES:
        page.goto(site.url + url)
        if wrong := complaints(page):
            found[url] = wrong
    assert found == {} and errors == []


@pytest.mark.pages
@pytest.mark.parametrize(("language", "name"), [("de", "Deutsch"), ("fr", "Français")])
def test_the_pages_speak_another_language_from_the_menu_on(site: Site, language: str, name: str) -> None:
    page = site.open_as("olivia")
    entries = set(page.locator("nav a").all_inner_texts())
    page.locator("details.languages summary").click()
    page.get_by_role("button", name=name).click()
    found = {}
    for url in ("/", "/my-work", "/systems", "/systems/SYS-0001", "/systems/SYS-0003/gates", "/impact-assessments/IMP-0008",
                "/consultations/CON-0012", "/indicators/IND-0001", "/dry-audit", "/readiness", "/take-part",
                "/calendar?month=2026-12", "/calendar/year", "/calendar/workload"):  # fmt: skip
        page.goto(site.url + url)
        assert page.locator("html").get_attribute("lang") == language
        if wrong := complaints(page):
            found[url] = wrong
    assert found == {}
    page.goto(site.url)
    same = entries & set(page.locator("nav a").all_inner_texts())
    # Words that are the same in both languages.
    assert len(same) <= 8, same


def test_axe_finds_nothing_on_a_small_dark_screen(site: Site) -> None:
    page = site.open_as("owen", width=390)
    page.emulate_media(color_scheme="dark")
    found = {}
    for url in (
        "/",
        "/systems",
        "/systems/SYS-0004",
        "/systems/SYS-0003/gates",
        "/risk-assessments/RSK-0001",
        "/sign-offs",
        "/calendar?month=2026-12",
        "/calendar/agenda",
        "/calendar/year",
        "/calendar/workload",
        "/calendar/links",
    ):
        page.goto(site.url + url)
        if wrong := complaints(page):
            found[url] = wrong
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, url
    assert found == {}


def test_the_keyboard_reaches_the_content_first(site: Site) -> None:
    page = site.open_as("victor")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"


def test_a_system_is_logged_classified_and_its_gate_says_no_and_why(site: Site) -> None:
    page = site.open_as("olivia")
    page.goto(f"{site.url}/systems/new")
    page.fill("#title", "Fall detection camera")
    page.get_by_role("button", name="Log it").click()
    expect(page.locator("h1")).to_have_text("Fall detection camera")
    page.get_by_role("link", name="Gates", exact=True).click()
    page.get_by_role("button", name="Ask for the decision").first.click()
    expect(page.locator("h1")).to_have_text("Not yet")
    expect(page.get_by_role("link", name="An accountable owner")).to_be_visible()
    page.get_by_role("link", name="A classification").click()
    for number in ("Q1", "Q2"):
        page.check(f"#{number}-yes")
    for number in ("Q3", "Q5", "Q6", "Q7", "Q8", "Q12", "Q13", "Q14"):
        page.check(f"#{number}-no")
    page.get_by_role("button", name="Classify").click()
    expect(page.locator(".alert-danger")).to_contain_text("Q11")
    page.check("#Q11-yes")
    page.get_by_role("button", name="Classify").click()
    expect(page.locator("h1")).to_have_text("Transparency, tier moderate")


def test_a_signature_is_given_after_the_password_and_the_gate_opens(site: Site) -> None:
    for who in ("owen", "olivia"):
        page = site.open_as(who)
        page.goto(f"{site.url}/sign-offs")
        page.locator("section", has_text="Waiting for you").get_by_role("link").first.click()
        expect(page.locator(".statement")).to_contain_text("GAT-")
        page.fill("#password", "not the password")
        page.get_by_role("button", name="Sign", exact=True).click()
        expect(page.locator("#password-error")).to_contain_text("nothing was signed")
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Sign", exact=True).click()
        expect(page.locator(".alert-success")).to_contain_text("Signed")
    page.goto(f"{site.url}/systems/SYS-0011")
    expect(page.locator(".head").first).to_contain_text("Active")


def test_an_administrator_sees_no_button_that_approves(site: Site) -> None:
    page = site.open_as("max")
    for url in ("/systems/SYS-0011/gates", "/evidence/EVD-0001", "/risk-assessments/RSK-0001"):
        page.goto(site.url + url)
        words = page.locator("main button").all_inner_texts()
        assert not [
            word
            for word in words
            if word in {"Sign", "Approve", "Ask for the decision", "Save the judgement"}
        ], url


def test_an_inventory_is_previewed_imported_and_a_second_time_changes_nothing(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "inventory.csv"
    file.write_text(
        "Name,Purpose,Stage\nWard robot,Carries laundry,In operation\nVoice notes,Writes notes,Pilot\n",
        encoding="utf-8",
    )
    page = site.open_as("olivia")
    for outcome in ("new", "unchanged"):
        page.goto(f"{site.url}/imports")
        page.set_input_files("#file", str(file))
        page.select_option("#mapping", "generic")
        page.get_by_role("button", name="Read and preview").click()
        expect(page.locator(f'a[href="?outcome={outcome}"] b')).to_have_text("2")
        if outcome == "new":
            page.get_by_role("button", name="Import 2 systems").click()
            expect(page.locator(".alert-success")).to_contain_text("Imported")
        else:
            expect(page.locator(".alert-info")).to_contain_text("nothing to import")
    page.goto(f"{site.url}/systems?q=ward+robot")
    expect(page.locator("tbody")).to_contain_text("declared")


def test_a_pack_is_made_with_progress_downloaded_and_verified(site: Site, tmp_path: Path) -> None:
    page = site.open_as("olivia")
    page.goto(f"{site.url}/systems/SYS-0004")
    page.get_by_role("link", name="Evidence pack", exact=True).click()
    expect(page.locator("aside")).to_contain_text("No breached red line")
    page.fill("#purpose", "Surveillance audit")
    page.get_by_role("button", name="Make the pack").click()
    expect(page.locator("progress")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=90_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    target = tmp_path / "pack.pdf"
    download.value.save_as(target)
    checked = subprocess.run(
        [sys.executable, "-m", "governance", "verify", str(target)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    page.goto(f"{site.url}/verify")
    page.set_input_files("#file", str(target))
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("main")).to_contain_text("verified")
    expect(page.locator(".tag-failed")).to_have_count(0)
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
    page.set_input_files("#file", str(target))
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("main")).to_contain_text("NOT verified")


def test_a_subscription_is_made_read_by_a_calendar_program_and_taken_back(site: Site) -> None:
    page = site.open_as("ada")
    page.goto(f"{site.url}/calendar")
    page.get_by_label("Lead auditor").select_option(label="Ada Novak")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("navigation", name="Views of the calendar").get_by_role("link", name="Subscribe").click()
    page.get_by_label("Name of the link").fill("Telephone")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator(".statement code").inner_text()
    expect(page.get_by_role("row", name="Telephone")).to_contain_text("Lead auditor: Ada Novak")
    with urlopen(link) as answer:
        file = Calendar.from_ical(answer.read())
    assert file.events and all(
        "AUD-" in event["SUMMARY"] or "ASC-" in event["SUMMARY"] for event in file.events
    )
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("useless from now on")
    with pytest.raises(HTTPError, match="404"):
        urlopen(link)
