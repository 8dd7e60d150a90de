"""Telling people and webhooks: rows of the outbox in the transaction of the event, and the verbs around them."""

import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from governance.access.models import Person
from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.database import upsert
from governance.core.errors import Refused
from governance.core.records import Record, table_of
from governance.notifications import addresses, queries, topics
from governance.notifications.models import (
    Delivery,
    How,
    MailLanguage,
    Notification,
    TopicChoice,
    Webhook,
)
from governance.notifications.schemas import AddWebhook, ChooseTopics, RevokeWebhook
from governance.notifications.topics import TOPICS

_BATCH = 200
_NOT_SENT_YET = (Delivery.QUEUED, Delivery.FAILED)


@dataclass(frozen=True)
class News:
    """What is told. `subject` and `text` are English sentences of the program with nothing of a record but its title and reference.

    `key` says what makes it the same news: the same key is told to the same person once, whoever tries again.
    """

    topic: str
    subject: str
    key: str
    record: Record | None = None
    path: str = ""
    text: str = ""
    late: bool = False


def tell(session: Session, person_ids: Iterable[int | None], news: News) -> None:
    """Tell persons, and the webhooks that want the topic, in the transaction of the event.

    Who acts is not told what they did themselves; who left is told nothing.
    """
    doer = session.info.get("actor")
    own = getattr(doer, "person_id", None)
    tell_all(session, [([item for item in person_ids if item != own], news)])


Told = Sequence[tuple[Iterable[int | None], News]]


def tell_all(session: Session, told: Told) -> None:
    """Tell many things at once. What was told before under the same key is left alone (also if another worker is at it)."""
    _insert(session, _new_rows(session, told))


def would_tell(session: Session, told: Told) -> bool:
    """Whether any of this was not told yet."""
    return bool(_new_rows(session, told))


def _new_rows(session: Session, told: Told) -> list[dict[str, Any]]:
    each = [(sorted({item for item in ids if item is not None}), news) for ids, news in told]
    everybody = {person_id for ids, _ in each for person_id in ids}
    choices, active = queries.choices_of(session, everybody), queries.active(session, everybody)
    hooks = queries.live_webhooks(session)
    rows: dict[str, dict[str, Any]] = {}
    for ids, news in each:
        for person_id in ids:
            if person_id in active:
                how = choices.get((person_id, news.topic)) or _default(news.topic)
                rows[f"{news.key}:p{person_id}"] = _row(news, how) | {"person_id": person_id}
        for hook in hooks:
            if not hook.topics or news.topic in hook.topics:
                rows[f"{news.key}:w{hook.id}"] = _row(news, How.AT_ONCE) | {"webhook_id": hook.id}
    known = queries.keys_among(session, list(rows))
    return [row | {"key": key} for key, row in rows.items() if key not in known]


def _default(topic: str) -> How:
    return TOPICS[topic].default if topic in TOPICS else How.AT_ONCE


def _row(news: News, how: How) -> dict[str, Any]:
    now = clock.now()
    how = How.AT_ONCE if topics.mandatory(news.topic) else how
    return {
        "uid": uuid.uuid4().hex,
        "person_id": None,
        "webhook_id": None,
        "topic": news.topic,
        "subject": " ".join(news.subject.split()),
        "text": news.text,
        "reference": news.record.reference if news.record else "",
        "path": news.path or (news.record.path if news.record else ""),
        "how": how,
        "late": news.late,
        "state": Delivery.LISTED if how is How.OFF else Delivery.QUEUED,
        "created_at": now,
        "not_before": now,
    }


def _insert(session: Session, rows: list[dict[str, Any]]) -> list[int]:
    table, made = table_of(Notification), []
    for start in range(0, len(rows), _BATCH):
        statement = (
            upsert(session, table)
            .values(rows[start : start + _BATCH])
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(table.c.id)
        )
        made += list(session.connection().execute(statement).scalars())
    return made


def open_digest(session: Session, person_id: int, key: str, subject: str) -> int | None:
    """Open a person's digest and put into it what waits for one. Returns None if the key was used already."""
    news = News(topics.DIGEST, subject, key, path="/notifications")
    made = _insert(session, [_row(news, How.AT_ONCE) | {"person_id": person_id, "key": key}])
    if not made:
        return None
    waiting = (
        update(Notification)
        .where(Notification.person_id == person_id, Notification.how == How.DIGEST)
        .where(Notification.state == Delivery.QUEUED, Notification.digest_id.is_(None))
    )
    session.execute(waiting.values(digest_id=made[0]).execution_options(synchronize_session=False))
    return made[0]


@verb("notifications.choose")
def choose(session: Session, data: ChooseTopics) -> None:
    """Choose how one wants to be told of each topic. Mandatory topics cannot be unsubscribed; the refusal says why."""
    person_id = actor_of(session).person_id or 0
    if unknown := sorted(data.choices.keys() - TOPICS.keys()):
        raise Refused(f"There is no topic {', '.join(unknown)}.", field="choices")
    for topic, how in data.choices.items():
        if topics.mandatory(topic) and how is not How.AT_ONCE:
            raise Refused(TOPICS[topic].mandatory, field="choices")
        _choose(session, person_id, topic, how)
    found = session.get(MailLanguage, person_id)
    if found is None:
        session.add(MailLanguage(person_id=person_id, language=data.language))
    else:
        found.language = data.language


@verb("notifications.unsubscribe")
def unsubscribe(session: Session, person: Person, topic: str) -> None:
    """Take a person off a topic, as the link in a mail asks (RFC 8058). For the digest: off everything that comes with it.

    Raises Refused for a mandatory topic, whose mails carry no such link.
    """
    if topics.mandatory(topic):
        raise Refused(TOPICS[topic].mandatory)
    chosen = queries.settings_of(session, person.id)
    off = [item for item, how in chosen.items() if how is How.DIGEST] if topic == topics.DIGEST else [topic]
    for item in off:
        if item in TOPICS:
            _choose(session, person.id, item, How.OFF)


def _choose(session: Session, person_id: int, topic: str, how: How) -> None:
    mine = select(TopicChoice).where(TopicChoice.person_id == person_id, TopicChoice.topic == topic)
    found = session.scalars(mine).first()
    if found is not None:
        found.how = how
    elif how is not TOPICS[topic].default:
        session.add(TopicChoice(person_id=person_id, topic=topic, how=how))
    waiting = (
        update(Notification)
        .where(Notification.person_id == person_id, Notification.topic == topic)
        .where(Notification.state.in_(_NOT_SENT_YET), Notification.digest_id.is_(None))
    )
    state = Delivery.LISTED if how is How.OFF else Notification.state
    session.execute(waiting.values(how=how, state=state).execution_options(synchronize_session=False))


@verb("notifications.see")
def see(session: Session) -> None:
    """Mark everything in one's own list as seen."""
    mine = update(Notification).where(
        Notification.person_id == actor_of(session).person_id, Notification.seen_at.is_(None)
    )
    session.execute(mine.values(seen_at=clock.now()).execution_options(synchronize_session=False))


@verb("notifications.send_again")
def send_again(session: Session, item: Notification) -> Notification:
    """Put a notification that was given up or only listed back into the queue."""
    if item.state not in (Delivery.GIVEN_UP, Delivery.FAILED, Delivery.LISTED):
        raise Refused("Only what was not sent is sent again.")
    if item.webhook is not None and item.webhook.revoked_at is not None:
        raise Refused("This webhook is revoked.")
    item.state, item.how, item.attempts = Delivery.QUEUED, How.AT_ONCE, 0
    item.not_before, item.digest_id = clock.now(), None
    return item


@verb("webhooks.add")
def add_webhook(session: Session, data: AddWebhook, *, inside: bool = False) -> Webhook:
    """Add a webhook. `inside` says whether addresses of this machine's network, and without HTTPS, are allowed."""
    if objection := addresses.objection(data.url, inside=inside):
        raise Refused(objection, field="url")
    if unknown := sorted(set(data.topics) - TOPICS.keys()):
        raise Refused(f"There is no topic {', '.join(unknown)}.", field="topics")
    hook = Webhook(
        name=data.name,
        url=data.url,
        topics=data.topics,
        nonce=secrets.token_hex(32),
        added_by_id=actor_of(session).person_id or 0,
    )
    session.add(hook)
    session.flush()
    return hook


@verb("webhooks.revoke")
def revoke_webhook(session: Session, hook: Webhook, data: RevokeWebhook) -> Webhook:
    """Tell a webhook nothing more; what waits for it is not sent."""
    if hook.revoked_at is not None:
        raise Refused("This webhook is revoked.")
    session.info["reason"] = data.reason
    hook.revoked_at, hook.revoked_reason = clock.now(), data.reason
    return hook


@verb("webhooks.test")
def try_webhook(session: Session, hook: Webhook) -> None:
    """Send a webhook a test; whether it arrived stands in the outbox."""
    if hook.revoked_at is not None:
        raise Refused("This webhook is revoked.")
    news = News(topics.TEST, "This is a test.", f"test:{uuid.uuid4().hex}", path="/webhooks")
    _insert(session, [_row(news, How.AT_ONCE) | {"webhook_id": hook.id, "key": news.key}])
