"""Red lines screened on their page: one answer for each line, through the form."""

from governance.values.catalogue import values
from tests.systems.build import a_system


def test_every_red_line_is_screened_through_the_form(house, browser_of):
    system = a_system(house)
    page = f"/systems/{system}/red-lines"
    answers = {f"answers.{line.id}": "cannot" for line in values().red_lines}
    asha = browser_of("asha")
    response = asha.post(f"{page}/screen", answers | {"note": "Desk review"}, page=page)
    assert response.status_code == 303, response.text
    assert "RL-10" in asha.get(page).text
