"""The registry's own work on its trail: an hourly checkpoint, as a job, because only jobs know where keys are; and the past."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.actor import SCHEDULER
from governance.core import clock
from governance.core.database import Database
from governance.core.settings import Settings
from governance.jobs.models import Job, JobState
from governance.jobs.registry import errand, recurring
from governance.jobs.service import Work, enqueue, handles
from governance.trail import checkpoints, keys, verified
from governance.trail.moments import Moment, Moments

CHECKPOINT = "checkpoint"
REBUILD = "rebuild"


@recurring("trail.checkpoint", every_seconds=300)
def ask_for_checkpoint(session: Session, now: datetime) -> None:
    """Ask for a checkpoint where the trail grew and the last one is an hour old, unless one was asked for."""
    waiting = select(Job.id).where(Job.kind == CHECKPOINT, Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    if checkpoints.is_due(session, now) and session.scalars(waiting).first() is None:
        enqueue(session, CHECKPOINT, {})


@handles(CHECKPOINT)
def make_checkpoint(work: Work) -> dict[str, Any]:
    """Sign the present tree head; doing it twice keeps one."""
    signer = keys.load_or_make(work.settings.keys_dir, work.settings.organisation)
    with work.database.transaction(
        work.actor, source="worker", request_id=f"job {work.job_id}", last_verb="trail.checkpoint"
    ) as session:
        return {"size": checkpoints.make(session, signer, clock.now()).size}


def ask_for_rebuild(session: Session, moment: Moment) -> Job:
    """The job that rebuilds the registry of a moment: the one that waits or runs, or a new one."""
    payload = {"day": moment.day.isoformat(), "size": moment.size}
    going = select(Job).where(Job.kind == REBUILD, Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    found = next((job for job in session.scalars(going) if job.payload == payload), None)
    # How much there is to do is known once the file to go on from is found.
    return found or enqueue(session, REBUILD, payload)


@handles(REBUILD)
def rebuild(work: Work) -> dict[str, Any]:
    """Rebuild the registry of a moment; the file that is there already is enough."""

    def progress(done: int, total: int) -> None:
        work.progress(done, total, "Replaying the trail" if done < total else "Finishing the file")

    moment = Moment(date.fromisoformat(work.payload["day"]), int(work.payload["size"]))
    with work.database.transaction(readonly=True) as live:
        Moments(work.settings.moments_dir).make(live, moment, progress)
    return {"day": work.payload["day"]}


@errand("trail.verify", every_seconds=3600)
def verify(database: Database, settings: Settings) -> None:
    """Verify the whole trail once a day, and write down what was found."""
    del settings
    with database.transaction(readonly=True) as session:
        if not verified.is_due(session, clock.now()):
            return
    found = verified.run(database, clock.now())
    with database.transaction(
        SCHEDULER, source="worker", request_id="trail.verify", last_verb="trail.verify"
    ) as session:
        # Another worker may have been faster.
        if verified.is_due(session, clock.now()):
            session.add(found)


@errand("trail.forget", every_seconds=600)
def forget(database: Database, settings: Settings) -> None:
    """Remove rebuilt files that show what was erased since, and those that nobody looked at for long."""
    with database.transaction(readonly=True) as live:
        Moments(settings.moments_dir).prune(live)
