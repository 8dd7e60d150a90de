"""Reads about evidence packs."""

from collections.abc import Mapping

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.controls import dry_audit
from governance.core import checks, records, search
from governance.core.records import Page
from governance.packs.audit_models import AuditPack
from governance.packs.bag_models import ManagementSystemPack
from governance.packs.models import EvidencePack
from governance.systems import queries as systems
from governance.systems.models import AiSystem


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


def system_packs(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[ManagementSystemPack]]:
    """One page of packs of the management system."""
    statement: Select[ManagementSystemPack] = select(ManagementSystemPack)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(ManagementSystemPack.state == state)
    return records.page(
        session, statement, kind="management_system_pack", sort=sort, descending=descending, after=after
    )


def gaps_of_selection(
    session: Session, words: str = "", filters: Mapping[str, str] | None = None
) -> list[tuple[checks.Check, int]]:
    """What the dry audit asks of systems and how many of those that words and filters choose fail it, gravest first."""
    chosen = systems.filtered(session, words, filters).with_only_columns(AiSystem.id)
    found = []
    for check in checks.about_systems():
        rows = dry_audit.offending(check).subquery()
        number = select(func.count()).select_from(rows).where(next(iter(rows.c)).in_(chosen))
        if count := session.execute(number).scalar_one():
            found.append((check, count))
    order = {"critical": 0, "major": 1}
    return sorted(found, key=lambda pair: (order.get(pair[0].severity, 2), -pair[1], pair[0].id))


def audit_packs(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[AuditPack]]:
    """One page of packs of audits."""
    statement: Select[AuditPack] = select(AuditPack).options(selectinload(AuditPack.audit))
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(AuditPack.state == state)
    return records.page(session, statement, kind="audit_pack", sort=sort, descending=descending, after=after)
