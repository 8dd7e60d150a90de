"""An audit from the announcement to the verified corrective action, by four people in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from governance.core import clock
from governance.demo_people import PASSWORD
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


def fill_in(page: Page, values: dict[str, str], button: str) -> None:
    for name, value in values.items():
        field = page.locator(f"#{name}")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name=button, exact=True).click()


def chosen(page: Page, field: str, words: str) -> str:
    """The value of the choice whose text begins with the words."""
    return page.locator(f"#{field} option", has_text=words).first.get_attribute("value") or ""


def came_to(page: Page, path: str) -> str:
    """The address of the page once it is one below the path."""
    page.wait_for_url(lambda url: path in url)
    return page.url


def sign(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sign-offs")
    page.locator("main a.ref", has_text="SGN-").first.click()
    sign_here(page)


def sign_what_waits(page: Page, record: str) -> None:
    page.goto(record)
    page.locator(".alert a", has_text="SGN-").first.click()
    sign_here(page)


def sign_here(page: Page) -> None:
    page.fill("#password", PASSWORD)
    page.locator("main").get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("main")).to_contain_text("Signed")


def conduct(site: Site, officer: Page, auditor: Page) -> str:
    """An audit on a trigger, from the plan to the report that the officer has read; the address of its finding."""
    today = clock.today()
    officer.goto(f"{site.url}/audits/new?system=SYS-0001")
    fill_in(
        officer,
        {
            "audit_type": "follow_up",
            "trigger": "The authority asked",
            "due_on": (today + timedelta(days=3)).isoformat(),
        },
        "Plan",
    )
    audit = officer.url
    officer.goto(f"{audit}/assign")
    fill_in(officer, {"lead_auditor_id": chosen(officer, "lead_auditor_id", "Ada")}, "Save")
    officer.goto(f"{audit}/team/new")
    fill_in(officer, {"person_id": chosen(officer, "person_id", "Olivia"), "role": "auditee"}, "Add")
    officer.goto(f"{audit}/team")
    expect(officer.locator("tr", has_text="Ada Novak")).to_contain_text("Yes")

    auditor.goto(f"{audit}/announce")
    fill_in(auditor, {"announcement": "We come on Monday at nine."}, "Announce")
    expect(auditor.locator("main")).to_contain_text("lacks objectives, scope, method or days")
    auditor.goto(f"{audit}/plan")
    fill_in(auditor, {"objectives": "Are findings closed?", "method": "Documents and a sample"}, "Save")
    auditor.goto(f"{audit}/announce")
    fill_in(auditor, {"announcement": "We come on Monday at nine."}, "Announce")
    expect(auditor.locator(".head")).to_contain_text("Announced")
    auditor.goto(f"{audit}/start")
    fill_in(auditor, {"impartiality_statement": "I had no part in any of it."}, "Start")

    # A draft survives leaving the page; a file dropped on the question becomes evidence.
    first = auditor.locator("[data-question]").first
    first.locator("textarea[name=note]").fill("Seen on the ward")
    expect(first.locator("[data-said]")).to_have_text("Kept as a draft, only you see it")
    auditor.reload()
    expect(first.locator("textarea[name=note]")).to_have_value("Seen on the ward")
    handle = auditor.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['seen'], 'ward.txt', { type: 'text/plain' })); return data; }"
    )
    first.dispatch_event("drop", {"dataTransfer": handle})
    expect(first.locator("textarea[name=evidence_references]")).to_have_value(re.compile(r"^EVD-\d{4}$"))
    first.focus()
    auditor.keyboard.press("1")
    auditor.keyboard.press("Control+Enter")
    expect(first.locator("[data-said]")).to_have_text("")
    expect(auditor.locator("progress").first).to_have_attribute("value", "1")

    # The rest by keyboard alone: the page comes back at the next question each time.
    total = auditor.locator("[data-question]").count()
    for number in range(2, total + 1):
        expect(auditor.locator("[data-question]:focus")).to_be_visible()
        key = "2" if number == 2 else "6"
        auditor.keyboard.press(key)
        auditor.keyboard.press("n")
        auditor.keyboard.type(
            "The date moved and nobody agreed to it" if number == 2 else "Does not concern it"
        )
        auditor.keyboard.press("Control+Enter")
        expect(auditor.locator("progress").first).to_have_attribute("value", str(number))
    auditor.get_by_role("link", name="Raise the finding").click()
    fill_in(auditor, {"title": "A date moved without agreement", "gap": "10.2 asks for agreement"}, "Raise")
    auditor.goto(audit)
    finding = site.url + (auditor.locator("main a.ref", has_text="FND-").last.get_attribute("href") or "")

    auditor.goto(f"{audit}/samples/new")
    fill_in(auditor, {"purpose": "Is evidence dated?", "kind": "evidence", "seed": "42"}, "Count first")
    expect(auditor.locator("#counted")).to_contain_text("records")
    auditor.get_by_role("button", name="Draw", exact=True).click()
    expect(auditor.locator(".head")).to_contain_text("Can be drawn again")

    auditor.goto(f"{audit}/report")
    fill_in(auditor, {"conclusion": "One minor nonconformity was found."}, "Report")
    sign(auditor, site)
    auditor.goto(audit)
    expect(auditor.locator(".head")).to_contain_text("Closed")
    auditor.goto(f"{audit}/distribute")
    auditor.get_by_role("button", name="Give out", exact=True).click()
    officer.goto(audit)
    officer.get_by_role("button", name="I have read it").click()
    expect(officer.locator("#report")).to_contain_text("read 20")
    return finding


def next_step(page: Page, action: str, step: str, values: dict[str, str], state: str) -> None:
    page.goto(f"{action}/{step}")
    fill_in(page, values, "Save")
    expect(page.locator(".head")).to_contain_text(state)


def correct(site: Site, finding: str, officer: Page, auditor: Page, owner: Page) -> str:
    """A corrective action from its opening to the day when it is said to work; its address."""
    owner.goto(f"{finding}/accept")
    fill_in(owner, {"auditee_response": "It is so."}, "Save")
    officer.goto(f"{finding}/action")
    fill_in(
        officer,
        {
            "title": "Dates move with agreement only",
            "owner_id": chosen(officer, "owner_id", "Dr Owen"),
            "verifier_id": chosen(officer, "verifier_id", "Prof Prue"),
        },
        "Open",
    )
    action = came_to(officer, "corrective-actions/")
    contained = {"correction": "The date was agreed afterwards", "containment": "No other date moved"}
    next_step(owner, action, "contain", contained, "Contained")
    cause = {
        "cause_method": "five_whys",
        "cause_class": "process",
        "whys": "Nobody was asked.\nThe form has no field for it.",
        "root_cause": "The form lets a date move without an agreement",
        "why_not_detected": "Nobody reads the log of dates",
        "similar_cases": "Two other actions; both were agreed",
    }
    next_step(owner, action, "cause", cause, "Contained")
    sign_what_waits(auditor, action)
    plan = {
        "action": "The form asks who agreed",
        "effectiveness_criterion": "No date without a name in 30 days",
    }
    next_step(owner, action, "plan", plan, "Cause agreed")
    sign_what_waits(auditor, action)
    owner.goto(f"{site.url}/evidence/new?for={action.rsplit('/', 1)[1]}")
    owner.set_input_files("#file", {"name": "form.txt", "mimeType": "text/plain", "buffer": b"Who agreed?"})
    fill_in(owner, {"title": "The form as it is now", "evidence_kind": "other"}, "Submit")
    next_step(owner, action, "implement", {"done_note": "The form asks since today"}, "Implemented")
    owner.goto(f"{action}/effect")
    fill_in(owner, {"effectiveness_note": "Nothing moved"}, "Save")
    expect(owner.locator("main")).to_contain_text("verifier")
    return action


def judge(site: Site, action: str) -> None:
    """What the verifier finds and signs when the time for an effect has passed."""
    with clock.held_at(clock.now() + timedelta(days=31)):
        verifier = site.open_as("prue")
        verifier.goto(f"{action}/effect")
        verifier.locator("#effective").check()
        fill_in(verifier, {"effectiveness_note": "Twelve dates moved, each with a name"}, "Save")
        sign_what_waits(verifier, action)
        verifier.goto(action)
        expect(verifier.locator(".head")).to_contain_text("Closed")


def test_four_people_bring_an_audit_from_its_announcement_to_a_verified_corrective_action(site: Site) -> None:
    officer, auditor, owner = (site.open_as(who) for who in ("olivia", "ada", "owen"))
    finding = conduct(site, officer, auditor)
    action = correct(site, finding, officer, auditor, owner)
    judge(site, action)
    officer.goto(f"{finding}/close")
    fill_in(officer, {"reason": "The action works"}, "Save")
    expect(officer.locator(".head")).to_contain_text("Closed")
