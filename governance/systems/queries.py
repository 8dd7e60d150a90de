"""Reads of the register: the list with its filters, one system with what belongs to it, figures."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select, union_all
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.core import records, search
from governance.core.records import Page, Record
from governance.core.types import BigId
from governance.systems.import_models import DeclaredClaim, SourceRow
from governance.systems.models import (
    AiSystem,
    Classification,
    ClassificationState,
    LifecycleGate,
    Waiver,
)
from governance.systems.supplier_models import Supplier, SystemSupplier

FILTERS = {
    "stage": AiSystem.stage,
    "stage_basis": AiSystem.stage_basis,
    "tier": AiSystem.tier,
    "eu_class": AiSystem.eu_class,
    "declared_class": AiSystem.declared_class,
    "scope": AiSystem.scope,
    "organisation": AiSystem.organisation,
    "sourcing": AiSystem.sourcing,
}


def filtered(session: Session, words: str = "", filters: Mapping[str, str] | None = None) -> Select[AiSystem]:
    """SELECT of the systems that match typed words and filters; `none` as a value means not set."""
    statement = select(AiSystem)
    if words:
        statement = statement.where(search.matching(session, words))
    for name, value in (filters or {}).items():
        if name == "state":
            statement = statement.where(Record.__table__.c.state == value)
        elif name == "owner":
            statement = statement.where(Record.__table__.c.owner_id == int(value))
        elif name == "supplier":
            supplied = select(SystemSupplier.system_id).where(SystemSupplier.supplier_id == int(value))
            statement = statement.where(AiSystem.id.in_(supplied))
        else:
            column = FILTERS[name]
            statement = statement.where(column.is_(None) if value == "none" else column == value)
    return statement


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    filters: Mapping[str, str] | None = None,
    sort: str = "reference",
    descending: bool = False,
    after: tuple[str | int, ...] | None = None,
    limit: int = 50,
) -> Page[tuple[AiSystem]]:
    """One page of the register."""
    statement = filtered(session, words, filters)
    return records.page(
        session, statement, kind="ai_system", sort=sort, descending=descending, after=after, limit=limit
    )


def number(session: Session, words: str = "", filters: Mapping[str, str] | None = None) -> int:
    """How many systems match."""
    if not words and not filters:
        statement = select(func.count()).where(Record.__table__.c.kind == "ai_system")
        return session.execute(statement).scalar_one()
    return records.count(session, filtered(session, words, filters).with_only_columns(AiSystem.id))


def organisations(session: Session) -> list[str]:
    """Every organisation named in the register, found by hopping along the index instead of reading every row."""
    first = select(func.min(AiSystem.organisation).label("name")).cte("hop", recursive=True)
    following = select(func.min(AiSystem.organisation)).where(AiSystem.organisation > first.c.name)
    hops = first.union_all(select(following.scalar_subquery()).where(first.c.name.is_not(None)))
    return [name for name in session.scalars(select(hops.c.name)) if name]


def get(session: Session, _: Actor, reference: str) -> AiSystem:
    """One system with its versions and suppliers. Raises NotFound."""
    return records.get(
        session,
        AiSystem,
        reference,
        selectinload(AiSystem.versions),
        selectinload(AiSystem.supplied).joinedload(SystemSupplier.supplier),
    )


def stage_by_tier(session: Session) -> dict[tuple[str, str], int]:
    """Number of systems per (stage, tier or "none"), for the heat map."""
    rows = session.execute(
        select(AiSystem.stage, AiSystem.tier, func.count()).group_by(AiSystem.stage, AiSystem.tier)
    )
    return {(str(stage), str(tier or "none")): total for stage, tier, total in rows}


def by_status(session: Session) -> dict[str, int]:
    """Number of systems per status."""
    table = Record.__table__
    rows = session.execute(
        select(table.c.state, func.count()).where(table.c.kind == "ai_system").group_by(table.c.state)
    )
    return {key: total for key, total in rows}  # noqa: C416 - rows are typed as rows, not pairs


def classifications(session: Session, system: AiSystem) -> list[Classification]:
    """Classification decisions of a system, newest first."""
    statement = select(Classification).where(Classification.system_id == system.id)
    return list(session.scalars(statement.order_by(Classification.id.desc())))


def classification_in_force(session: Session, system: AiSystem) -> Classification | None:
    """The latest decision that is not superseded."""
    found = classifications(session, system)
    return next((item for item in found if item.state != ClassificationState.SUPERSEDED), None)


def classification_before(session: Session, decision: Classification) -> Classification | None:
    """The decision that this one took the place of."""
    earlier = select(Classification).where(
        Classification.system_id == decision.system_id, Classification.id < decision.id
    )
    return session.scalars(earlier.order_by(Classification.id.desc()).limit(1)).first()


def gates(session: Session, system: AiSystem) -> list[LifecycleGate]:
    """All gate decisions of a system, oldest first."""
    statement = select(LifecycleGate).where(LifecycleGate.system_id == system.id).order_by(LifecycleGate.id)
    return list(session.scalars(statement))


def waivers(session: Session, system: AiSystem) -> list[Waiver]:
    """All waivers of a system, oldest first."""
    return list(session.scalars(select(Waiver).where(Waiver.system_id == system.id).order_by(Waiver.id)))


def claims(session: Session, system: AiSystem) -> list[DeclaredClaim]:
    """What inventories declared about a system, by topic."""
    statement = (
        select(DeclaredClaim).where(DeclaredClaim.system_id == system.id).order_by(DeclaredClaim.topic)
    )
    return list(session.scalars(statement))


def sources(session: Session, system: AiSystem) -> list[SourceRow]:
    """The inventory rows a system came from."""
    return list(
        session.scalars(select(SourceRow).where(SourceRow.system_id == system.id).order_by(SourceRow.id))
    )


def suppliers(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    after: tuple[str | int, ...] | None = None,
    sort: str = "title",
    descending: bool = False,
    state: str = "",
    criticality: str = "",
) -> Page[tuple[Supplier, int]]:
    """One page of third parties with the number of systems each supplies."""
    supplied = (
        select(func.count())
        .where(SystemSupplier.supplier_id == Supplier.id)
        .correlate(Supplier)
        .scalar_subquery()
    )
    statement: Select[Any] = select(Supplier, supplied)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Record.state == state)
    if criticality:
        statement = statement.where(Supplier.criticality == criticality)
    return records.page(session, statement, kind="supplier", sort=sort, descending=descending, after=after)


def supplier_choices(session: Session) -> list[tuple[str, str]]:
    """Third parties that supply at least one system, as choices of a form: (id, name), by name."""
    supplying = select(SystemSupplier.supplier_id).distinct()
    rows = session.execute(
        select(Supplier.id, Supplier.title).where(Supplier.id.in_(supplying)).order_by(Supplier.title)
    )
    return [(str(row.id), row.title) for row in rows]


def supplied_by(session: Session, supplier: Supplier) -> list[AiSystem]:
    """Systems that a third party supplies."""
    supplied = select(SystemSupplier.system_id).where(SystemSupplier.supplier_id == supplier.id)
    return list(session.scalars(select(AiSystem).where(AiSystem.id.in_(supplied)).order_by(Record.reference)))


def related(session: Session, system: AiSystem, most: int | None = None) -> list[tuple[str, list[Record]]]:
    """Records of every kind that belong to a system, by kind, the last first and at most so many of a kind.

    They are those in whatever table of the spine has a `system_id`.
    """
    wanted = {"system_id": system.id}
    rank = func.row_number().over(partition_by=Record.kind, order_by=Record.reference.desc())
    ranked = select(Record.id, rank.label("rank")).where(Record.id.in_(_belonging())).subquery()
    statement = select(Record).join(ranked, ranked.c.id == Record.id).order_by(Record.reference.desc())
    if most is not None:
        statement = statement.where(ranked.c.rank <= most)
    found: dict[str, list[Record]] = {}
    for record in session.scalars(statement, wanted):
        found.setdefault(record.kind, []).append(record)
    return [(kind, found[kind]) for kind in _kinds_of_systems() if kind in found]


@cache
def _kinds_of_systems() -> dict[str, Any]:
    """The column that names the system, by kind of record."""
    return {
        str(mapper.polymorphic_identity): mapper.local_table.c["system_id"]
        for mapper in Record.__mapper__.self_and_descendants
        if "system_id" in mapper.local_table.c
    }


@cache
def _belonging() -> Any:
    wanted = bindparam("system_id", type_=BigId)
    return union_all(
        *(select(column.table.c.id).where(column == wanted) for column in _kinds_of_systems().values())
    )
