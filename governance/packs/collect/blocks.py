"""Every record that a pack prints in the common shape, by the rooms it comes from."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from governance.audits.models import Audit
from governance.controls.trace import Evidencing
from governance.packs.collect import (
    audits_of_system,
    consultations,
    controls,
    data_sets,
    impacts,
    incidents,
    third_parties,
    values,
)
from governance.packs.content.blocks import RecordBlock
from governance.systems.models import AiSystem


def blocks(
    session: Session, system: AiSystem, names: dict[int, str], evidencing: Evidencing, held: Iterable[Audit]
) -> tuple[RecordBlock, ...]:
    """The blocks of all rooms, in the order of their sections."""
    return (
        *controls.blocks(session, system, names, evidencing),
        *values.blocks(session, system, names),
        *impacts.blocks(session, system, names),
        *consultations.blocks(session, system),
        *data_sets.blocks(session, system),
        *third_parties.blocks(system, names),
        *incidents.blocks(session, system, names),
        *audits_of_system.blocks(system, held, names),
    )
