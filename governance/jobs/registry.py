"""Recurring jobs: idempotent functions of (session, now) with the interval at which the worker calls them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

Recurring = Callable[[Session, datetime], None]


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
