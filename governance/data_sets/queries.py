"""Reads about data sets."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from governance.access.actor import Actor
from governance.core import records, search
from governance.core.records import Page, Record
from governance.data_sets.models import DataSet, DataSetState, DataUse


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    rights_basis: str = "",
    sort: str = "reference",
    descending: bool = False,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[DataSet]]:
    """One page of data sets with their uses."""
    statement: Select[Any] = select(DataSet).options(selectinload(DataSet.uses).joinedload(DataUse.system))
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Record.__table__.c.state == state)
    if rights_basis:
        statement = statement.where(DataSet.rights_basis == rights_basis)
    return records.page(session, statement, kind="data_set", sort=sort, descending=descending, after=after)


def of_system(session: Session, system_id: int) -> list[DataUse]:
    """Uses of data sets by the versions of a system, the newest version first."""
    statement = (
        select(DataUse)
        .where(DataUse.system_id == system_id)
        .options(joinedload(DataUse.data_set), joinedload(DataUse.version))
    )
    return list(session.scalars(statement.order_by(DataUse.version_id.desc(), DataUse.id)))


def of_version(session: Session, version_id: int) -> list[DataUse]:
    """Uses that a version has not ended."""
    statement = select(DataUse).where(DataUse.version_id == version_id, DataUse.ended_on.is_(None))
    return list(session.scalars(statement.options(joinedload(DataUse.data_set))))


def meant(session: Session, text: str, *, limit: int = 5) -> list[DataSet]:
    """The data set of this reference; else those in use that the words find, at most `limit`, by reference."""
    exact = session.scalars(select(DataSet).where(Record.reference == text.strip().upper())).first()
    if exact is not None:
        return [exact]
    statement = select(DataSet).where(
        Record.kind == "data_set", DataSet.state != DataSetState.RETIRED, search.matching(session, text)
    )
    return list(session.scalars(statement.order_by(Record.reference).limit(limit)))
