"""The outbox's way out: claim by compare-and-swap, finish, wait longer after each failure, give up in the end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from governance.core import clock
from governance.core.database import Database
from governance.notifications import queries
from governance.notifications.catalogue import rules
from governance.notifications.models import Delivery, How, Notification

# Longer than the longest delivery takes: whoever was killed meanwhile is taken over after it.
CLAIM = timedelta(minutes=5)
_TO_SEND = (Delivery.QUEUED, Delivery.FAILED)
_LONGEST_ERROR = 500
_CANDIDATES = 20


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended: in which state, why, and whether trying again could help."""

    state: Delivery
    error: str = ""


SENT = Outcome(Delivery.SENT)


@dataclass(frozen=True)
class Parcel:
    """A claimed notification with everything its delivery needs; its transaction is over."""

    row: Notification
    members: tuple[Notification, ...]
    language: str


def to_people() -> ColumnElement[bool]:
    """Rows that are mails."""
    return Notification.person_id.is_not(None)


def to_webhooks() -> ColumnElement[bool]:
    """Rows that go to webhooks."""
    return Notification.webhook_id.is_not(None)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, up to the longest."""
    delivery = rules().delivery
    longest = timedelta(hours=delivery.longest_wait_hours)
    # Beyond 2^20 every wait is the longest.
    return min(timedelta(seconds=delivery.first_wait_seconds * 2 ** min(attempts - 1, 20)), longest)


def _due(which: ColumnElement[bool], now: datetime) -> ColumnElement[bool]:
    return and_(
        which,
        Notification.state.in_(_TO_SEND),
        Notification.how == How.AT_ONCE,
        Notification.not_before <= now,
        or_(Notification.claimed_until.is_(None), Notification.claimed_until < now),
    )


def claim(database: Database, worker: str, which: ColumnElement[bool]) -> Parcel | None:
    """Take a row that is due, the longest waiting first. Two workers never hold the same one at the same time."""
    now = clock.now()
    due = _due(which, now)
    oldest = select(Notification.id).where(due).order_by(Notification.not_before, Notification.id)
    with database.transaction(readonly=True) as session:
        candidates = list(session.scalars(oldest.limit(_CANDIDATES)))
    if not candidates:
        return None
    with database.transaction() as session:
        for candidate in candidates:
            taken = session.execute(
                update(Notification)
                .where(Notification.id == candidate, due)
                .values(claimed_by=worker, claimed_until=now + CLAIM, attempts=Notification.attempts + 1)
                .execution_options(synchronize_session=False)
            )
            if cast(CursorResult[Any], taken).rowcount == 1:
                return _parcel(session, candidate)
    return None


def _parcel(session: Session, row_id: int) -> Parcel:
    whole = select(Notification).where(Notification.id == row_id)
    row = session.scalars(
        whole.options(joinedload(Notification.person), joinedload(Notification.webhook))
    ).one()
    language = queries.language_of(session, row.person_id) if row.person_id else "en"
    return Parcel(row, tuple(queries.members(session, row.id)), language)


def unsendable(parcel: Parcel) -> Outcome | None:
    """Why a claimed row is not even tried, if so: its receiver is gone, it is stale, or its worker died each time."""
    row, delivery = parcel.row, rules().delivery
    if row.person is not None and not row.person.is_active:
        return Outcome(Delivery.LISTED, "The person has no access any more.")
    if row.webhook is not None and row.webhook.revoked_at is not None:
        return Outcome(Delivery.LISTED, "The webhook is revoked.")
    if row.attempts == 1 and row.not_before < clock.now() - timedelta(days=delivery.stale_after_days):
        return Outcome(Delivery.LISTED, "It was too old when it could have been sent.")
    if row.attempts > delivery.most_attempts:
        return Outcome(Delivery.GIVEN_UP, "The worker died at each attempt.")
    return None


def finish(database: Database, worker: str, parcel: Parcel, outcome: Outcome) -> None:
    """Write down how a delivery ended, for a digest with all that stood in it. A claim that was lost is left alone."""
    now, row = clock.now(), parcel.row
    state = outcome.state
    if state is Delivery.FAILED and row.attempts >= rules().delivery.most_attempts:
        state = Delivery.GIVEN_UP
    values: dict[str, Any] = {
        "state": state,
        "last_error": outcome.error[:_LONGEST_ERROR],
        "sent_at": now if state is Delivery.SENT else None,
    }
    mine = and_(
        Notification.id == row.id, Notification.claimed_by == worker, Notification.attempts == row.attempts
    )
    with database.transaction() as session:
        kept = session.execute(
            update(Notification)
            .where(mine)
            .values(**values, claimed_by=None, claimed_until=None, not_before=now + wait_after(row.attempts))
            .execution_options(synchronize_session=False)
        )
        if cast(CursorResult[Any], kept).rowcount == 1 and state is not Delivery.FAILED:
            inside = update(Notification).where(Notification.digest_id == row.id)
            session.execute(inside.values(**values).execution_options(synchronize_session=False))


def list_only(database: Database) -> None:
    """Without a mail server: what waits to be mailed stands in the lists of its people only."""
    waiting = and_(to_people(), Notification.state.in_(_TO_SEND))
    with database.transaction(readonly=True) as session:
        if session.scalars(select(Notification.id).where(waiting).limit(1)).first() is None:
            return
    with database.transaction() as session:
        values = {"state": Delivery.LISTED, "last_error": "No mail server is set."}
        session.execute(
            update(Notification).where(waiting).values(**values).execution_options(synchronize_session=False)
        )


def forget(database: Database) -> None:
    """Delete what was sent, given up or only listed long ago."""
    before = clock.now() - timedelta(days=rules().delivery.keep_days)
    old = and_(Notification.state.not_in(_TO_SEND), Notification.created_at < before)
    with database.transaction(readonly=True) as session:
        gone = list(session.scalars(select(Notification.id).where(old).order_by(Notification.id)))
    for start in range(0, len(gone), _CANDIDATES):
        with database.transaction() as session:
            some = Notification.id.in_(gone[start : start + _CANDIDATES])
            session.execute(
                update(Notification)
                .where(Notification.digest_id.in_(gone[start : start + _CANDIDATES]))
                .values(digest_id=None)
                .execution_options(synchronize_session=False)
            )
            session.execute(delete(Notification).where(some).execution_options(synchronize_session=False))
