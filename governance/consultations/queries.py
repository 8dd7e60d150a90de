"""Reads about consultations."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.consultations.models import Consultation
from governance.core import records, search
from governance.core.records import Page

_WHOLE = (
    selectinload(Consultation.groups),
    selectinload(Consultation.concerns),
    selectinload(Consultation.system),
)
# Groups smaller than this are not reported separately (CON-5).
SMALLEST_GROUP = 5


def is_small(people: int) -> bool:
    """Whether so few people are meant that reporting their number could reveal them (CON-5)."""
    return 0 < people < SMALLEST_GROUP


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[Consultation]]:
    """One page of consultations."""
    statement: Select[Consultation] = select(Consultation).options(*_WHOLE)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Consultation.state == state)
    return records.page(
        session, statement, kind="consultation", sort=sort, descending=descending, after=after
    )


def of_system(session: Session, system_id: int) -> list[Consultation]:
    """Consultations about a system, newest first."""
    statement = select(Consultation).where(Consultation.system_id == system_id).options(*_WHOLE)
    return list(session.scalars(statement.order_by(Consultation.id.desc())))
