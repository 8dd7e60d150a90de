"""Verbs on subscriptions of the calendar: one secret link per use, revocable, dead when its person may no longer sign in."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from governance.access import queries as people
from governance.access.actor import Actor
from governance.access.models import Person
from governance.access.policy import may
from governance.access.verbs import actor_of, verb
from governance.audits.calendar_models import CalendarFeed, CalendarFetch
from governance.audits.calendar_schemas import SubscribeCalendar
from governance.audits.calendar_selection import Selection
from governance.core import clock
from governance.core.database import upsert
from governance.core.errors import Forbidden, NotFound, Refused
from governance.core.records import table_of

MOST_LINKS = 20


@dataclass(frozen=True)
class Subscribed:
    """A link just made: the secret is shown once and kept nowhere."""

    feed: CalendarFeed
    secret: str


@verb("audits.subscribe_calendar")
def subscribe(session: Session, data: SubscribeCalendar, chosen: Selection, language: str) -> Subscribed:
    """Make a secret link for a person's own calendar program, with the choice of audits that it shows."""
    person_id = actor_of(session).person_id
    if person_id is None:
        raise Forbidden("A link belongs to a person.")
    if sum(feed.revoked_at is None for feed, _ in of_person(session, person_id)) >= MOST_LINKS:
        raise Refused(f"You have {MOST_LINKS} links already; revoke one that is no longer used.")
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        person_id=person_id,
        name=data.name,
        token_hash=_hashed(secret),
        chosen={name: value for name, value in chosen.pairs() if name != "also"},
        language=language,
    )
    session.add(feed)
    session.flush()
    return Subscribed(feed, secret)


@verb("audits.revoke_calendar")
def revoke(session: Session, feed: CalendarFeed) -> CalendarFeed:
    """Take a link back at once. Everybody revokes their own."""
    if feed.person_id != actor_of(session).person_id:
        raise Forbidden("This link belongs to somebody else.")
    if feed.revoked_at is not None:
        raise Refused("This link is revoked already.")
    feed.revoked_at = clock.now()
    return feed


def of_person(session: Session, person_id: int | None) -> list[tuple[CalendarFeed, datetime | None]]:
    """The links of a person, newest first, each with when it was last read."""
    statement = (
        select(CalendarFeed, CalendarFetch.fetched_at)
        .outerjoin(CalendarFetch, CalendarFetch.feed_id == CalendarFeed.id)
        .where(CalendarFeed.person_id == person_id)
        .order_by(CalendarFeed.id.desc())
    )
    return [(feed, fetched) for feed, fetched in session.execute(statement)]


def own(session: Session, actor: Actor, feed_id: int) -> CalendarFeed:
    """One of a person's own links. Raises NotFound, also for a link of somebody else."""
    feed = session.get(CalendarFeed, feed_id)
    if feed is None or feed.person_id != actor.person_id:
        raise NotFound("There is no such link.")
    return feed


def live(session: Session, secret: str) -> tuple[CalendarFeed, Actor] | None:
    """The link of a secret and who reads through it; None if it is unknown or revoked, or its person may read no more.

    That is so when they may not sign in, when the role is gone that the link came with, and for an external auditor, who
    sees what is shared and no calendar, whatever other roles they hold.
    """
    statement = (
        select(CalendarFeed)
        .where(CalendarFeed.token_hash == _hashed(secret), CalendarFeed.revoked_at.is_(None))
        .options(joinedload(CalendarFeed.person).options(selectinload(Person.grants)))
    )
    feed = session.scalars(statement).first()
    if feed is None or not feed.person.is_active:
        return None
    reader = people.actor_for(feed.person)
    if reader.has("external_auditor") or not may(reader, "audits.subscribe_calendar"):
        return None
    return feed, reader


def note_fetch(session: Session, feed_id: int, content: str) -> datetime:
    """Note that a file with this SHA-256 was read. Returns since when the file is as it is, to the second.

    A file that changed within the second in which it was read before counts as of the next one: programs that ask by
    time (RFC 9110, 8.8.2) would else miss it.
    """
    now = clock.now().replace(microsecond=0)
    fetches = table_of(CalendarFetch)
    before = session.execute(select(fetches).where(fetches.c.feed_id == feed_id)).first()
    if before is None:
        since = now
    elif before.content == content:
        since = before.content_since
    else:
        since = max(now, before.content_since + timedelta(seconds=1))
    values = {"fetched_at": clock.now(), "content": content, "content_since": since}
    statement = upsert(session, fetches).values(feed_id=feed_id, **values)
    session.connection().execute(statement.on_conflict_do_update(index_elements=["feed_id"], set_=values))
    return since


def _hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
