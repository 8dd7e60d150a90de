"""Section 8 of a pack: who is affected, who was heard, what was escalated, and what is left out on purpose."""

from datetime import UTC, datetime

import pytest

from governance.consultations import participation, queries
from governance.consultations.models import Consultation
from governance.core import clock, records
from governance.packs.collect import system as collect
from governance.packs.content.system_pack import SystemPack
from governance.packs.models import EvidencePack
from tests.consultations.build import (
    PATIENTS,
    answered,
    came,
    heard,
    identified,
    linked,
    opened,
    sent,
    taken_back,
)
from tests.house_fixtures import House
from tests.packs.test_service import a_request
from tests.systems.build import a_system

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with clock.held_at(MORNING):
        yield


def packed(house: House, system: str) -> SystemPack:
    reference = a_request(house, system)
    actor = house.actor("olivia")
    with house.database.transaction(actor, readonly=True) as session:
        return collect.collect(session, records.get(session, EvidencePack, reference), actor, "House")


def test_a_pack_has_the_map_the_escalation_and_no_word_of_a_participant(house: House) -> None:
    """CON-4, CON-5, CON-6, INV-STK1, INV-PCK2."""
    system = a_system(house)
    identified(house, "Relatives", system)
    reference = opened(house, system)
    token = linked(house, reference)
    taken_back(house, sent(house, token, "My very own words"))
    sent(house, token, "My very own words")
    came(house, reference, "Night nurses", took_part=3)
    heard(house, reference, "Never at night", severity=5, said_by="Night nurses")
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        row = queries.contributions(session, item)[1]
        participation.triage(session, item, row, participation.Triage(concerns=[1]))
    answered(house, reference, disposition="declined")
    found = packed(house, system)
    written = found.to_json().decode()
    assert "My very own words" not in written and token not in written
    consultation = found.consultations[0]
    assert consultation.concerns[0].escalation == "COD-0001 requested"
    assert consultation.concerns[0].raised_by == "A group of fewer than 5"
    assert [(group.name, group.took_part, group.is_hidden) for group in consultation.groups] == [
        (PATIENTS, None, True),
        ("Night nurses", None, True),
    ]
    assert (consultation.contributions, consultation.contributions_withdrawn) == (None, None)
    block = next(item for item in found.blocks if item.section == 8)
    cells = {row.cells[0]: row.cells[3] for row in block.tables[0].rows}
    assert cells == {
        "Relatives": "never",
        PATIENTS: "planned",
        "Ward nurses": "never",
        "Night nurses": "planned",
    }
    assert "Relatives" in block.note
    reasons = [item.what for item in found.redactions if item.reference == reference]
    assert len(reasons) == 3 and "What participants wrote in fewer than 5 contributions" in reasons


def test_a_system_that_concerns_nobody_yet_has_no_map(house: House) -> None:
    found = packed(house, a_system(house, affected_groups=[]))
    assert found.consultations == () and not [item for item in found.blocks if item.section == 8]
