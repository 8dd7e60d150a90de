"""Home and My work: what waits for whom, and the figures each role looks at first."""

from datetime import timedelta

from governance.access import duties
from governance.core import clock, records
from governance.improvement import service as improvement
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import AcceptFinding, RecordFinding
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.improvement import build
from tests.systems.build import a_classification, a_system


def waiting(house: House, who: str) -> dict[str, duties.Duty]:
    with house.reading() as session:
        return {item.what: item for item in duties.of_person(session, house.actor(who))}


def a_finding(house: House) -> str:
    system = a_system(house)
    with house.acting("ada") as session:
        data = RecordFinding(
            title="No sample sizes", grade=Grade.MINOR, criterion="A.7.4", evidence_statement="Table 3", gap="No n"
        )  # fmt: skip
        return improvement.record_finding(session, records.get(session, AiSystem, system), data).reference


def an_action(house: House, finding: str) -> str:
    with house.acting("owen") as session:
        item = records.get(session, Finding, finding)
        improvement.accept_finding(
            session, item, AcceptFinding(auditee_response="True", version=item.version)
        )
    return build.planned(house, finding, days=3)


def test_a_signature_waits_for_the_one_who_can_give_it_and_for_nobody_else(house: House) -> None:
    a_classification(house, a_system(house))
    assert "Sign as compliance lead: Classification of Sepsis early warning" in waiting(house, "olivia")
    assert waiting(house, "victor") == {}


def test_a_finding_waits_for_the_owner_then_the_action_for_its_owner_then_for_its_verifier(
    house: House,
) -> None:
    finding = a_finding(house)
    assert "Answer the minor finding: No sample sizes" in waiting(house, "owen")
    action = an_action(house, finding)
    assert not any("finding" in what for what in waiting(house, "owen"))
    assert not waiting(house, "tess")["Carry out: New template"].overdue
    with clock.held_at(clock.now() + timedelta(days=4)):
        assert waiting(house, "tess")["Carry out: New template"].overdue
    build.done(house, action)
    assert waiting(house, "tess") == {}
    assert any("verify the effect of: New template" in what for what in waiting(house, "prue"))


def test_what_is_due_first_stands_first(house: House) -> None:
    an_action(house, a_finding(house))
    a_system(house, "Bed forecast", next_review_on=clock.today() + timedelta(days=1))
    with house.reading() as session:
        found = duties.of_person(session, house.actor("owen"))
    dates = [item.due_on for item in found]
    assert dates[0] == clock.today() + timedelta(days=1) and dates == sorted(
        dates, key=lambda day: (day is None, day)
    )


def test_home_shows_each_role_its_own_figures(house: House, browser_of) -> None:
    a_finding(house)
    officer, owner = browser_of("olivia").get("/").text, browser_of("owen").get("/").text
    assert "Systems not classified" in officer and "Systems not classified" not in owner
    assert "AI systems you own" in owner and "Register Sepsis early warning: gate G0" in owner
    assert "up to 30 days" in officer and "<td>1</td>" in officer


def test_home_of_an_empty_registry_says_how_to_begin(browser_of) -> None:
    page = browser_of("olivia").get("/").text
    assert "Start with the register" in page and "Nothing waits for you today." in page


def test_my_work_leads_to_the_page_where_it_is_done(house: House, browser_of) -> None:
    a_finding(house)
    page = browser_of("owen").get("/my-work").text
    assert 'href="/findings/FND-0001"' in page and 'href="/systems/SYS-0001/gates"' in page
