"""The queue: enqueue, claim by compare-and-swap, report progress, finish. Claims run out, so a dead worker loses nothing."""

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.database import Database
from governance.core.errors import DomainError, Interrupted, Refused
from governance.core.settings import Settings
from governance.jobs.models import Heartbeat, Job, JobState

CLAIM = timedelta(seconds=60)
RETRY_AFTER = timedelta(seconds=20)
MOST_ATTEMPTS = 3

_log = logging.getLogger("aims.jobs")


class Cancelled(Exception):
    """Somebody cancelled the job while it ran."""


@dataclass(frozen=True)
class Work:
    """What a handler receives: the job's payload, the registry, and a way to say how far it is."""

    database: Database
    settings: Settings
    actor: Actor
    job_id: int
    payload: dict[str, Any]
    worker: str

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Report progress and keep the claim. Raises Cancelled if the job was cancelled meanwhile."""
        with self.database.transaction(self.actor) as session:
            job = session.get_one(Job, self.job_id)
            if job.state is not JobState.RUNNING or job.claimed_by != self.worker:
                raise Cancelled
            job.done, job.total, job.message = done, total, message
            job.claimed_until = clock.now() + CLAIM
            if done == 0:
                # What is left is estimated from here on: waiting, and work that is not counted, tell nothing of it.
                job.not_before = clock.now()


Handler = Callable[[Work], dict[str, Any]]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Declare the function that does jobs of a kind; it must be safe to run again after a crash."""

    def declare(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return declare


def enqueue(
    session: Session, kind: str, payload: dict[str, Any], *, record_id: int | None = None, total: int = 0
) -> Job:
    """Add a job in the transaction of the event that wants it."""
    now = clock.now()
    job = Job(
        kind=kind,
        payload=payload,
        record_id=record_id,
        total=total,
        not_before=now,
        created_at=now,
        requested_by_id=actor_of(session).person_id,
    )
    session.add(job)
    session.flush()
    return job


@verb("jobs.cancel")
def cancel(session: Session, job: Job) -> Job:
    """Cancel a job that is waiting or running."""
    if job.state not in (JobState.QUEUED, JobState.RUNNING):
        raise Refused("This job is finished already.")
    job.state, job.finished_at, job.message = JobState.CANCELLED, clock.now(), "Cancelled."
    return job


def worker_name() -> str:
    """A name for this process that no other live process has."""
    return f"{socket.gethostname()}:{os.getpid()}"


def release_dead(database: Database) -> None:
    """Give back the jobs of processes of this machine that are no more, so that a restart need not wait for the claim."""
    host = socket.gethostname()
    with database.transaction() as session:
        running = select(Job).where(Job.state == JobState.RUNNING, Job.claimed_by.startswith(f"{host}:"))
        for job in session.scalars(running):
            if not _is_alive(int((job.claimed_by or "0").rsplit(":", 1)[1])):
                job.claimed_until = clock.now() - CLAIM


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def claim(database: Database, worker: str) -> Job | None:
    """Take the oldest job that is due: waiting, or running with a claim that ran out."""
    now = clock.now()
    due = or_(
        (Job.state == JobState.QUEUED) & (Job.not_before <= now),
        (Job.state == JobState.RUNNING) & (Job.claimed_until < now),
    )
    with database.transaction(readonly=True) as session:
        candidate = session.scalars(select(Job).where(due).order_by(Job.id).limit(1)).first()
    if candidate is None:
        return None
    with database.transaction() as session:
        taken = session.execute(
            update(Job)
            .where(Job.id == candidate.id, due)
            .values(
                state=JobState.RUNNING,
                claimed_by=worker,
                claimed_until=now + CLAIM,
                not_before=now,
                attempts=Job.attempts + 1,
            )
            .execution_options(synchronize_session=False)
        )
        return (
            session.get(Job, candidate.id, populate_existing=True)
            if cast(CursorResult[Any], taken).rowcount == 1
            else None
        )


def run_next(
    database: Database, settings: Settings, worker: str, actor_for: Callable[[Session, int], Actor]
) -> bool:
    """Do one job if one is due. Returns whether there was one."""
    job = claim(database, worker)
    if job is None:
        return False
    with database.transaction(readonly=True) as session:
        actor = actor_for(session, job.requested_by_id or 0)
    work = Work(database, settings, actor, job.id, job.payload, worker)
    try:
        if job.attempts > MOST_ATTEMPTS:
            raise Refused(f"Given up after {MOST_ATTEMPTS} attempts: the worker died each time.")
        result = _handlers[job.kind](work)
    except Cancelled:
        return True
    except DomainError as error:
        _finish(work, JobState.FAILED, error.message, None)
    except Exception as error:  # noqa: BLE001 - a job must not take the worker down; the log has the traceback
        _log.exception("Job %s (%s) failed", job.id, job.kind)
        _fail(work, job.attempts, error)
    else:
        _finish(work, JobState.DONE, "Done.", result)
    return True


def _fail(work: Work, attempts: int, error: Exception) -> None:
    if attempts >= MOST_ATTEMPTS:
        said = str(error) if isinstance(error, Interrupted) else type(error).__name__ + "."
        _finish(
            work,
            JobState.FAILED,
            f"Given up after {attempts} attempts: {said} The log has the details.",
            None,
        )
        return
    with work.database.transaction(work.actor) as session:
        job = session.get_one(Job, work.job_id)
        job.state, job.claimed_by, job.claimed_until = JobState.QUEUED, None, None
        job.not_before = clock.now() + RETRY_AFTER
        job.message = f"Failed ({type(error).__name__}); it will be tried again."


def _finish(work: Work, state: JobState, message: str, result: dict[str, Any] | None) -> None:
    with work.database.transaction(work.actor) as session:
        job = session.get_one(Job, work.job_id)
        if job.state is JobState.CANCELLED:
            return
        job.state, job.message, job.result, job.finished_at = state, message, result, clock.now()
        if state is JobState.DONE:
            job.total = max(job.total, 1)
            job.done = job.total


def beat(database: Database, worker: str) -> None:
    """Leave a sign of life."""
    with database.transaction() as session:
        found = session.get(Heartbeat, worker)
        if found is None:
            session.add(Heartbeat(worker=worker, at=clock.now()))
        else:
            found.at = clock.now()
