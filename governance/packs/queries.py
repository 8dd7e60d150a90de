"""Reads about evidence packs."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.core import records, search
from governance.core.records import Page
from governance.packs.models import EvidencePack


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[EvidencePack]]:
    """One page of evidence packs."""
    statement: Select[EvidencePack] = select(EvidencePack).options(selectinload(EvidencePack.system))
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(EvidencePack.state == state)
    return records.page(
        session, statement, kind="evidence_pack", sort=sort, descending=descending, after=after
    )
