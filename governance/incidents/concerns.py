"""Verbs on concerns: receive from anybody, assess, hand over, answer, close. Who reports is protected (INV-CNC1)."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.verbs import actor_of, verb
from governance.core import clock, records
from governance.core.errors import DomainError, Forbidden, Refused
from governance.core.records import Record
from governance.incidents import service as incidents
from governance.incidents.catalogue import rules
from governance.incidents.models import Concern, ConcernState, ConcernTry
from governance.incidents.schemas import AnswerConcern, AssessConcern, ReportConcern, ReportIncident
from governance.signoffs import service as signoffs
from governance.systems.models import AiSystem

POLICY = "concern_close"


class TooManyReports(DomainError):
    """Floods are slowed down (HTTP 429)."""

    status = 429


@dataclass(frozen=True)
class Received:
    """A concern just received: the receipt is shown once and lets the reporter read the answer."""

    concern: Concern
    receipt: str


@verb("concerns.report")
def report(session: Session, data: ReportConcern, *, channel: str) -> Received:
    """Receive a concern. Whoever reports is not recorded as its author; what they say of themselves is for handlers only."""
    receipt = "-".join(secrets.token_hex(2) for _ in range(4))
    concern = Concern(
        title="A concern",
        state=ConcernState.RECEIVED,
        owner_id=None,
        channel=channel,
        **data.model_dump(),
        receipt_hash=_hash(receipt),
        received_at=clock.now(),
    )
    session.add(concern)
    session.flush()
    return Received(concern, receipt)


def refuse_flood(session: Session, address: str, salt: str) -> None:
    """Raise TooManyReports after too many reports from one machine today; the address is kept as a hash of the day only."""
    mark = sha256(f"{salt}:{clock.today()}:{address}".encode()).hexdigest()
    since = clock.now() - timedelta(days=1)
    seen = select(func.count(ConcernTry.id)).where(ConcernTry.address_hash == mark, ConcernTry.at > since)
    if session.execute(seen).scalar_one() >= rules().concerns.most_per_day_and_address:
        raise TooManyReports(
            "Too many reports from here today. Write or call us instead, or come back tomorrow."
        )
    for old in session.scalars(select(ConcernTry).where(ConcernTry.at <= since).limit(100)):
        session.delete(old)
    session.add(ConcernTry(address_hash=mark, at=clock.now()))


def by_receipt(session: Session, receipt: str) -> Concern | None:
    """The concern of a receipt, for its reporter; None if there is none."""
    return session.scalars(
        select(Concern).where(Concern.receipt_hash == _hash(receipt.strip().lower()))
    ).first()


def _hash(receipt: str) -> str:
    return sha256(receipt.encode()).hexdigest()


def may_read(actor: Actor | None, concern: Concern) -> bool:
    """Whether somebody sees text and reporter: handlers who are not its subject (INV-CNC1)."""
    if actor is None or actor.person_id is None or actor.person_id == concern.subject_id:
        return False
    return actor.has("compliance_officer") or actor.person_id == concern.handler_id


def _refuse_outsider(session: Session, concern: Concern) -> None:
    if not may_read(actor_of(session), concern):
        raise Forbidden(
            "A concern is handled by compliance and its handler, and never by the person it is about (INV-CNC1, SD-9)."
        )


@verb("concerns.assess")
def assess(session: Session, concern: Concern, data: AssessConcern) -> Concern:
    """A first look: link the system, name a handler who is not its subject, open an incident where harm is plausible (INV-CNC2)."""
    _refuse_outsider(session, concern)
    if concern.state not in (ConcernState.RECEIVED, ConcernState.ASSESSED):
        raise Refused(f"{concern.reference} is {concern.state.replace('_', ' ')} already.")
    if data.handler_id == data.subject_id:
        raise Refused("Nobody handles a concern about themselves (SD-9).", field="handler_id")
    system = records.find(session, data.system) if data.system else None
    if data.system and not isinstance(system, AiSystem):
        raise Refused(f"There is no AI system {data.system}.", field="system")
    if data.harm_plausible and not isinstance(system, AiSystem):
        raise Refused("An incident is about an AI system; name it.", field="system")
    concern.handler_id, concern.subject_id = data.handler_id, data.subject_id
    concern.assessment, concern.harm_plausible = data.assessment, data.harm_plausible
    concern.state = ConcernState.ASSESSED
    if isinstance(system, AiSystem):
        concern.system, concern.title = system, f"A concern about {system.reference}"
        if data.harm_plausible:
            now = clock.now()
            happened = ReportIncident(
                title=f"Harm that {concern.reference} makes plausible",
                incident_kind="other",
                description=f"{concern.reference} was assessed: harm is plausible. Its text is for its handlers only.",
                aware_on=concern.received_at.date(),
                aware_time=f"{concern.received_at:%H:%M}" if concern.received_at <= now else "00:00",
            )
            incidents.report(session, system, happened, source=concern)
    session.flush()
    return concern


@verb("concerns.handle")
def handle(session: Session, concern: Concern) -> Concern:
    """Take a concern into handling."""
    _refuse_outsider(session, concern)
    if concern.state != ConcernState.ASSESSED:
        raise Refused(f"{concern.reference} is {concern.state.replace('_', ' ')}; it is assessed first.")
    concern.state = ConcernState.IN_HANDLING
    return concern


@verb("concerns.answer")
def answer(session: Session, concern: Concern, data: AnswerConcern) -> Concern:
    """Answer; the reporter reads it with the receipt."""
    _refuse_outsider(session, concern)
    if concern.state not in (ConcernState.ASSESSED, ConcernState.IN_HANDLING):
        raise Refused(f"{concern.reference} is {concern.state.replace('_', ' ')}.")
    concern.outcome, concern.answered_at = data.outcome, clock.now()
    concern.state = ConcernState.ANSWERED
    return concern


@verb("concerns.ask_to_close")
def ask_to_close(session: Session, concern: Concern) -> Concern:
    """Ask for the signature that closes it; never that of the person it is about (SD-9)."""
    _refuse_outsider(session, concern)
    if concern.state != ConcernState.ANSWERED:
        raise Refused("A concern is answered before it is closed.")
    concern.state = ConcernState.IN_REVIEW
    signoffs.request(session, concern, POLICY)
    return concern


@signoffs.before_signing(POLICY)
def _not_by_its_subject(session: Session, record: Record) -> None:
    assert isinstance(record, Concern)
    if actor_of(session).person_id == record.subject_id:
        raise Refused("Who a concern is about does not close it (SD-9).")


@signoffs.when_complete(POLICY)
def _closed(session: Session, record: Record) -> None:
    record.state = ConcernState.CLOSED


@signoffs.when_rejected(POLICY)
def _not_closed(session: Session, record: Record) -> None:
    record.state = ConcernState.ANSWERED
