"""What the controls do by themselves: the dry audit once a night, as a job of the queue."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.controls import dry_audit, frameworks_seen, queries
from governance.jobs.models import Job, JobState
from governance.jobs.registry import recurring
from governance.jobs.service import Work, handles
from governance.jobs.service import enqueue as enqueue_job

JOB = "dry_audit"


@recurring("controls.dry_audit", every_seconds=900)
def nightly(session: Session, now: datetime) -> None:
    """Ask for a dry audit unless there is one of today, and note which framework versions are in force."""
    frameworks_seen.note(session)
    last = queries.latest_run(session)
    if last is None or last.at.date() < now.date():
        enqueue(session)


def enqueue(session: Session) -> Job:
    """Ask for a dry audit; one that waits or runs already is taken."""
    waiting = (JobState.QUEUED, JobState.RUNNING)
    there = session.scalars(select(Job).where(Job.kind == JOB, Job.state.in_(waiting)).limit(1)).first()
    return there or enqueue_job(session, JOB, {})


@handles(JOB)
def run(work: Work) -> dict[str, Any]:
    """Ask every check in a read-only transaction, so that nobody waits for it, and keep the result."""
    work.progress(0, 2, "Asking every check")
    with work.database.transaction(work.actor, readonly=True) as session:
        found = dry_audit.answers(session)
    work.progress(1, 2, "Verifying the trail and the files")
    with work.database.transaction(work.actor, readonly=True) as session:
        faults = dry_audit.faults(session, work.settings.evidence_dir)
    with work.database.transaction(work.actor, source="worker", request_id=f"job {work.job_id}") as session:
        kept = dry_audit.keep(session, found, faults)
        return {"run": kept.id}
