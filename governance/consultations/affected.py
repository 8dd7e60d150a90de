"""Who is affected by which system, and who was heard when: the affected-group map and how representative a consultation was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from governance.consultations import queries
from governance.consultations.catalogue import rules
from governance.consultations.models import (
    SMALLEST_GROUP,
    Consultation,
    ConsultationState,
    ConsultedGroup,
    is_small,
    key_of,
)
from governance.consultations.participation_models import (
    Relation,
    Stakeholder,
    StakeholderState,
    StakeholderSystem,
)
from governance.consultations.states import HEARD
from governance.core import clock
from governance.systems.models import AiSystem

HeardState = Literal["heard", "long ago", "planned", "never"]


@dataclass(frozen=True)
class Cell:
    """What one system's consultations say about one group: when it was heard last, where, and by how many."""

    state: HeardState
    on: date | None = None
    consultation: Consultation | None = None
    took_part: str = ""

    @property
    def words(self) -> str:
        """The cell for reading."""
        if self.consultation is None or self.on is None:
            return self.state
        return f"{self.state}, {self.consultation.reference}, {self.on}"


@dataclass(frozen=True)
class AffectedGroup:
    """A group with a cell per system that concerns it; without a stakeholder it stands in a register entry only."""

    name: str
    stakeholder: Stakeholder | None
    cells: Mapping[int, Cell]

    @property
    def is_direct(self) -> bool:
        """Whether it must be heard: affected directly, as far as anybody said."""
        return self.stakeholder is None or self.stakeholder.relation is Relation.DIRECTLY_AFFECTED


@dataclass(frozen=True)
class Map:
    """Groups by systems."""

    groups: tuple[AffectedGroup, ...]
    systems: tuple[AiSystem, ...]

    @property
    def never(self) -> tuple[str, ...]:
        """Groups affected directly that some system never heard."""
        return tuple(
            item.name
            for item in self.groups
            if item.is_direct and any(cell.state == "never" for cell in item.cells.values())
        )


def of_system(session: Session, system: AiSystem) -> Map:
    """Everybody whom a system concerns: its stakeholders, and the groups that its register entry or a consultation names."""
    concerned = (
        select(Stakeholder)
        .join(StakeholderSystem, StakeholderSystem.stakeholder_id == Stakeholder.id)
        .where(StakeholderSystem.system_id == system.id, Stakeholder.state != StakeholderState.INACTIVE)
        .order_by(Stakeholder.title)
    )
    held = queries.of_system(session, system.id)
    entered = {item.name_key: item for item in session.scalars(concerned)}
    names = {key: item.title for key, item in entered.items()}
    for name in [*system.affected_groups, *(group.name for item in held for group in item.groups)]:
        names.setdefault(key_of(name), name)
    # A group that a consultation reached may be in the register without being linked to this system.
    unlinked = select(Stakeholder).where(Stakeholder.name_key.in_(names.keys() - entered.keys()))
    entered |= {item.name_key: item for item in session.scalars(unlinked)}
    cells = _cells(session, {system.id: system}, held)
    groups = tuple(
        AffectedGroup(name, entered.get(key), {system.id: cells.get((system.id, key), Cell("never"))})
        for key, name in names.items()
    )
    return Map(groups, (system,))


def of_stakeholders(session: Session, found: Sequence[Stakeholder]) -> Map:
    """The map of these stakeholders and the systems that concern them, by reference."""
    systems = {link.system_id: link.system for item in found for link in item.systems}
    statement = (
        select(Consultation)
        .where(Consultation.system_id.in_(systems))
        .where(
            Consultation.id.in_(
                select(ConsultedGroup.consultation_id).where(
                    ConsultedGroup.key.in_([item.name_key for item in found])
                )
            )
        )
        .options(selectinload(Consultation.groups))
    )
    cells = _cells(session, systems, session.scalars(statement))
    groups = tuple(
        AffectedGroup(
            item.title,
            item,
            {
                link.system_id: cells.get((link.system_id, item.name_key), Cell("never"))
                for link in item.systems
            },
        )
        for item in found
    )
    return Map(groups, tuple(sorted(systems.values(), key=lambda item: item.reference)))


_ORDER: tuple[HeardState, ...] = ("heard", "long ago", "planned", "never")


def _cells(
    session: Session, systems: Mapping[int, AiSystem], held: Iterable[Consultation]
) -> dict[tuple[int, str], Cell]:
    """The best that consultations say per system and group's key: a newer one counts before an older one."""
    held = sorted(held, key=lambda item: (item.ends_on, item.id))
    took_part = queries.heads_of(session, held)
    found: dict[tuple[int, str], Cell] = {}
    for item in held:
        if item.state == ConsultationState.CANCELLED:
            continue
        for group in item.groups:
            cell = _cell(systems[item.system_id], item, took_part.get(group.id, 0))
            former = found.get((item.system_id, group.key))
            if former is None or _ORDER.index(cell.state) <= _ORDER.index(former.state):
                found[(item.system_id, group.key)] = cell
    return found


def _cell(system: AiSystem, item: Consultation, people: int) -> Cell:
    if item.state not in HEARD:
        return Cell("planned", item.starts_on, item, queries.said(people) if people else "")
    if not people:
        return Cell("never", None, item)
    months = rules().least(system.tier.value if system.tier else None).every_months
    is_old = months is not None and item.ends_on < clock.today() - relativedelta(months=months)
    return Cell("long ago" if is_old else "heard", item.ends_on, item, queries.said(people))


@dataclass(frozen=True)
class Share:
    """How much of a group took part; numbers of fewer than five people are in words only (CON-5)."""

    group: str
    vulnerable: bool
    size: int | None
    invited: int
    """0 where nobody was invited by number, as by an open link."""
    took_part: int

    @property
    def is_hidden(self) -> bool:
        """Whether the numbers are so small that they are not reported."""
        return is_small(self.took_part) or is_small(self.invited)

    @property
    def of_invited(self) -> str:
        """Share of the invited who came, in words."""
        return "–" if self.is_hidden else _percent(self.took_part, self.invited)

    @property
    def words(self) -> str:
        """Both numbers for reading."""
        if self.is_hidden:
            return f"fewer than {SMALLEST_GROUP}"
        if self.invited:
            return f"{self.took_part} of {self.invited} invited"
        return f"{self.took_part} by an open link" if self.took_part else "nobody"

    @property
    def of_size(self) -> str:
        """Share of the whole group that was heard, in words."""
        return "–" if self.is_hidden or self.size is None else _percent(self.took_part, self.size)


def _percent(part: int, whole: int) -> str:
    if not whole:
        return "–"
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 1 or not part else "under 1 %"


@dataclass(frozen=True)
class Representativeness:
    """The groups of a consultation by share, and the groups affected directly of whom nobody was heard."""

    shares: tuple[Share, ...]
    missing: tuple[str, ...]


def representativeness(session: Session, consultation: Consultation) -> Representativeness:
    """Who took part, held against who is affected."""
    took_part = queries.heads(session, consultation)
    keys = [group.key for group in consultation.groups]
    sizes: dict[str, int | None] = {
        item.name_key: item.size
        for item in session.scalars(select(Stakeholder).where(Stakeholder.name_key.in_(keys)))
    }
    shares = tuple(
        Share(
            group.name,
            group.vulnerable,
            sizes.get(group.key),
            max(group.invited, took_part[group.id]) if group.invited else 0,
            took_part[group.id],
        )
        for group in consultation.groups
    )
    heard = {group.key for group in consultation.groups if took_part[group.id]}
    affected = of_system(session, consultation.system)
    missing = tuple(
        item.name for item in affected.groups if item.is_direct and key_of(item.name) not in heard
    )
    return Representativeness(shares, missing)
