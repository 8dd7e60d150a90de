"""The chain that makes alignment verifiable: value → interpretation → norm → indicator → measurement → evidence."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from governance.core import clock
from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.evidence.models import Evidence
from governance.indicators import queries
from governance.indicators.models import Indicator, IndicatorState, Measurement
from governance.systems.models import AiSystem
from governance.values.models import Interpretation, InterpretationState, Norm, NormState, Value

_LIVE = (IndicatorState.ACTIVE, IndicatorState.DRAFT, IndicatorState.IN_REVIEW)


@dataclass(frozen=True)
class Link:
    """One line of the chain; a missing part is None and `gap` says in words what is missing."""

    value: Value | None
    interpretation: Interpretation | None
    norm: Norm | None
    indicator: Indicator | None
    measurement: Measurement | None
    evidence: tuple[Evidence, ...]
    gap: str = ""


def of_system(session: Session, system: AiSystem) -> tuple[Link, ...]:
    """The chain of a system: every norm that holds where it is used, with the system's indicators, and indicators without a norm."""
    indicators = [item for item in queries.of_system(session, system.id) if item.state in _LIVE]
    proof = _evidence(session, indicators)
    found = [
        link
        for reading in _readings(session, system)
        for link in _links(reading, [item for item in indicators if item.norm_id], proof)
    ]
    shown = {link.indicator.id for link in found if link.indicator}
    return (*found, *(_link(None, None, item, proof) for item in indicators if item.id not in shown))


def of_value(session: Session, value: Value) -> tuple[Link, ...]:
    """The chain of a value over all systems."""
    norms = [norm.id for reading in value.interpretations for norm in reading.norms]
    statement = (
        select(Indicator).where(Indicator.norm_id.in_(norms)).options(selectinload(Indicator.measurements))
    )
    indicators = [item for item in session.scalars(statement) if item.state in _LIVE]
    proof = _evidence(session, indicators)
    if not value.interpretations:
        return (
            Link(value, None, None, None, None, (), "No interpretation says what this value means anywhere."),
        )
    return tuple(
        link
        for reading in value.interpretations
        if reading.state == InterpretationState.APPROVED
        for link in _links(reading, indicators, proof)
    )


def _readings(session: Session, system: AiSystem) -> list[Interpretation]:
    """Approved interpretations whose context is one of the system's, or everywhere."""
    regions, sectors = ["", *system.regions], ["", system.sector]
    statement = (
        select(Interpretation)
        .where(Record.kind == "interpretation", Interpretation.state == InterpretationState.APPROVED)
        .where(or_(Interpretation.region.in_(regions), Interpretation.id.in_(_measured_by(system))))
        .where(or_(Interpretation.sector.in_(sectors), Interpretation.id.in_(_measured_by(system))))
        .options(selectinload(Interpretation.norms), selectinload(Interpretation.value))
        .order_by(Interpretation.value_id, Record.reference)
    )
    return list(session.scalars(statement))


def _measured_by(system: AiSystem) -> Any:
    norm, indicator = Norm.__table__, Indicator.__table__
    return (
        select(norm.c.interpretation_id)
        .join(indicator, indicator.c.norm_id == norm.c.id)
        .where(indicator.c.system_id == system.id)
    )


def _links(
    reading: Interpretation, indicators: list[Indicator], proof: dict[int, list[Evidence]]
) -> list[Link]:
    norms = [norm for norm in reading.norms if norm.state == NormState.IN_FORCE]
    if not norms:
        gap = "No norm says what follows from this interpretation."
        return [Link(reading.value, reading, None, None, None, (), gap)]
    found = []
    for norm in norms:
        mine = [item for item in indicators if item.norm_id == norm.id]
        found += [_link(reading, norm, item, proof) for item in mine]
        if not mine:
            gap = "No indicator measures this norm."
            found.append(Link(reading.value, reading, norm, None, None, (), gap))
    return found


def _link(
    reading: Interpretation | None, norm: Norm | None, item: Indicator, proof: dict[int, list[Evidence]]
) -> Link:
    newest = queries.latest(item)
    due = queries.due_on(item)
    gap = "" if newest else "It was never measured."
    if newest and due is not None and due < clock.today():
        gap = f"The next period was to be measured by {due}."
    if norm is None:
        gap = f"It measures no norm. {gap}".strip()
    value = reading.value if reading else None
    files = tuple(proof.get(newest.id, ())) if newest else ()
    return Link(value, reading, norm, item, newest, files, gap)


def _evidence(session: Session, indicators: list[Indicator]) -> dict[int, list[Evidence]]:
    newest = {row.id for item in indicators if (row := queries.latest(item)) is not None}
    found: dict[int, list[Evidence]] = {}
    for subject, item in evidence.of_subjects(session, newest):
        found.setdefault(subject, []).append(item)
    return found
