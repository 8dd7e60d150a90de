"""Reads about notifications: a person's list and choices, the outbox, webhooks."""

from collections.abc import Collection

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from governance.access.actor import Actor
from governance.access.models import Person
from governance.core.errors import NotFound
from governance.notifications.models import (
    Delivery,
    How,
    MailLanguage,
    Notification,
    TopicChoice,
    Webhook,
)
from governance.notifications.topics import DIGEST, TOPICS

_MANY = 500


def mine(session: Session, actor: Actor, *, before: int | None = None, limit: int = 50) -> list[Notification]:
    """What a person was told, newest first, at most `limit` and older than the row `before`; digests left out."""
    statement = select(Notification).where(
        Notification.person_id == actor.person_id, Notification.topic != DIGEST
    )
    return _newest(session, statement, before, limit)


def _newest(
    session: Session, statement: Select[Notification], before: int | None, limit: int
) -> list[Notification]:
    last = session.get(Notification, before) if before is not None else None
    if last is not None:
        here = tuple_(Notification.created_at, Notification.id)
        statement = statement.where(here < tuple_(last.created_at, last.id))
    newest = statement.order_by(Notification.created_at.desc(), Notification.id.desc())
    return list(session.scalars(newest.limit(limit)))


def outbox(
    session: Session, *, state: str = "", before: int | None = None, limit: int = 100
) -> list[Notification]:
    """The outbox, newest first, optionally in one state and older than the row `before`."""
    statement = select(Notification).options(
        joinedload(Notification.person), joinedload(Notification.webhook)
    )
    if state:
        statement = statement.where(Notification.state == Delivery(state))
    return _newest(session, statement, before, limit)


def by_state(session: Session) -> dict[Delivery, int]:
    """How many rows of the outbox stand in each state."""
    counted = select(Notification.state, func.count()).group_by(Notification.state)
    return {row[0]: row[1] for row in session.execute(counted)}


def notification(session: Session, notification_id: int) -> Notification:
    """One row of the outbox. Raises NotFound."""
    found = session.get(Notification, notification_id)
    if found is None:
        raise NotFound("There is no such notification.")
    return found


def choices_of(session: Session, person_ids: Collection[int]) -> dict[tuple[int, str], How]:
    """What persons chose, by person and topic; topics that nobody touched are missing."""
    statement = select(TopicChoice.person_id, TopicChoice.topic, TopicChoice.how)
    found = session.execute(statement.where(TopicChoice.person_id.in_(person_ids)))
    return {(person_id, topic): how for person_id, topic, how in found}


def who_chose(session: Session, topic: str) -> list[int]:
    """Persons who asked to be told of a topic."""
    asked = select(TopicChoice.person_id).where(TopicChoice.topic == topic, TopicChoice.how != How.OFF)
    return list(session.scalars(asked.order_by(TopicChoice.person_id)))


def settings_of(session: Session, person_id: int) -> dict[str, How]:
    """How a person is told of each topic."""
    chosen = choices_of(session, {person_id})
    return {topic: chosen.get((person_id, topic), rule.default) for topic, rule in TOPICS.items()}


def language_of(session: Session, person_id: int) -> str:
    """The language of a person's mails."""
    found = session.get(MailLanguage, person_id)
    return found.language if found else "en"


def active(session: Session, person_ids: Collection[int]) -> frozenset[int]:
    """Those of the persons who may sign in today."""
    found = session.scalars(select(Person).where(Person.id.in_(person_ids)))
    return frozenset(person.id for person in found if person.is_active)


def keys_among(session: Session, keys: list[str]) -> frozenset[str]:
    """Those of the keys that were told already."""
    known: set[str] = set()
    for start in range(0, len(keys), _MANY):
        statement = select(Notification.key).where(Notification.key.in_(keys[start : start + _MANY]))
        known.update(session.scalars(statement))
    return frozenset(known)


def is_begun(session: Session, reference: str, beginning: str) -> bool:
    """Whether anybody was told something about a record under a key that begins so."""
    # The reference first: no database finds the beginning of a text by its index in every collation.
    found = select(Notification.id).where(
        Notification.reference == reference, Notification.key.startswith(beginning, autoescape=True)
    )
    return session.scalars(found.limit(1)).first() is not None


def members(session: Session, digest_id: int) -> list[Notification]:
    """What stands in a digest, in the order in which it happened."""
    statement = select(Notification).where(Notification.digest_id == digest_id)
    return list(session.scalars(statement.order_by(Notification.id)))


def waiting_for_digest(session: Session) -> list[int]:
    """Persons for whom something waits for a digest."""
    statement = select(Notification.person_id).where(
        Notification.how == How.DIGEST,
        Notification.state == Delivery.QUEUED,
        Notification.digest_id.is_(None),
        Notification.person_id.is_not(None),
    )
    return sorted(item for item in session.scalars(statement.distinct()) if item is not None)


def live_webhooks(session: Session) -> list[Webhook]:
    """Webhooks that are not revoked."""
    return list(session.scalars(select(Webhook).where(Webhook.revoked_at.is_(None)).order_by(Webhook.id)))


def webhooks(session: Session) -> list[Webhook]:
    """All webhooks, newest first."""
    return list(session.scalars(select(Webhook).order_by(Webhook.id.desc())))


def webhook(session: Session, webhook_id: int) -> Webhook:
    """One webhook. Raises NotFound."""
    found = session.get(Webhook, webhook_id)
    if found is None:
        raise NotFound("There is no such webhook.")
    return found
