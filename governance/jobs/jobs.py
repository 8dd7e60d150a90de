"""The registry's own recurring work on its trail: an hourly checkpoint, as a job, because only jobs know where keys are."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core import clock
from governance.jobs.models import Job, JobState
from governance.jobs.registry import recurring
from governance.jobs.service import Work, enqueue, handles
from governance.trail import checkpoints, keys

CHECKPOINT = "checkpoint"


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
