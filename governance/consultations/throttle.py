"""Slows down floods from outside without keeping addresses: a hash that changes every day, and is deleted after its window."""

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
    """Count an attempt of an address and on a link. Raises TooManyTries when one of them was too busy lately.

    What is older than the window is deleted with every attempt, so that the table never says who came when.
    """
    attempts = table_of(PublicAttempt)
    now = clock.now()
    session.connection().execute(delete(attempts).where(attempts.c.at < now - WINDOW))
    for key, limit in ((address_key, PER_ADDRESS), (link_key, PER_LINK)):
        lately = select(func.count()).select_from(PublicAttempt).where(PublicAttempt.key == key)
        if session.execute(lately).scalar_one() >= limit:
            raise TooManyTries(
                "Too much was sent from here in the last minutes. Try again in a quarter of an hour."
            )
    session.add_all(PublicAttempt(key=key, at=now) for key in (address_key, link_key))
    session.flush()
