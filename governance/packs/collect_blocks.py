"""Every record that a pack prints in the common shape, by the rooms it comes from."""

from sqlalchemy.orm import Session

from governance.packs import (
    collect_audits,
    collect_consultations,
    collect_controls,
    collect_data_sets,
    collect_impacts,
    collect_incidents,
    collect_third_parties,
    collect_values,
)
from governance.packs.snapshot_blocks import RecordBlock
from governance.systems.models import AiSystem


def blocks(session: Session, system: AiSystem, names: dict[int, str]) -> tuple[RecordBlock, ...]:
    """The blocks of all rooms, in the order of their sections."""
    return (
        *collect_controls.blocks(session, system, names),
        *collect_values.blocks(session, system, names),
        *collect_impacts.blocks(session, system, names),
        *collect_consultations.blocks(session, system),
        *collect_data_sets.blocks(session, system),
        *collect_third_parties.blocks(system, names),
        *collect_incidents.blocks(session, system, names),
        *collect_audits.blocks(session, system, names),
    )
