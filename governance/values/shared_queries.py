"""Reads about shared values: what each means where, what a system claims, and which reading binds it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.core import clock, records, search
from governance.core.records import Page, Record
from governance.systems.models import AiSystem
from governance.values.contexts import binding
from governance.values.models import (
    Interpretation,
    InterpretationState,
    Tension,
    Value,
    ValueClaim,
    ValueState,
)


def shared_values(session: Session) -> list[Value]:
    """All values with their interpretations and norms, by their short name."""
    options = selectinload(Value.interpretations).selectinload(Interpretation.norms)
    return list(
        session.scalars(select(Value).where(Record.kind == "value").options(options).order_by(Value.code))
    )


def adopted(session: Session) -> list[Value]:
    """Values that systems may claim."""
    return [item for item in shared_values(session) if item.state == ValueState.ADOPTED]


def claims(session: Session, system: AiSystem) -> list[ValueClaim]:
    """What a system claims and claimed, by value."""
    statement = (
        select(ValueClaim)
        .join(Value.__table__, Value.__table__.c.id == ValueClaim.value_id)
        .where(ValueClaim.system_id == system.id)
        .options(
            selectinload(ValueClaim.value)
            .selectinload(Value.interpretations)
            .selectinload(Interpretation.norms)
        )
        .order_by(Value.__table__.c.code)
    )
    return list(session.scalars(statement))


@dataclass(frozen=True)
class BoundValue:
    """A claimed value with the reading that binds in each region of the system; None where there is none."""

    value: Value
    by_region: tuple[tuple[str, Interpretation | None], ...]

    @property
    def differs(self) -> bool:
        """Whether the readings are not the same everywhere."""
        return len({reading.id if reading else 0 for _, reading in self.by_region}) > 1

    @property
    def missing(self) -> tuple[str, ...]:
        """Regions without a reading (INV-VIN1)."""
        return tuple(region for region, reading in self.by_region if reading is None)


def bound(session: Session, system: AiSystem) -> tuple[BoundValue, ...]:
    """What each claimed value means in each region where the system is used: nearest region, then sector, then community."""
    today = clock.today()
    found = []
    for claim in claims(session, system):
        if claim.dropped_because:
            continue
        standing = [
            item
            for item in claim.value.interpretations
            if item.state == InterpretationState.APPROVED
            and (item.valid_until is None or item.valid_until >= today)
        ]
        regions: Sequence[str] = system.regions or [""]
        places = tuple(
            (region, binding(standing, region, system.sector, system.affected_groups)) for region in regions
        )
        found.append(BoundValue(claim.value, places))
    return tuple(found)


def tensions(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Tension]]:
    """One page of tensions."""
    statement: Select[Tension] = select(Tension).options(
        selectinload(Tension.system), selectinload(Tension.first_value), selectinload(Tension.second_value)
    )
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Tension.state == state)
    return records.page(session, statement, kind="tension", sort=sort, descending=descending, after=after)


def tensions_of(session: Session, system: AiSystem) -> list[Tension]:
    """Tensions of a system, newest first."""
    return list(
        session.scalars(select(Tension).where(Tension.system_id == system.id).order_by(Tension.id.desc()))
    )
