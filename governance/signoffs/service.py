"""Verbs of signing: a round is requested, each slot is signed or refused, and a change of content makes signatures stale."""

from collections.abc import Callable

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from governance.access import service as access
from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.canonical import content_hash
from governance.core.errors import Refused
from governance.core.records import Record
from governance.signoffs import queries, reminders
from governance.signoffs.catalogue import rules
from governance.signoffs.models import SignOff, SignOffState
from governance.signoffs.routes import may_fill
from governance.signoffs.schemas import Reject, Sign, Withdraw
from governance.trail.capture import before_seal

Completion = Callable[[Session, Record], None]
_completions: dict[str, Completion] = {}
_rejections: dict[str, Completion] = {}
_gatekeepers: dict[str, Completion] = {}


def when_complete(policy: str) -> Callable[[Completion], Completion]:
    """Declare what happens when every slot of a policy is signed. Higher rooms register; this room calls."""

    def declare(function: Completion) -> Completion:
        _completions[policy] = function
        return function

    return declare


def when_rejected(policy: str) -> Callable[[Completion], Completion]:
    """Declare what happens when a slot of a policy is refused."""

    def declare(function: Completion) -> Completion:
        _rejections[policy] = function
        return function

    return declare


def before_signing(policy: str) -> Callable[[Completion], Completion]:
    """Declare what must hold at the moment of each signature; the function raises Refused otherwise."""

    def declare(function: Completion) -> Completion:
        _gatekeepers[policy] = function
        return function

    return declare


def request(
    session: Session, record: Record, policy: str, slots: tuple[str, ...] | None = None
) -> tuple[SignOff, ...]:
    """Open a new round of sign-offs on a record: one per slot of the policy, frozen into the request.

    A round that is still open on the same record and policy is withdrawn first.
    """
    session.flush()
    rule = rules().policies[policy]
    last = select(func.max(SignOff.round)).where(SignOff.subject_id == record.id)
    number = (session.execute(last).scalar() or 0) + 1
    _close_open_round(session, record, policy, "A new round was opened.")
    items = tuple(
        SignOff(
            title=f"{slot.replace('_', ' ').capitalize()}: {record.title}",
            state=SignOffState.REQUESTED,
            owner_id=record.owner_id,
            subject=record,
            policy=policy,
            round=number,
            slot=slot,
            meaning=rule.meaning,
        )
        for slot in (slots if slots is not None else rule.slots)
    )
    session.add_all(items)
    session.flush()
    reminders.tell_wanted(session, items)
    return items


@verb("signoffs.sign")
def sign(session: Session, item: SignOff, data: Sign, *, address: str = "") -> SignOff:
    """Sign one slot, bound to the content's hash (SO-01 to SO-09).

    Raises Refused if the slot is not open or not this person's, the password is wrong, or the content is not the one
    that was shown.
    """
    actor = actor_of(session)
    if item.state != SignOffState.REQUESTED:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')} already.")
    if refusal := may_fill(session, actor, item):
        raise Refused(refusal)
    if item.policy in _gatekeepers:
        _gatekeepers[item.policy](session, item.subject)
    access.confirm(session, data.password.get_secret_value())
    content = item.subject.content_signed_under(item.policy)
    present = content_hash(content)
    if present != data.content_hash:
        raise Refused("The content changed after the page was shown; read it again and sign then (SO-04).")
    item.content_hash, item.content, item.subject_version = present, content, item.subject.version
    item.signer_id, item.signer_name = actor.person_id, actor.name
    item.signer_role = item.slot
    item.statement = statement(item)
    item.method, item.address = "password, asked again", address
    item.signed_at, item.comment = clock.now(), data.comment
    item.state = SignOffState.SIGNED
    session.flush()
    if item.policy in _completions and queries.is_complete(session, item.subject, item.policy):
        _completions[item.policy](session, item.subject)
    return item


@verb("signoffs.reject")
def reject(session: Session, item: SignOff, data: Reject) -> SignOff:
    """Refuse to sign, with the reason; the other signatures of the round become void (SO-14)."""
    actor = actor_of(session)
    if item.state != SignOffState.REQUESTED:
        raise Refused(f"{item.reference} is {item.state.replace('_', ' ')} already.")
    if refusal := may_fill(session, actor, item):
        raise Refused(refusal)
    access.confirm(session, data.password.get_secret_value())
    item.signer_id, item.signer_name, item.signed_at = actor.person_id, actor.name, clock.now()
    item.signer_role, item.method, item.comment = item.slot, "password, asked again", data.reason
    item.state = SignOffState.REJECTED
    session.flush()
    for other in queries.current_round(session, item.subject, item.policy):
        if other.state in (SignOffState.REQUESTED, SignOffState.SIGNED):
            other.state, other.state_reason = (
                SignOffState.WITHDRAWN,
                f"{item.reference} was refused: the round is closed.",
            )
    if item.policy in _rejections:
        _rejections[item.policy](session, item.subject)
    return item


@verb("signoffs.withdraw")
def withdraw(session: Session, item: SignOff, data: Withdraw) -> SignOff:
    """Take back one's own signature while the round is not complete (SO-13)."""
    if item.state != SignOffState.SIGNED or item.signer_id != actor_of(session).person_id:
        raise Refused("Only one's own standing signature can be withdrawn.")
    if queries.is_complete(session, item.subject, item.policy):
        raise Refused("The record is approved already; it takes a new revision to change it.")
    session.info["reason"] = data.reason
    item.state, item.state_reason = SignOffState.WITHDRAWN, data.reason
    return item


def statement(item: SignOff) -> str:
    """The sentence that is signed, shown before and kept with the signature (SO-02)."""
    meaning = rules().meanings[item.meaning]
    return meaning.statement.format(
        subject=f"{item.subject.reference} ({item.subject.title})", version=item.subject.version
    )


def _close_open_round(session: Session, record: Record, policy: str, reason: str) -> None:
    for item in queries.current_round(session, record, policy):
        if item.state == SignOffState.REQUESTED:
            item.state, item.state_reason = SignOffState.WITHDRAWN, reason


# Made once: it is asked in every transaction that writes.
_SIGNED = select(SignOff).where(
    SignOff.subject_id.in_(bindparam("subjects", expanding=True)), SignOff.state == SignOffState.SIGNED
)


@before_seal
def void_stale(session: Session, changed: tuple[Record, ...]) -> None:
    """Make signatures stale whose record no longer has the signed content (SO-10)."""
    ids = [record.id for record in changed if not isinstance(record, SignOff)]
    if not ids:
        return
    by_id = {record.id: record for record in changed}
    for start in range(0, len(ids), 500):
        for item in session.scalars(_SIGNED, {"subjects": ids[start : start + 500]}):
            present = by_id[item.subject_id].content_signed_under(item.policy)
            if content_hash(present) != item.content_hash:
                item.state = SignOffState.STALE
                item.state_reason = "The content changed after signing."
