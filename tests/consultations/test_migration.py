"""A registry with consultations in it goes one version back and forth again, on both databases."""

from alembic import command
from sqlalchemy import text

from governance.consultations import queries
from governance.consultations.models import Consultation
from governance.core import records
from governance.trail import schema
from tests.consultations.build import heard, linked, opened, sent
from tests.house_fixtures import House
from tests.systems.build import a_system


def test_consultations_survive_the_way_to_the_former_version_and_back(house: House) -> None:
    reference = opened(house, a_system(house), groups=["Relatives", "Ward Nurses"])
    heard(house, reference)
    sent(house, linked(house, reference))
    with house.database.rebuilding() as connection:
        command.downgrade(schema._config(connection), "0004")
    with house.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM consultation")).scalar_one() == 1
    schema.upgrade(house.database)
    assert schema.differences(house.database) == []
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        assert [group.key for group in item.groups] == ["relatives", "ward nurses"]
        assert ([row.number for row in item.concerns], item.questions) == ([1], [])
        assert queries.sent(session, item) == (0, 0)
