"""The wizard on its page: every question with its cases in words, and answers item by item through the form."""

from governance.core import records
from governance.systems.classification import wizard
from governance.systems.models import Classification
from tests.systems.build import MINIMAL_ANSWERS, a_system


def answered(**changes):
    return {f"answers.{key}": value for key, value in (MINIMAL_ANSWERS | changes).items()}


def test_the_page_shows_every_question_and_its_cases_in_words(house, browser_of):
    page = browser_of("asha").get(f"/systems/{a_system(house)}/classify").text
    for question in wizard().questions:
        assert f"{question.id}. " in page
    assert "(ba) realistic intimate or sexual material" in page
    assert "applies_from" not in page


def test_an_annex_iii_area_answered_by_itself_classifies_the_system(house, browser_of):
    system = a_system(house)
    answers = answered(Q9="no", Q10="unsure", Q15="no")
    del answers["answers.Q8"]
    url = f"/systems/{system}/classify"
    response = browser_of("asha").post(url, answers | {"answers.Q8-5": "yes"}, page=url)
    assert response.status_code == 303, response.text
    with house.reading() as session:
        made = records.get(session, Classification, response.location.rsplit("/", 1)[-1])
        assert made.headline == "high_risk_annex_iii"
        assert made.provisional
        assert made.answers["Q8-5"] == "yes"


def test_an_open_question_is_named_and_nothing_is_kept(house, browser_of):
    system = a_system(house)
    answers = answered()
    del answers["answers.Q6"]
    url = f"/systems/{system}/classify"
    response = browser_of("asha").post(url, answers | {"answers.Q6-a": "no"}, page=url)
    assert response.status_code == 422
    assert "Question Q6 is open" in response.text
