"""Pages of impact assessments: begin, answer with autosave, rate, and what they say when something is wrong."""

from governance.core import records
from governance.impacts.models import ImpactAssessment
from tests.house_fixtures import House
from tests.impacts import build


def version_of(house: House, impact: str) -> int:
    with house.reading() as session:
        return records.get(session, ImpactAssessment, impact).version


def test_an_assessment_is_begun_on_the_page_of_a_system(house: House, browser_of) -> None:
    system = build.a_tiered_system(house)
    page = browser_of("asha").get(f"/impact-assessments/new?system={system}")
    assert "Does it affect vulnerable people?" in page.text
    data = {
        "title": "Impacts",
        "sensitive": "vulnerable_people",
        "triage_result": "full",
        "contexts": "Hesse",
        "next_review_on": "2027-06-01",
    }
    response = browser_of("asha").post(f"/impact-assessments/new?system={system}", data)
    assert response.headers["Location"] == "/impact-assessments/IMP-0001"
    shown = browser_of("victor").get("/impact-assessments/IMP-0001").text
    assert "S8 has no answer to: How could it be misused?" in shown and "What is missing" in shown


def test_a_section_is_saved_while_one_types(house: House, browser_of) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    browser = browser_of("asha")
    url = f"/impact-assessments/{impact}/sections/S8"
    data = {"S8_misuse": "Read as a verdict", "version": str(version_of(house, impact))}
    token = browser.get(url).text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.client.post(url, data={**data, "csrf_token": token}, headers={"X-Autosave": "1"})
    assert answer.get_json() == {"version": version_of(house, impact), "message": "Saved"}
    stale = browser.client.post(url, data={**data, "csrf_token": token}, headers={"X-Autosave": "1"})
    assert stale.status_code == 409 and "somebody else" in stale.get_json()["message"]
    assert "Read as a verdict" in browser.get(url).text


def test_a_conflict_shows_both_answers(house: House, browser_of) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    url, first = f"/impact-assessments/{impact}/sections/S8", version_of(house, impact)
    browser = browser_of("asha")
    assert browser.post(url, {"S8_misuse": "Theirs", "version": str(first)}).status_code == 303
    page = browser.post(url, {"S8_misuse": "Mine", "version": str(first)})
    assert page.status_code == 409 and 'value="Theirs"' in page.text and 'value="Mine"' in page.text


def test_save_and_go_on_leads_to_the_next_section(house: House, browser_of) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    data = {"S8_misuse": "x", "version": str(version_of(house, impact)), "then": "next"}
    response = browser_of("asha").post(f"/impact-assessments/{impact}/sections/S8", data)
    assert response.headers["Location"].endswith("/sections/S10")


def test_an_unknown_section_or_impact_is_a_plain_404(house: House, browser_of) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    browser = browser_of("asha")
    assert browser.get(f"/impact-assessments/{impact}/sections/S99").status_code == 404
    assert browser.get(f"/impact-assessments/{impact}/impacts/7").status_code == 404
    assert browser.get(f"/impact-assessments/{impact}/measures/{10**30}").status_code == 404


def test_a_rating_out_of_bounds_stays_next_to_its_field(house: House, browser_of) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    data = {
        "group": "Ward nurses",
        "severity": "9",
        "likelihood": "0",
        "version": str(version_of(house, impact)),
    }
    page = browser_of("asha").post(f"/impact-assessments/{impact}/impacts/new", data)
    assert page.status_code == 422 and "At most 5." in page.text and "At least 1." in page.text


def test_a_reader_sees_the_assessment_and_changes_nothing(house: House, browser_of) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    browser = browser_of("victor")
    assert browser.get("/impact-assessments").status_code == 200
    data = {"S8_misuse": "x", "version": "1"}
    assert browser.post(f"/impact-assessments/{impact}/sections/S8", data).status_code == 403
