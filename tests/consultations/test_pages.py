"""A consultation on its pages: typed text is kept, concerns can be answered, small groups are not counted out loud."""

from tests.consultations.test_service import came, heard, opened
from tests.house_fixtures import House
from tests.systems.build import a_system


def test_a_group_smaller_than_five_is_not_reported_by_number(house: House, browser_of) -> None:
    """CON-5."""
    reference = opened(house, a_system(house))
    came(house, reference, took_part=3)
    page = browser_of("victor").get(f"/consultations/{reference}").text
    assert "fewer than 5" in page
    assert '<td class="number">3</td>' not in page
    came(house, reference, took_part=20)
    page = browser_of("victor").get(f"/consultations/{reference}").text
    assert '<td class="number">20</td>' in page
    assert "50 %" in page


def test_a_refused_answer_names_the_field_and_keeps_what_was_typed(house: House, browser_of) -> None:
    reference = opened(house, a_system(house))
    heard(house, reference)
    url = f"/consultations/{reference}/concerns/1"
    asha = browser_of("asha")
    version = asha.get(url).text.split('name="version"')[1].split('value="')[1].split('"')[0]
    typed = {
        "disposition": "accepted",
        "reason": "The screen stays dark",
        "change_reference": "RSK-9999",
        "version": version,
    }
    response = asha.post(url, typed, page=url)
    assert response.status_code == 422
    assert "There is no record RSK-9999." in response.text
    assert "The screen stays dark" in response.text
    assert asha.post(url, typed | {"change_reference": ""}, page=url).status_code == 303
    assert "The screen stays dark" in asha.get(f"/consultations/{reference}").text


def test_who_may_only_look_sees_no_buttons(house: House, browser_of) -> None:
    reference = opened(house, a_system(house))
    assert "Record a concern" in browser_of("asha").get(f"/consultations/{reference}").text
    assert "Record a concern" not in browser_of("victor").get(f"/consultations/{reference}").text
