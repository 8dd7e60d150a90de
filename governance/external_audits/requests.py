"""Verbs on what external auditors ask for: asked, provided, accepted or flagged, withdrawn."""

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Forbidden, Refused
from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.external_audits import queries, sharing
from governance.external_audits.models import (
    WAITS_FOR_US,
    AuditRequest,
    ExternalAudit,
    Reach,
    RequestExchange,
    RequestState,
)
from governance.external_audits.schemas import (
    AcceptRequest,
    AskRequest,
    AssignRequest,
    FlagRequest,
    ProvideRequest,
    WithdrawRequest,
)


@verb("audit_requests.ask")
def ask(session: Session, audit: ExternalAudit, data: AskRequest) -> AuditRequest:
    """Ask to see something. A compliance officer records what was asked aloud."""
    if audit.state in ExternalAudit.FROZEN:
        raise Refused(f"{audit.reference} is {audit.state}; nothing is asked for it any more.")
    _refuse_strangers(session, audit)
    if data.due_on < clock.today():
        raise Refused("The date lies in the past.", field="due_on")
    request = AuditRequest(
        **data.model_dump(),
        state=RequestState.ASKED,
        audit_id=audit.id,
        owner_id=audit.owner_id,
        asked_by_id=actor_of(session).person_id,
    )
    session.add(request)
    session.flush()
    _note(session, request, RequestState.ASKED, data.text)
    return request


@verb("audit_requests.assign")
def assign(session: Session, request: AuditRequest, data: AssignRequest) -> AuditRequest:
    """Say who finds it."""
    if request.state in AuditRequest.FROZEN:
        raise Refused(f"{request.reference} is {request.state}.")
    person = people.person(session, data.owner_id)
    if not person.is_active or person.roles & {sharing.ROLE}:
        raise Refused("Choose somebody of the house.", field="owner_id")
    request.owner_id = person.id
    return request


@verb("audit_requests.provide")
def provide(session: Session, request: AuditRequest, data: ProvideRequest) -> AuditRequest:
    """Answer a request. The records named, and the evidence added to it, become shared with the auditors of the audit.

    Raises Refused if it does not wait for an answer, or if somebody shares what is not theirs.
    """
    if request.state not in WAITS_FOR_US:
        raise Refused(f"{request.reference} is {request.state}; it does not wait for an answer.")
    given = [sharing.shareable(session, reference) for reference in dict.fromkeys(data.references)]
    _refuse_what_is_not_theirs(session, given)
    attached = evidence.of_record(session, request)
    for record in given:
        sharing.add(session, request.audit, record, Reach.WITH_EVIDENCE, request=request)
    for item in attached:
        sharing.add(session, request.audit, item, Reach.RECORD, request=request)
    shown = dict.fromkeys(item.reference for item in (*given, *attached))
    _note(session, request, RequestState.PROVIDED, data.answer, list(shown))
    request.state = RequestState.PROVIDED
    return request


def _refuse_what_is_not_theirs(session: Session, given: list[Record]) -> None:
    """Whoever answers for the room shares anything; the owner of a request shares what they answer for themselves."""
    actor = actor_of(session)
    if actor.has("compliance_officer"):
        return
    foreign = [item.reference for item in given if actor.person_id not in (item.owner_id, item.created_by_id)]
    if foreign:
        raise Refused(
            f"{', '.join(foreign)} is not yours to share; ask the compliance officer.", field="references"
        )


@verb("audit_requests.accept")
def accept(session: Session, request: AuditRequest, data: AcceptRequest) -> AuditRequest:
    """Accept an answer."""
    _answered(session, request)
    _note(session, request, RequestState.ACCEPTED, data.note)
    request.state = RequestState.ACCEPTED
    return request


@verb("audit_requests.flag")
def flag(session: Session, request: AuditRequest, data: FlagRequest) -> AuditRequest:
    """Say why an answer is not enough; it goes back to its owner."""
    _answered(session, request)
    session.info["reason"] = data.reason
    _note(session, request, RequestState.FLAGGED, data.reason)
    request.state = RequestState.FLAGGED
    return request


@verb("audit_requests.withdraw")
def withdraw(session: Session, request: AuditRequest, data: WithdrawRequest) -> AuditRequest:
    """Take back a request that is no longer needed."""
    if request.state in AuditRequest.FROZEN:
        raise Refused(f"{request.reference} is {request.state} already.")
    _refuse_strangers(session, request.audit)
    session.info["reason"] = data.reason
    _note(session, request, RequestState.WITHDRAWN, data.reason)
    request.state = RequestState.WITHDRAWN
    return request


def _answered(session: Session, request: AuditRequest) -> None:
    if request.state != RequestState.PROVIDED:
        raise Refused(f"{request.reference} is {request.state}; there is no answer to judge.")
    _refuse_strangers(session, request.audit)


def _refuse_strangers(session: Session, audit: ExternalAudit) -> None:
    """An external auditor speaks for the audit they are invited to; the house only where nobody is invited."""
    actor = actor_of(session)
    if actor.has(sharing.ROLE):
        guest = queries.guest_of(session, actor.person_id or 0)
        if guest is None or guest.audit_id != audit.id:
            raise Forbidden("You are not invited to this audit.")
    elif any(guest.is_live for guest in audit.guests):
        raise Forbidden("The auditors of the body have access and speak for themselves.")


def _note(
    session: Session, request: AuditRequest, act: RequestState, text: str, references: list[str] | None = None
) -> None:
    session.add(
        RequestExchange(
            request=request,
            act=act,
            text=text,
            record_references=references or [],
            by_id=actor_of(session).person_id,
        )
    )
    request.touch()
