"""The only reader of the time, so that tests and packs can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

_held: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return _held or datetime.now(UTC)


def today() -> date:
    """The present date in UTC."""
    return now().date()


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at an aware moment for the length of a with block (demonstration histories and tests)."""
    global _held
    if moment.tzinfo is None:
        raise ValueError("The clock can only be held at an aware moment.")
    before, _held = _held, moment.astimezone(UTC)
    try:
        yield
    finally:
        _held = before


def parse(text: str) -> datetime:
    """An aware moment from its ISO 8601 text as the trail and the packs write it."""
    return datetime.fromisoformat(text).astimezone(UTC)
