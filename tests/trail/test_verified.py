"""The worker verifies the whole trail every day and writes down what it found."""

from datetime import timedelta

from sqlalchemy import text

from governance.core import checks, clock
from governance.core.settings import Settings
from governance.jobs.jobs import verify
from governance.trail import queries, verified
from governance.trail.models import TrailVerification
from tests.house_fixtures import House
from tests.systems.build import a_system


def found(house: House) -> list[TrailVerification]:
    with house.reading() as session:
        last = verified.last(session)
        return [last] if last else []


def is_intact(house: House) -> bool:
    with house.reading() as session:
        return not session.execute(checks.named("trail.intact").missing(clock.today())).all()


def test_it_is_verified_once_a_day_and_the_result_is_an_event_itself(
    house: House, settings: Settings
) -> None:
    """INV-G4."""
    a_system(house)
    verify(house.database, settings)
    (first,) = found(house)
    assert (first.faults, first.first_fault) == (0, "") and first.rows > 10
    with house.reading() as session:
        (event, *_) = queries.latest(session, kind="trail_verification", limit=5)
        assert (event.seq, event.verb) == (first.size + 1, "trail.verify")
    verify(house.database, settings)
    assert found(house)[0].id == first.id
    with clock.held_at(clock.now() + timedelta(hours=25)):
        verify(house.database, settings)
        assert found(house)[0].size == first.size + 1
    assert is_intact(house)


def test_a_row_changed_behind_the_registry_is_a_gap_of_the_organisation(
    house: House, settings: Settings
) -> None:
    reference = a_system(house)
    with house.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE record SET title = 'Harmless' WHERE reference = :r"), {"r": reference}
        )
    verify(house.database, settings)
    (said,) = found(house)
    assert said.faults == 1 and reference in said.first_fault
    assert not is_intact(house)
