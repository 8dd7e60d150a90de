"""Reads about signatures: of a record, waiting for somebody, stale."""

from collections.abc import Collection, Sequence
from itertools import groupby

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.core import clock
from governance.core.canonical import content_hash
from governance.core.records import Record
from governance.signoffs.models import SignOff, SignOffState
from governance.signoffs.routes import may_fill


def of_record(session: Session, record: Record) -> tuple[SignOff, ...]:
    """All sign-offs of a record, newest round first, in the order of the slots."""
    statement = (
        select(SignOff).where(SignOff.subject_id == record.id).order_by(SignOff.round.desc(), SignOff.id)
    )
    return tuple(session.scalars(statement))


def of_records(session: Session, record_ids: Collection[int]) -> dict[int, tuple[SignOff, ...]]:
    """By record id the sign-offs of many records, each as `of_record` has them; who has none is left out."""
    statement = (
        select(SignOff)
        .where(SignOff.subject_id.in_(record_ids))
        .order_by(SignOff.subject_id, SignOff.round.desc(), SignOff.id)
    )
    return {
        key: tuple(rows) for key, rows in groupby(session.scalars(statement), key=lambda row: row.subject_id)
    }


def current_round(session: Session, record: Record, policy: str) -> tuple[SignOff, ...]:
    """The sign-offs of the latest round of a policy on a record."""
    rows = [item for item in of_record(session, record) if item.policy == policy]
    return tuple(item for item in rows if item.round == rows[0].round)


def is_complete(session: Session, record: Record, policy: str) -> bool:
    """Whether every slot of the latest round is signed, and the content still has the signed hash."""
    rows = current_round(session, record, policy)
    present = content_hash(record.content_signed_under(policy))
    return bool(rows) and all(
        item.state == SignOffState.SIGNED and item.content_hash == present for item in rows
    )


def holds(item: SignOff) -> bool:
    """Whether a signature stands: signed, and the subject's content still has the signed hash."""
    return item.state == SignOffState.SIGNED and item.content_hash == content_hash(
        item.subject.content_signed_under(item.policy)
    )


def waiting_for(session: Session, actor: Actor) -> tuple[SignOff, ...]:
    """Requested sign-offs that this actor could give now, oldest first."""
    requested = (
        select(SignOff)
        .where(Record.kind == "sign_off", SignOff.state == SignOffState.REQUESTED)
        .order_by(SignOff.created_at)
    )
    return tuple(item for item in session.scalars(requested) if not may_fill(session, actor, item))


def ledger(session: Session, *, state: str = "", limit: int = 200) -> Sequence[SignOff]:
    """The latest sign-offs of the registry, optionally in one state."""
    statement = select(SignOff).order_by(SignOff.changed_at.desc()).limit(limit)
    if state:
        statement = statement.where(SignOff.state == state)
    return session.scalars(statement).all()


def stale_subjects() -> object:
    """A condition for SELECTs over sign-offs: the signature no longer holds or has not been renewed."""
    return or_(
        SignOff.state == SignOffState.STALE,
        and_(SignOff.state == SignOffState.EXPIRED, SignOff.created_at < clock.now()),
    )
