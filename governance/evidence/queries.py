"""Reads about evidence."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.core import records, search
from governance.core.records import Link, Page, Record
from governance.evidence.models import Evidence
from governance.evidence.service import LINK_ROLE


def of_record(session: Session, record: Record) -> list[Evidence]:
    """Evidence that proves something for a record."""
    return records.linked(session, record, Evidence, LINK_ROLE)


def subjects(session: Session, item: Evidence) -> list[Record]:
    """Records for which an item is evidence."""
    return records.linking(session, item, Record, LINK_ROLE)


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    evidence_kind: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Evidence]]:
    """One page of the evidence register."""
    statement: Select[Evidence] = select(Evidence)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Record.__table__.c.state == state)
    if evidence_kind:
        statement = statement.where(Evidence.evidence_kind == evidence_kind)
    return records.page(session, statement, kind="evidence", sort=sort, descending=descending, after=after)


def of_subjects(session: Session, subject_ids: set[int]) -> list[tuple[int, Evidence]]:
    """Evidence of many records: (subject's id, item), by reference."""
    statement = select(Link.source_id, Evidence).join(Evidence, Evidence.id == Link.target_id)
    statement = statement.where(Link.source_id.in_(subject_ids), Link.role == LINK_ROLE).order_by(
        Record.reference
    )
    return [(row[0], row[1]) for row in session.execute(statement)]
