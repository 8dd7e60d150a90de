"""One accountable owner, who is here and who accepted (INV-SYS1)."""

import pytest

from governance.access import duties
from governance.access import queries as people
from governance.access import service as access
from governance.access.schemas import Leave
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.demo_path import to_register
from governance.demo_story import Story
from governance.organisation import service as organisation
from governance.organisation.schemas import HandOver
from governance.systems import service
from governance.systems.models import AiSystem
from governance.systems.schemas import EditSystem


@pytest.fixture
def forecast(story: Story) -> str:
    """A registered system of Owen's."""
    return story.play(to_register(
        story, clock.today(), 20, {},
        title="Bed occupancy forecast", intended_purpose="Forecast occupied beds", users="Ward managers",
        affected_groups=["Ward managers"], owner_id=story.id("owen"), technical_owner_id=story.id("tess"),
        autonomy="advice_only", sourcing="in_house", personal_data="no", special_category_data="no",
    ))  # fmt: skip


def waiting(story: Story) -> set[str]:
    """References of the systems whose owner has not accepted."""
    with story.database.transaction(readonly=True) as session:
        found = session.execute(checks.named("systems.owner_accepted").missing(clock.today()))
        return {row[1] for row in found}


def owner_changes(story: Story, system: str, to: str) -> None:
    with story.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        values = {name: getattr(record, name) for name in EditSystem.model_fields if hasattr(record, name)}
        service.edit(session, record, EditSystem.model_validate({**values, "owner_id": story.id(to)}))


def test_inv_sys1_who_signed_the_gate_as_owner_has_accepted(story: Story, forecast: str) -> None:
    with story.database.transaction(readonly=True) as session:
        assert records.get(session, AiSystem, forecast).owner_accepted_at is not None
    assert waiting(story) == set()


def test_inv_sys1_a_new_owner_has_to_accept_and_nobody_else_can(story: Story, forecast: str) -> None:
    owner_changes(story, forecast, "rana")
    assert waiting(story) == {forecast}
    with story.database.transaction(readonly=True) as session:
        asked = [item.what for item in duties.of_person(session, story.actors["rana"])]
    assert "Accept that you answer for Bed occupancy forecast" in asked
    for other in ("owen", "olivia", "eve"):
        with pytest.raises(Forbidden), story.acting(other) as session:
            service.accept_ownership(session, records.get(session, AiSystem, forecast))
    with story.acting("rana") as session:
        service.accept_ownership(session, records.get(session, AiSystem, forecast))
    assert waiting(story) == set()
    with pytest.raises(Refused, match="accepted already"), story.acting("rana") as session:
        service.accept_ownership(session, records.get(session, AiSystem, forecast))


def test_inv_sys1_accepting_makes_no_signature_stale_but_a_new_owner_does(
    story: Story, forecast: str
) -> None:
    def stale() -> set[str]:
        with story.database.transaction(readonly=True) as session:
            found = session.execute(checks.named("signoffs.none_stale").missing(clock.today()))
            return {row[1] for row in found}

    assert stale() == set()
    owner_changes(story, forecast, "rana")
    assert stale() == {forecast}


def test_inv_sys1_a_leavers_system_waits_for_its_heir(story: Story, forecast: str) -> None:
    with story.acting("max") as session:
        owen = people.person(session, story.id("owen"))
        access.leave(session, owen, Leave(left_on=clock.today(), reason="Retires", version=owen.version))
    with story.acting("olivia") as session:
        owen = people.person(session, story.id("owen"))
        data = HandOver(successor_id=story.id("rana"), reason="Owen retires")
        assert forecast in {item.reference for item in organisation.hand_over(session, owen, data)}
    assert waiting(story) == {forecast}


def test_inv_sys1_who_has_left_becomes_nobodys_owner(story: Story, forecast: str) -> None:
    with story.acting("max") as session:
        rana = people.person(session, story.id("rana"))
        access.leave(session, rana, Leave(left_on=clock.today(), reason="Leaves", version=rana.version))
    with pytest.raises(Refused, match="INV-SYS1"):
        owner_changes(story, forecast, "rana")
