"""Real inventories brought in: the OMB inventory of 2025 whole, and the one of 2024 in its two layouts."""

from pathlib import Path

import pytest
from sqlalchemy import select

from governance.core.settings import Settings
from governance.systems.models import AiSystem, StageBasis, Status
from tests.house_fixtures import House
from tests.systems.inventory import Importing

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "omb"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the public inventories are not beside this checkout"
)


@pytest.fixture
def importing(house: House, settings: Settings) -> Importing:
    return Importing(house, settings)


@pytest.mark.slow
def test_the_inventory_of_2025_comes_in_whole_and_only_once(importing: Importing, house: House) -> None:
    data = (DATA / "omb2025_full.csv").read_bytes()
    reference = importing.bring(data, "omb-2025")
    size = importing.size()
    assert (size["systems"], size["sources"]) == (3611, 3611)
    assert importing.run(reference).counts["new"] == 3611
    with house.reading() as session:
        systems = session.scalars(select(AiSystem)).all()
        assert {system.state for system in systems} == {Status.DRAFT}
        assert len({system.reference for system in systems}) == 3611
        assert all(
            system.stage_basis is StageBasis.DECLARED for system in systems if system.stage != "inception"
        )
    again = importing.preview(data, "omb-2025")
    assert importing.run(again).counts["unchanged"] == 3611
    assert importing.size() == size


def test_two_layouts_of_2024_are_one_inventory(importing: Importing) -> None:
    importing.bring((DATA / "omb2024_v1_sample.csv").read_bytes(), "omb-2024")
    first = importing.size()
    reference = importing.preview((DATA / "omb2024_v2_sample_cp1252.csv").read_bytes(), "omb-2024")
    counts = importing.run(reference).counts
    known = counts["changed"] + counts["unchanged"]
    assert known > 0 and counts["rejected"] == 0
    importing.confirm(reference)
    importing.work()
    assert importing.run(reference).state == "done"
    assert importing.size()["systems"] == first["systems"] + counts["new"]
    again = importing.preview((DATA / "omb2024_v2_sample_cp1252.csv").read_bytes(), "omb-2024")
    assert importing.run(again).counts["unchanged"] == sum(counts.values()) - counts["problems"]
