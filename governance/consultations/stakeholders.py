"""Verbs of the stakeholder register: who is affected, listed whether they were consulted or not (INV-STK1)."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.consultations.models import key_of
from governance.consultations.participation_models import (
    Stakeholder,
    StakeholderState,
    StakeholderSystem,
)
from governance.consultations.participation_schemas import (
    Deactivate,
    DescribeStakeholder,
    EditStakeholder,
    IdentifyStakeholder,
)
from governance.core import clock
from governance.core.errors import Refused
from governance.core.records import Record
from governance.systems.models import AiSystem

_IN_USE = (StakeholderState.IDENTIFIED, StakeholderState.CONFIRMED)


@verb("stakeholders.identify")
def identify(session: Session, data: IdentifyStakeholder) -> Stakeholder:
    """Enter a group in the register. A group that is there already is refused with its reference."""
    key = key_of(data.title)
    there = session.scalars(select(Stakeholder).where(Stakeholder.name_key == key)).first()
    if there is not None:
        raise Refused(
            f"{there.reference} is this group; add the system to it instead.", field="title", fix=there.path
        )
    item = Stakeholder(
        **data.model_dump(exclude={"systems"}),
        name_key=key,
        state=StakeholderState.IDENTIFIED,
        owner_id=actor_of(session).person_id,
    )
    _concern(session, item, data)
    session.add(item)
    session.flush()
    return item


@verb("stakeholders.edit")
def edit(session: Session, item: Stakeholder, data: EditStakeholder) -> Stakeholder:
    """Change an entry. One that was confirmed keeps its confirmation; the trail says what changed since."""
    for name, value in data.model_dump(exclude={"systems", "version"}).items():
        setattr(item, name, value)
    _concern(session, item, data)
    item.touch()
    session.flush()
    return item


def _concern(session: Session, item: Stakeholder, data: DescribeStakeholder) -> None:
    found = _systems(session, data.systems)
    for link in list(item.systems):
        if link.system_id not in found:
            session.delete(link)
    if item in session:
        session.flush()
        session.expire(item, ["systems"])
    there = {link.system_id for link in item.systems}
    item.systems.extend(StakeholderSystem(system=system) for key, system in found.items() if key not in there)


def _systems(session: Session, references: Iterable[str]) -> dict[int, AiSystem]:
    wanted = {reference.strip().upper() for reference in references if reference.strip()}
    rows = session.scalars(select(AiSystem).where(Record.reference.in_(wanted))).all()
    if missing := wanted - {row.reference for row in rows}:
        raise Refused(f"There is no AI system {', '.join(sorted(missing))}.", field="systems")
    return {row.id: row for row in sorted(rows, key=lambda row: row.reference)}


@verb("stakeholders.confirm")
def confirm(session: Session, item: Stakeholder) -> Stakeholder:
    """Confirm, after a look at it, that the group is affected as described; also brings an inactive one back."""
    if item.state == StakeholderState.CONFIRMED:
        raise Refused(f"{item.reference} is confirmed already.")
    if not item.systems:
        raise Refused(
            f"Say first which AI systems concern {item.reference}.", fix=f"{item.path}/edit#systems"
        )
    item.state, item.state_reason = StakeholderState.CONFIRMED, ""
    item.confirmed_on = clock.today()
    return item


@verb("stakeholders.deactivate")
def deactivate(session: Session, item: Stakeholder, data: Deactivate) -> Stakeholder:
    """Say that a group is no longer affected, with the reason; it stays in the register."""
    if item.state not in _IN_USE:
        raise Refused(f"{item.reference} is inactive already.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = StakeholderState.INACTIVE, data.reason
    return item
