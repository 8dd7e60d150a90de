"""The daily verification of the whole trail: when it is due, and what it found."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core.database import Database
from governance.trail import present, verification
from governance.trail.models import TrailVerification

EVERY = timedelta(hours=24)


def last(session: Session) -> TrailVerification | None:
    """The newest verification."""
    return session.scalars(select(TrailVerification).order_by(TrailVerification.id.desc()).limit(1)).first()


def is_due(session: Session, now: datetime) -> bool:
    """Whether the last verification is a day old."""
    found = last(session)
    return found is None or now - found.at >= EVERY


def run(database: Database, now: datetime) -> TrailVerification:
    """Verify every event, and every row against the trail's last word on it, in a transaction that only reads.

    Returns what was found, not kept yet. On SQLite nobody waits for it; memory does not grow with the trail.
    """
    with database.transaction(readonly=True) as session:
        verdict = verification.verify(session)
        compared = present.compare(session)
    faults = (*verdict.faults, *compared.faults)
    return TrailVerification(
        at=now,
        size=verdict.size,
        root=verdict.root,
        rows=compared.rows,
        faults=len(faults),
        first_fault=next(iter(faults), ""),
    )
