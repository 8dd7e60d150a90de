"""A request of the certification body, from the question to the accepted answer, by two people in two browsers."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def complaints(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {item['nodes'][0]['html'][:160]}" for item in found]


def test_an_auditor_asks_the_officer_shares_and_the_auditor_accepts(site: Site) -> None:
    xena, olivia = site.open_as("xena"), site.open_as("olivia")
    expect(xena.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(["Auditor's room"])
    expect(xena.get_by_role("searchbox")).to_have_count(0)
    assert complaints(xena) == []
    xena.get_by_role("link", name="Ask to see something").click()
    xena.get_by_label("In short").fill("Objectives of the year")
    xena.get_by_label("What you want to see").fill("Show the objectives and what they are measured by.")
    xena.get_by_label("Clause or control").fill("6.2")
    xena.get_by_role("button", name="Ask").click()
    expect(xena.get_by_role("heading", level=1)).to_have_text("Objectives of the year")
    xena.goto(f"{site.url}/objectives/OBJ-0001")
    expect(xena.locator("main")).to_contain_text("This is not shared with you")
    assert complaints(xena) == []

    olivia.goto(f"{site.url}/my-work")
    duty = olivia.get_by_role("listitem").filter(
        has_text="Answer the external auditor: Objectives of the year"
    )
    duty.get_by_role("link").click()
    olivia.get_by_role("link", name="Answer", exact=True).click()
    olivia.get_by_label("Answer").fill("The first objective, with its measures.")
    olivia.get_by_label("Records that become shared").fill("OBJ-0001")
    olivia.get_by_role("button", name="Provide").click()
    expect(olivia.locator("main")).to_contain_text("the auditor sees it now")
    assert complaints(olivia) == []

    xena.goto(f"{site.url}/auditors-room")
    xena.get_by_role("link", name="1 provided").or_(xena.get_by_role("link", name="2 provided")).click()
    xena.get_by_role("row", name="Objectives of the year").get_by_role("link").click()
    xena.get_by_role("link", name="OBJ-0001").click()
    expect(xena.get_by_role("heading", name="Content")).to_be_visible()
    assert complaints(xena) == []
    xena.go_back()
    xena.get_by_role("link", name="Accept").click()
    xena.get_by_role("button", name="Accept the answer").click()
    expect(xena.locator(".head")).to_contain_text("Accepted")

    olivia.goto(f"{site.url}/external-audits/EXA-2026-001")
    looked = olivia.get_by_role("region", name="Visits")
    expect(looked).to_contain_text("/auditors-room/records/OBJ-0001")
    expect(looked.get_by_role("row", name="Refused").first).to_contain_text("/objectives/OBJ-0001")
    olivia.get_by_role("button", name="End the access").click()
    expect(olivia.locator("#guests")).to_contain_text("Ended")
    xena.goto(f"{site.url}/auditors-room")
    expect(xena).to_have_url(f"{site.url}/sign-in?next=/auditors-room?")
