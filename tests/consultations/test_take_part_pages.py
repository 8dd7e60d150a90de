"""The pages that people without an account see: plain, closed when they must be, and without a trace of who came."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from governance.consultations import participation, queries, throttle
from governance.consultations.models import Consultation
from governance.consultations.participation_models import Contribution
from governance.core import clock, records
from governance.web.application import Application
from tests.consultations.build import (
    PATIENTS,
    answered,
    came,
    heard,
    identified,
    linked,
    opened,
    planned,
    sent,
    told_back,
)
from tests.house_fixtures import House
from tests.systems.build import a_system
from tests.web_fixtures import Browser

SOON = {"ends_on": clock.today() + timedelta(days=20)}


@pytest.fixture
def guest(app: Application) -> Browser:
    """Somebody without an account."""
    return Browser(app.test_client())


def form(**values: str) -> dict[str, str]:
    return {"answers.0": "The alarm is loud", "consent": "yes"} | values


def code_of(text: str) -> str:
    found = re.search(r'class="receipt">([A-Z0-9-]{19})<', text)
    assert found, text
    return found.group(1)


def test_somebody_takes_part_sees_the_answer_and_takes_it_back(house: House, guest: Browser) -> None:
    """CON-3, end to end."""
    reference = opened(house, a_system(house), **SOON)
    url = f"/take-part/{linked(house, reference)}"
    page = guest.get(url).text
    for words in (
        "What worries you?",
        "Whether relatives see the warning",
        "We keep what you say",
        "no address",
    ):
        assert words in page
    assert 'class="side"' not in page
    response = guest.post(url, form(), page=url)
    assert response.status_code == 200
    code = code_of(response.text)
    result = guest.post("/take-part", {"code": code.lower()}, page="/take-part").text
    assert "It has arrived and will be read." in result and "The alarm is loud" in result
    gone = guest.post("/take-part/withdraw", {"code": code}, page="/take-part").text
    assert "Taken back" in gone and "The alarm is loud" not in gone
    assert guest.post("/take-part/withdraw", {"code": code}, page="/take-part").status_code == 422


def test_the_answer_stands_on_the_result_page_once_it_was_told_back(house: House, guest: Browser) -> None:
    reference = opened(house, a_system(house), **SOON)
    code = sent(house, linked(house, reference))
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        row = queries.contributions(session, item)[0]
        data = participation.Triage(new_concern="The alarm frightens patients")
        participation.triage(session, item, row, data)
    answered(house, reference)
    before = guest.post("/take-part", {"code": code}, page="/take-part").text
    assert "It was read." in before and "Weighed with the ward" not in before
    told_back(house, reference)
    after = guest.post("/take-part", {"code": code}, page="/take-part").text
    assert "Weighed with the ward" in after and "The screen stays dark" in after


def test_a_wrong_answer_is_said_and_what_was_typed_is_kept(house: House, guest: Browser) -> None:
    url = f"/take-part/{linked(house, opened(house, a_system(house), **SOON))}"
    for data, says in (
        ({"answers.0": "Too loud"}, "only if you agree"),
        ({"consent": "yes"}, "at least one question"),
        (form(website="https://example.com"), "Leave the field"),
        (form(**{"answers.x": "?"}), "no such question"),
        (form(**{"answers.9": "?"}), "questions changed"),
        (form(**{"answers.0": "a" * 5001}), "at most 5000"),
        (form(surprise="1"), "no such field"),
    ):
        response = guest.post(url, data, page=url)
        assert (response.status_code, says in response.text) == (422, True), says
    assert "Too loud" in guest.post(url, {"answers.0": "Too loud"}, page=url).text
    with house.reading() as session:
        assert session.scalars(select(Contribution)).all() == []


def test_closed_and_unknown_links_say_so(house: House, guest: Browser) -> None:
    reference = planned(house, a_system(house), **SOON)
    response = guest.get(f"/take-part/{linked(house, reference)}")
    assert (response.status_code, "not opened yet" in response.text) == (410, True)
    assert guest.get("/take-part/guessed").status_code == 404
    wrong = guest.post("/take-part", {"code": "ABCD-EFGH"}, page="/take-part")
    assert (wrong.status_code, "no contribution with this code" in wrong.text) == (422, True)


def test_floods_are_answered_with_wait(house: House, guest: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PER_ADDRESS", 3)
    codes = [guest.post("/take-part", {"code": "ABCD-EFGH"}, page="/take-part").status_code for _ in range(4)]
    assert codes == [422, 422, 422, 429]


def test_who_is_signed_in_takes_part_as_nobody(house: House, app: Application) -> None:
    """CON-4: no name gets near an answer."""
    url = f"/take-part/{linked(house, opened(house, a_system(house), **SOON))}"
    browser = Browser(app.test_client(), "asha")
    response = browser.post(url, form(), page=url)
    assert response.status_code == 200 and "Asha" not in response.text
    with house.reading() as session:
        item = session.scalars(select(Contribution)).one().consultation
        from governance.trail import queries as trail

        event = next(row for row in trail.history(session, item) if row.verb == "consultations.take_part")
        assert event.actor == "Somebody without an account"


def test_the_link_is_shown_once(house: House, browser_of: Callable[[str], Browser]) -> None:
    reference = opened(house, a_system(house), **SOON)
    url = f"/consultations/{reference}/invitations"
    asha = browser_of("asha")
    with house.reading() as session:
        group = records.get(session, Consultation, reference).groups[0].id
    data = {"group": str(group), "kind": "group", "uses_allowed": "10", "expires_on": str(SOON["ends_on"])}
    made = asha.post(url, data, page=url)
    token = re.search(r"/take-part/([\w-]+)", made.text)
    assert made.status_code == 200 and token
    assert token.group(1) not in asha.get(url).text
    assert asha.post(url, data | {"uses_allowed": "0"}, page=url).status_code == 422
    assert asha.post(f"{url}/1/revoke", page=url).status_code == 303
    assert "Withdrawn" in asha.get(url).text
    assert asha.post(f"{url}/999/revoke", page=url).status_code == 404


def test_only_who_answers_reads_contributions(house: House, browser_of: Callable[[str], Browser]) -> None:
    """CON-4."""
    reference = opened(house, a_system(house), **SOON)
    sent(house, linked(house, reference), "My own words")
    url = f"/consultations/{reference}/contributions"
    asha = browser_of("asha")
    assert "My own words" in asha.get(url).text and "My own words" in asha.get(f"{url}/1").text
    for who in ("victor", "ada", "owen", "xena"):
        browser = browser_of(who)
        assert browser.get(url).status_code == 403 and browser.get(f"{url}/1").status_code == 403
        assert "My own words" not in browser.get(f"/records/{reference}/history").text
    assert asha.post(f"{url}/1", {"set_aside": ""}, page=f"{url}/1").status_code == 422
    assert (
        asha.post(f"{url}/1", {"new_concern": "It is loud", "severity": "2"}, page=f"{url}/1").status_code
        == 303
    )
    assert "It is loud" in asha.get(f"/consultations/{reference}").text
    assert asha.get(f"{url}/9").status_code == 404


def test_a_small_group_is_named_beside_nothing_it_said(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    """CON-5: on the page, in the history and in the picture."""
    reference = opened(house, a_system(house), **SOON)
    came(house, reference, took_part=3)
    heard(house, reference)
    victor = browser_of("victor")
    page = victor.get(f"/consultations/{reference}").text
    assert "A group of fewer than 5" in page
    history = victor.get(f"/records/{reference}/history").text
    assert "fewer than 5" in history and "<ins>3</ins>" not in history
    assert "3 of 40" not in page


def test_stakeholder_pages_work_from_identifying_to_the_map(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    system = a_system(house)
    asha = browser_of("asha")
    page = asha.get(f"/affected-groups?system={system}").text
    assert "identify" in page and PATIENTS in page
    new = f"/stakeholders/new?system={system}&name=Relatives"
    assert 'value="Relatives"' in asha.get(new).text
    data = {
        "title": "Relatives",
        "party": "affected_people",
        "relation": "directly_affected",
        "systems": system,
    }
    assert asha.post(new, data | {"size": "10" * 12}, page=new).status_code == 422
    assert (
        asha.post(new, data | {"contact": "room E 12"}, page=new).headers["Location"]
        == "/stakeholders/STK-0001"
    )
    assert asha.post(new, data, page=new).status_code == 422
    assert asha.post("/stakeholders/STK-0001/confirm", page=new).status_code == 303
    assert "room E 12" in asha.get("/stakeholders/STK-0001").text
    assert "room E 12" not in browser_of("victor").get("/stakeholders/STK-0001").text
    for url in (
        "/stakeholders",
        "/stakeholders?state=confirmed&q=rel",
        "/affected-groups",
        f"/affected-groups?system={system}",
    ):
        assert "Relatives" in asha.get(url).text, url
    identified(house, "Others")
    assert asha.get("/affected-groups?q=zzz").status_code == 200
    assert asha.get("/affected-groups?system=SYS-0099").status_code == 404


def test_a_plan_is_made_changed_and_sent_to_be_signed_on_its_pages(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    reference = planned(house, a_system(house), **SOON)
    asha = browser_of("asha")
    url = f"/consultations/{reference}/edit"
    page = asha.get(url).text
    version = page.split('name="version" value="')[1].split('"')[0]
    data = {
        "title": "Changed", "purpose": "Why?", "decision_it_can_change": "Much", "level": "3", "method": "survey",
        "groups": "Relatives\nWard nurses", "starts_on": "2026-11-01", "ends_on": "2026-12-01", "questions": "One?\nTwo?",
        "version": version,
    }  # fmt: skip
    assert asha.post(url, data | {"facilitator_id": "10" * 20}, page=url).status_code == 422
    assert asha.post(url, data, page=url).status_code == 303
    assert "Two?" in asha.get(f"/consultations/{reference}").text
    assert asha.post(f"/consultations/{reference}/ask-approval", page=url).status_code == 303
    assert "One?" in asha.get("/consultation-decisions/COD-0001").text
    version = asha.get(url).text.split('name="version" value="')[1].split('"')[0]
    assert asha.post(url, data | {"questions": " ", "version": version}, page=url).status_code == 303
    refused = asha.post(f"/consultations/{reference}/ask-approval", page=url)
    assert (refused.status_code, "The questions, word for word" in refused.text) == (422, True)
    assert asha.get(f"/consultations/new?system={a_system(house, title='Other')}").status_code == 200
    assert isinstance(asha.client, FlaskClient)


def test_an_escalated_concern_says_where_top_management_signs(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    """CON-6."""
    reference = opened(house, a_system(house), **SOON)
    heard(house, reference, severity=5)
    answered(house, reference, disposition="declined")
    victor = browser_of("victor")
    assert "Top management" in victor.get(f"/consultations/{reference}").text
    page = victor.get("/consultation-decisions/COD-0001").text
    assert "makes the concern wait for another answer" in page and "Weighed with the ward" in page
