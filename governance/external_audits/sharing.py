"""Verbs on who may enter the auditor's room and what is shared there; and the note of everything that was looked at."""

from datetime import timedelta

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access import service as access
from governance.access.models import Person
from governance.access.schemas import AddPerson
from governance.access.verbs import actor_of, verb
from governance.core import clock, records
from governance.core.errors import Refused
from governance.core.records import Record
from governance.external_audits import queries
from governance.external_audits.models import (
    AuditRequest,
    ExternalAudit,
    Reach,
    RoomGuest,
    RoomVisit,
    Share,
    VisitAct,
)
from governance.external_audits.schemas import InviteAuditor, ShareRecords

ROLE = "external_auditor"
LONGEST = timedelta(days=366)
# A concern is between whoever raised it and whoever handles it; what an audit keeps of itself is shown in the room anyway.
NEVER_SHARED = frozenset({"concern", "external_audit", "audit_request", "sign_off", "import_run"})


@verb("external_audits.invite")
def invite(session: Session, audit: ExternalAudit, data: InviteAuditor) -> tuple[RoomGuest, str]:
    """Let an auditor of the body into the room until a day.

    Returns the invitation and a one-time password, which is kept nowhere; blank if they sign in with their own already.
    Raises Refused for people of the house, for somebody who is invited already, and for more than a year.
    """
    _open(audit)
    today = clock.today()
    if data.until_on < today:
        raise Refused("The last day lies in the past.", field="until_on")
    if data.until_on > today + LONGEST:
        raise Refused("Access is given for a year at most; invite again after it.", field="until_on")
    person = people.by_email(session, data.email)
    one_time = ""
    if person is None:
        added = AddPerson(
            name=data.name, email=data.email, roles=[ROLE], position=audit.body, access_until=data.until_on
        )
        person = access.add_person(session, added)
        one_time = access.reset_password(session, person)
    else:
        one_time = _again(session, person, data)
    guest = RoomGuest(
        audit=audit, person=person, until_on=data.until_on, invited_by_id=actor_of(session).person_id
    )
    session.add(guest)
    audit.touch()
    session.flush()
    return guest, one_time


def _again(session: Session, person: Person, data: InviteAuditor) -> str:
    if person.roles != {ROLE} or person.left_on is not None:
        raise Refused(
            "Somebody of the house has this address; external auditors have an account of their own.",
            field="email",
        )
    there = queries.guest_of(session, person.id)
    if there is not None:
        raise Refused(
            f"{person.name} is invited to {there.audit.reference} until {there.until_on}; end that first.",
            field="email",
        )
    was_active = person.is_active
    person.access_until = data.until_on
    return "" if was_active else access.reset_password(session, person)


@verb("external_audits.end_access")
def end_access(session: Session, audit: ExternalAudit, guest: RoomGuest) -> RoomGuest:
    """End somebody's access now: they cannot sign in any more, and what is open in a browser is dead."""
    if guest.ended_at is not None:
        raise Refused("This access is ended already.")
    guest.ended_at = clock.now()
    guest.person.access_until = clock.today() - timedelta(days=1)
    access.end_sessions(session, guest.person)
    return guest


@verb("external_audits.share")
def share(session: Session, audit: ExternalAudit, data: ShareRecords) -> list[Share]:
    """Show records to the auditors of an audit. Raises Refused naming what does not exist or is never shared."""
    _open(audit)
    found = [shareable(session, reference) for reference in dict.fromkeys(data.references)]
    return [
        add(session, audit, record, data.reach, from_on=data.from_on or clock.today(), until_on=data.until_on)
        for record in found
    ]


def shareable(session: Session, reference: str) -> Record:
    """A record by its reference, if it is of a kind that may be shared. Raises Refused."""
    record = records.find(session, reference)
    if record is None:
        raise Refused(f"There is no record {reference}.", field="references")
    if record.kind in NEVER_SHARED:
        raise Refused(
            f"{record.reference} is never shared: records of this kind stay in the house.", field="references"
        )
    return record


def add(
    session: Session,
    audit: ExternalAudit,
    record: Record,
    reach: Reach,
    *,
    from_on: object = None,
    until_on: object = None,
    request: AuditRequest | None = None,
) -> Share:
    """Add one share; the same one that stands already is not added again."""
    for there in audit.shares:
        if there.record_id == record.id and there.reach is reach and there.is_live and until_on is None:
            return there
    made = Share(
        audit=audit,
        record=record,
        reach=reach,
        from_on=from_on or clock.today(),
        until_on=until_on,
        request_id=request.id if request else None,
        shared_by_id=actor_of(session).person_id,
    )
    session.add(made)
    session.flush()
    return made


@verb("external_audits.withdraw_share")
def withdraw_share(session: Session, audit: ExternalAudit, item: Share) -> Share:
    """Stop showing a record, at once."""
    if item.withdrawn_at is not None:
        raise Refused("This is withdrawn already.")
    item.withdrawn_at = clock.now()
    return item


@verb("auditors_room.visit")
def visit(session: Session, act: VisitAct, address: str) -> RoomVisit:
    """Note what an external auditor opened, or was refused; the trail writes the event of it."""
    person_id = actor_of(session).person_id or 0
    guest = queries.guest_of(session, person_id)
    made = RoomVisit(
        audit=guest.audit if guest else None,
        person_id=person_id,
        act=act,
        address=address.replace("\0", "")[:300],
    )
    session.add(made)
    return made


def _open(audit: ExternalAudit) -> None:
    if audit.state in ExternalAudit.FROZEN:
        raise Refused(f"{audit.reference} is {audit.state}; nothing is shared for it any more.")
