"""Reads about external audits: lists, who is in the room, what they may see, what they asked and looked at."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from governance.access.actor import Actor
from governance.core import clock, records, search
from governance.core.records import Link, Page, Record, table_of
from governance.evidence.models import Confidentiality, Evidence
from governance.evidence.service import LINK_ROLE
from governance.external_audits import cycle
from governance.external_audits.models import (
    HELD,
    SURVEILLANCE,
    WAITS_FOR_US,
    AuditRequest,
    Decision,
    ExternalAudit,
    ExternalKind,
    ExternalState,
    Reach,
    RequestState,
    RoomGuest,
    RoomVisit,
    Share,
)
from governance.improvement import queries as findings
from governance.improvement.models import Finding, Grade
from governance.systems.supplier_models import Supplier

# What never comes along with something else: people's concerns, what inventories said, and the room's own books.
_LEFT_OUT = ("concern", "declared_claim", "import_run", "sign_off", "external_audit", "audit_request")


def listing(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    audit_kind: str = "",
    sort: str = "reference",
    descending: bool = True,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[ExternalAudit]]:
    """One page of external audits."""
    statement: Select[Any] = select(ExternalAudit)
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Record.__table__.c.state == state)
    if audit_kind:
        statement = statement.where(ExternalAudit.audit_kind == audit_kind)
    return records.page(
        session, statement, kind="external_audit", sort=sort, descending=descending, after=after
    )


def get(session: Session, reference: str) -> ExternalAudit:
    """One external audit with its guests and shares. Raises NotFound."""
    audit = records.get(session, ExternalAudit, reference)
    options = [
        selectinload(ExternalAudit.guests).joinedload(RoomGuest.person),
        selectinload(ExternalAudit.shares).joinedload(Share.record),
        joinedload(ExternalAudit.report),
    ]
    return session.get_one(ExternalAudit, audit.id, options=options, populate_existing=True)


def bodies(session: Session) -> list[tuple[str, str]]:
    """Third parties, as choices of a form."""
    statement = select(Supplier).where(Record.kind == "supplier").order_by(Record.title).limit(500)
    return [(str(item.id), item.title) for item in session.scalars(statement)]


def guest_of(session: Session, person_id: int) -> RoomGuest | None:
    """The invitation by which a person may enter the room today, or None."""
    statement = (
        select(RoomGuest)
        .where(
            RoomGuest.person_id == person_id,
            RoomGuest.ended_at.is_(None),
            RoomGuest.until_on >= clock.today(),
        )
        .options(joinedload(RoomGuest.audit), joinedload(RoomGuest.person))
        .order_by(RoomGuest.id.desc())
    )
    return next((item for item in session.scalars(statement) if item.is_live), None)


def visible(session: Session, audit: ExternalAudit) -> dict[int, Record]:
    """The records that the auditors of an audit may see today, by id, in order of kind and reference."""
    ids: set[int] = set()
    with_evidence: set[int] = set()
    for item in audit.shares:
        if item.is_live:
            ids.add(item.record_id)
            if item.reach is not Reach.RECORD:
                with_evidence.add(item.record_id)
            if item.reach is Reach.WITH_RELATED:
                related = _related(session, item.record_id)
                ids |= related
                with_evidence |= related
    ids |= _evidence_of(session, with_evidence)
    statement = select(Record).where(Record.__table__.c.id.in_(ids)).order_by(Record.kind, Record.reference)
    return {item.id: item for item in session.scalars(statement)}


def _related(session: Session, record_id: int) -> set[int]:
    """What belongs to a record: what names it as its AI system, what hangs on that, and what the record links to."""
    kinds = [
        (table_of(mapper.class_), table_of(mapper.class_).c.get("system_id"))
        for mapper in Record.__mapper__.self_and_descendants
        if mapper.polymorphic_identity not in (None, *_LEFT_OUT)
    ]
    found = {record_id}
    for table, system in kinds:
        if system is not None:
            found |= set(session.scalars(select(table.c.id).where(system == record_id)))
    tables = {table.name for table, _ in kinds}
    for table, system in kinds:
        # A corrective action knows its finding and no system; what has a system of its own is not drawn in by another's.
        for key in table.foreign_keys if system is None else ():
            if key.column.table.name in tables and key.parent.name != "id":
                found |= set(session.scalars(select(table.c.id).where(key.parent.in_(found))))
    spine = Record.__table__
    linked = select(Link.target_id).join(spine, spine.c.id == Link.target_id)
    linked = linked.where(Link.source_id == record_id, spine.c.kind.not_in((*_LEFT_OUT, "evidence")))
    return found | set(session.scalars(linked))


def _evidence_of(session: Session, subjects: Iterable[int]) -> set[int]:
    """Evidence of records, but for what is confidential: that is shared by itself or not at all."""
    item = Evidence.__table__
    statement = (
        select(Link.target_id)
        .join(item, item.c.id == Link.target_id)
        .where(Link.source_id.in_(list(subjects)), Link.role == LINK_ROLE)
        .where(item.c.confidentiality != Confidentiality.CONFIDENTIAL)
    )
    return set(session.scalars(statement))


def requests(
    session: Session,
    _: Actor,
    *,
    words: str = "",
    state: str = "",
    audit_id: int | None = None,
    sort: str = "reference",
    descending: bool = False,
    after: tuple[str | int, ...] | None = None,
) -> Page[tuple[AuditRequest]]:
    """One page of requests, of one audit or of all."""
    statement: Select[Any] = select(AuditRequest).options(joinedload(AuditRequest.audit))
    if words:
        statement = statement.where(search.matching(session, words))
    if state:
        statement = statement.where(Record.__table__.c.state == state)
    if audit_id is not None:
        statement = statement.where(AuditRequest.audit_id == audit_id)
    return records.page(
        session, statement, kind="audit_request", sort=sort, descending=descending, after=after
    )


def requests_of(session: Session, audit: ExternalAudit, state: str = "") -> list[AuditRequest]:
    """The requests of an audit, in one state or in all, in the order in which they were asked."""
    statement = select(AuditRequest).where(AuditRequest.audit_id == audit.id)
    if state:
        statement = statement.where(Record.__table__.c.state == state)
    return list(session.scalars(statement.order_by(Record.reference)))


def request(session: Session, reference: str) -> AuditRequest:
    """One request with its exchanges. Raises NotFound."""
    found = records.get(session, AuditRequest, reference)
    options = [selectinload(AuditRequest.exchanges), joinedload(AuditRequest.audit)]
    return session.get_one(AuditRequest, found.id, options=options, populate_existing=True)


def counts(session: Session, audit: ExternalAudit | None = None) -> dict[str, int]:
    """How many requests stand in each state, of one audit or of all; every state is named."""
    spine, item = Record.__table__, AuditRequest.__table__
    statement = (
        select(spine.c.state, func.count()).join(item, item.c.id == spine.c.id).group_by(spine.c.state)
    )
    if audit is not None:
        statement = statement.where(item.c.audit_id == audit.id)
    found = {row[0]: row[1] for row in session.execute(statement)}
    return {state.value: found.get(state.value, 0) for state in RequestState}


def open_requests(session: Session) -> list[AuditRequest]:
    """Requests that wait for an answer of the house, the most urgent first."""
    statement = select(AuditRequest).where(
        Record.kind == "audit_request", AuditRequest.state.in_(WAITS_FOR_US)
    )
    return list(session.scalars(statement.order_by(AuditRequest.due_on, Record.reference)))


def visits(session: Session, audit: ExternalAudit, *, limit: int = 200) -> list[RoomVisit]:
    """What the auditors of an audit opened or were refused, newest first."""
    statement = select(RoomVisit).where(RoomVisit.audit_id == audit.id).order_by(RoomVisit.id.desc())
    return list(session.scalars(statement.limit(limit)))


def certificates(session: Session) -> list[ExternalAudit]:
    """Audits from which a certificate came, the newest first."""
    statement = select(ExternalAudit).where(
        ExternalAudit.decision == Decision.GRANTED, ExternalAudit.expires_on.is_not(None)
    )
    return list(session.scalars(statement.order_by(ExternalAudit.decided_on.desc(), ExternalAudit.id.desc())))


def milestones(session: Session, certificate: ExternalAudit, today: date) -> tuple[cycle.Milestone, ...]:
    """What the cycle of a certificate asks for, with what was held for its standard since."""
    assert certificate.decided_on is not None
    assert certificate.expires_on is not None
    statement = select(ExternalAudit).where(
        ExternalAudit.standard == certificate.standard,
        ExternalAudit.state.in_(HELD),
        ExternalAudit.id != certificate.id,
        ExternalAudit.ends_on >= certificate.decided_on,
    )
    held = [
        cycle.Held(
            item.ends_on,
            item.audit_kind in SURVEILLANCE,
            item.decided_on if item.decision is Decision.GRANTED else None,
        )
        for item in session.scalars(statement)
        if item.audit_kind in SURVEILLANCE or item.audit_kind == "recertification"
    ]
    return cycle.milestones(certificate.decided_on, certificate.expires_on, held, today)


def majors(session: Session, today: date) -> list[tuple[ExternalAudit, list[Finding], date, bool]]:
    """Stage 2 audits with open major findings: the findings, until when they are verified, and whether that is past.

    After six months stage 2 is held again (ISO/IEC 17021-1, 9.5.3.2); once it was, the earlier one is over.
    """
    statement = select(ExternalAudit).where(ExternalAudit.audit_kind == ExternalKind.STAGE_2)
    held = [
        item
        for item in session.scalars(statement.order_by(ExternalAudit.ends_on))
        if item.state in (ExternalState.IN_PROGRESS, *HELD)
    ]
    found = []
    for item in held:
        again = any(other.standard == item.standard and other.ends_on > item.ends_on for other in held)
        rows = [
            row
            for row in findings.from_source(session, item)
            if row.grade is Grade.MAJOR and row.state not in Finding.FROZEN
        ]
        if rows and not again:
            until = cycle.months_after(item.ends_on, cycle.MAJORS_MONTHS)
            found.append((item, rows, until, today > until))
    return found
