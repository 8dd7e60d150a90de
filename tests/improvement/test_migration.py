"""A registry with findings and actions in it goes one version back and forth again, on both databases."""

from alembic import command

from governance.core import clock, records
from governance.improvement.models import CorrectiveAction, Finding, Grade
from governance.trail import schema
from tests.house_fixtures import House
from tests.improvement import build
from tests.systems.build import a_system, state_of

BEFORE = "0024"


def test_findings_and_actions_survive_the_way_to_the_former_version_and_back(house: House) -> None:
    system = a_system(house)
    over = build.a_finding(house, system, grade=Grade.OBSERVATION, clauses=["8.2"])
    build.closed(house, over)
    planned = build.planned(house, build.a_finding(house, system))
    early = build.opened(house, build.a_finding(house, system))
    build.contained(house, early)
    with house.database.rebuilding() as connection:
        command.downgrade(schema._config(connection), BEFORE)
    schema.upgrade(house.database)
    assert schema.differences(house.database) == []
    with house.reading() as session:
        item = records.get(session, CorrectiveAction, planned)
        today = clock.today()
        assert (item.contained_on, item.cause_agreed_on, item.planned_on) == (today, today, today)
        assert item.extensions_asked == [] and item.times_reopened == 0
        found = records.get(session, Finding, over)
        assert found.closed_on == today and found.requirements == []
    assert state_of(house, early) == "open"
    build.effective(house, planned)
