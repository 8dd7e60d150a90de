"""Slows down floods from outside without keeping addresses: a hash that changes every day, and is deleted after its window."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from hashlib import sha256

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from governance.access.service import TooManyTries
from governance.consultations.participation_models import PublicAttempt
from governance.core import clock
from governance.core.records import table_of

WINDOW = timedelta(minutes=15)
# A ward, a household or a reading room may share one address.
PER_ADDRESS = 60
PER_LINK = 300


def daily_key(salt: str, day: date, kind: str, what: str) -> str:
    """The key under which attempts are counted; without the installation's salt it leads back to nobody."""
    return sha256(f"{salt}|{day.isoformat()}|{kind}|{what}".encode()).hexdigest()


def count(session: Session, address_key: str, link_key: str) -> None:
    """Count an attempt of an address and on a link. Raises TooManyTries when one of them was too busy lately."""
    refuse_busy(session, {address_key: PER_ADDRESS, link_key: PER_LINK})
    note(session, (address_key, link_key))


def refuse_busy(session: Session, limits: Mapping[str, int]) -> None:
    """Refuse what comes under a key that was used as often as its limit lately. Reads only. Raises TooManyTries."""
    since = clock.now() - WINDOW
    for key, limit in limits.items():
        lately = select(func.count()).where(PublicAttempt.key == key, PublicAttempt.at >= since)
        if session.execute(lately).scalar_one() >= limit:
            raise TooManyTries(
                "Too much was sent from here in the last minutes. Try again in a quarter of an hour."
            )


def note(session: Session, keys: Iterable[str]) -> None:
    """Note an attempt under each key.

    What is older than the window is deleted with every attempt, so that the table never says who came when.
    """
    attempts = table_of(PublicAttempt)
    now = clock.now()
    session.connection().execute(delete(attempts).where(attempts.c.at < now - WINDOW))
    session.add_all(PublicAttempt(key=key, at=now) for key in keys)
    session.flush()
