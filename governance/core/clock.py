"""The only reader of the time, so that tests and packs can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

_held: datetime | None = None
_then: ContextVar[datetime | None] = ContextVar("then", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return _then.get() or _held or datetime.now(UTC)


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


@contextmanager
def looking_back(moment: datetime | None) -> Iterator[None]:
    """Let this thread alone see an earlier moment as the present, for a page or a pack as of then; None changes nothing."""
    before = _then.set(moment or _then.get())
    try:
        yield
    finally:
        _then.reset(before)


def parse(text: str) -> datetime:
    """An aware moment from its ISO 8601 text as the trail and the packs write it."""
    return datetime.fromisoformat(text).astimezone(UTC)
