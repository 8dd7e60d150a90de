"""The worker: APScheduler as alarm clock around the queue and the recurring jobs; what is due stands in the database."""

import logging
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access.actor import SCHEDULER, Actor
from governance.core import clock
from governance.core.database import Database
from governance.core.errors import NotFound
from governance.core.settings import Settings
from governance.jobs import service
from governance.jobs.registry import RecurringErrand, RecurringJob, all_errands, all_recurring

_log = logging.getLogger("aims.worker")
_QUEUE_SECONDS = 1
_BEAT_SECONDS = 30
_TUNE_SECONDS = 600


def start(database: Database, settings: Settings) -> BackgroundScheduler:
    """Start the alarm clock in background threads and return it; `shutdown()` stops it.

    The job store is memory: two workers share the database, never a store, and claims there keep them apart.
    """
    # Skipping a beat while a long job runs is how it is meant, not a warning.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    name = service.worker_name()
    service.release_dead(database)
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(lambda: drain(database, settings, name), "interval", seconds=_QUEUE_SECONDS, id="queue")
    scheduler.add_job(
        lambda: service.beat(database, name),
        "interval",
        seconds=_BEAT_SECONDS,
        id="heartbeat",
        next_run_time=clock.now(),
    )
    scheduler.add_job(database.tune, "interval", seconds=_TUNE_SECONDS, id="tune", next_run_time=clock.now())
    for job in all_recurring():
        scheduler.add_job(
            _runner(database, job),
            "interval",
            seconds=job.every_seconds,
            id=job.name,
            next_run_time=clock.now(),
        )
    for errand in all_errands():
        scheduler.add_job(
            _errand_runner(database, settings, errand),
            "interval",
            seconds=errand.every_seconds,
            id=errand.name,
            next_run_time=clock.now(),
        )
    scheduler.start()
    return scheduler


def _runner(database: Database, job: RecurringJob) -> Callable[[], None]:
    return lambda: run_recurring(database, job)


def _errand_runner(database: Database, settings: Settings, errand: RecurringErrand) -> Callable[[], None]:
    return lambda: errand.run(database, settings)


def run_recurring(database: Database, job: RecurringJob) -> None:
    """Run one recurring job in a transaction of the scheduler's own."""
    with database.transaction(SCHEDULER, source="scheduler", request_id=job.name) as session:
        job.run(session, clock.now())


def drain(database: Database, settings: Settings, name: str) -> None:
    """Do jobs until none is due."""
    while service.run_next(database, settings, name, _actor):
        continue


def _actor(session: Session, person_id: int) -> Actor:
    try:
        return people.actor_for(people.person(session, person_id))
    except NotFound:
        return SCHEDULER
