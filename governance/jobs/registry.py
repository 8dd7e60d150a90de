"""What runs by itself: recurring jobs in one transaction, and errands that leave the house and open transactions of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from governance.core.database import Database
from governance.core.settings import Settings

Recurring = Callable[[Session, datetime], None]
Errand = Callable[[Database, Settings], None]


@dataclass(frozen=True)
class RecurringJob:
    """A recurring job: its name and how often it is looked at, in seconds."""

    name: str
    every_seconds: int
    run: Recurring


_jobs: dict[str, RecurringJob] = {}


def recurring(name: str, *, every_seconds: int) -> Callable[[Recurring], Recurring]:
    """Declare a recurring job. It must do the same however often it runs: the database says what is due."""

    def declare(run: Recurring) -> Recurring:
        _jobs[name] = RecurringJob(name, every_seconds, run)
        return run

    return declare


def all_recurring() -> tuple[RecurringJob, ...]:
    """Every declared recurring job."""
    return tuple(_jobs.values())


@dataclass(frozen=True)
class RecurringErrand:
    """An errand: its name and how often it is run, in seconds."""

    name: str
    every_seconds: int
    run: Errand


_errands: dict[str, RecurringErrand] = {}


def errand(name: str, *, every_seconds: int) -> Callable[[Errand], Errand]:
    """Declare an errand, for what must hold no transaction while it waits for others, such as sending mail.

    It must be safe to run at the same time in two workers, and again after it was killed.
    """

    def declare(run: Errand) -> Errand:
        _errands[name] = RecurringErrand(name, every_seconds, run)
        return run

    return declare


def all_errands() -> tuple[RecurringErrand, ...]:
    """Every declared errand."""
    return tuple(_errands.values())
