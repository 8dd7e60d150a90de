"""Pages of third parties over HTTP."""

from typing import Any

from governance.core import clock
from governance.systems.third_party_rules import rules
from tests.house_fixtures import House
from tests.third_parties.test_service import a_third_party


def test_an_officer_makes_a_candidate_complete_page_by_page(house: House, browser_of: Any) -> None:
    _, reference = a_third_party(house)
    officer, path = browser_of("olivia"), f"/third-parties/{reference}"
    page = officer.get(path).text
    assert "What approval needs" in page and "Not recorded yet (A.10.2)" in page
    refused = officer.post(f"{path}/approve", {})
    assert (
        refused.status_code == 422
        and "Approval still needs" in refused.text
        and f"{path}/edit" in refused.text
    )
    known = {
        "title": "MedTech GmbH", "criticality": "critical", "incident_duty": "24 h", "change_notice": "4 weeks",
        "exit_plan": "by hand", "review_due_on": str(clock.today()), "version": "1",
    }  # fmt: skip
    assert officer.get(f"{path}/edit").status_code == 200
    assert officer.post(f"{path}/edit", known).status_code == 303
    half = officer.post(f"{path}/split", {"us": ["data"], "version": "2"})
    assert half.status_code == 422 and "Nobody answers for" in half.text
    assert (
        officer.post(f"{path}/split", {"both": list(rules().activities), "version": "2"}).status_code == 303
    )
    page = officer.get(path).text
    assert "What approval needs" not in page and "wanted of its criticality" in page
    asked = {"document": "model_card", "requested_on": str(clock.today()), "version": "3"}
    assert officer.post(f"{path}/documents", asked).status_code == 303
    assert 'value="model_card" selected' in officer.get(f"{path}/documents?document=model_card").text
    assert officer.post(f"{path}/approve", {}).status_code == 303
    assert "tag-approved" in officer.get(path).text


def test_the_list_is_filtered(house: House, browser_of: Any) -> None:
    _, reference = a_third_party(house)
    browser = browser_of("victor")
    assert reference in browser.get("/third-parties?state=candidate").text
    nothing = browser.get("/third-parties?state=approved")
    assert reference not in nothing.text and "Nothing matches" in nothing.text
    assert reference not in browser.get("/third-parties?criticality=critical").text


def test_a_reader_sees_and_decides_nothing(house: House, browser_of: Any) -> None:
    _, reference = a_third_party(house)
    browser, path = browser_of("victor"), f"/third-parties/{reference}"
    page = browser.get(path).text
    assert f"{path}/edit" not in page and f"{path}/end" not in page
    assert browser.post(f"{path}/end", {"reason": "because", "version": "1"}).status_code == 403


def test_a_date_that_is_none_and_a_result_that_is_none_keep_the_form(house: House, browser_of: Any) -> None:
    _, reference = a_third_party(house)
    data = {"result": "splendid", "found": "all fine", "next_on": "soon", "version": "1"}
    answer = browser_of("olivia").post(f"/third-parties/{reference}/review", data)
    assert answer.status_code == 422 and "Enter a date" in answer.text and "all fine" in answer.text
