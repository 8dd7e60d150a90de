"""How far a job is, for the progress bars."""

from flask import Blueprint, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from governance.core import clock
from governance.core.errors import NotFound
from governance.jobs import service
from governance.jobs.models import Job

blueprint = Blueprint("jobs", __name__)


def _job(job_id: int) -> Job:
    job: Job | None = g.session.get(Job, job_id)
    if job is None:
        raise NotFound("There is no such job.")
    return job


@blueprint.route("/jobs/<int:job_id>/status")
def status(job_id: int) -> ResponseReturnValue:
    """Progress as JSON: state, done, total, message, and an estimate of what is left."""
    job = _job(job_id)
    return jsonify(state=job.state, done=job.done, total=job.total, message=job.message, left=_left(job))


def _left(job: Job) -> str:
    spent = (clock.now() - job.not_before).total_seconds()
    if job.done == 0 or job.done >= job.total or spent < 2:
        return ""
    seconds = int(spent / job.done * (job.total - job.done))
    return f"{seconds} s" if seconds < 90 else f"{seconds // 60} min"


@blueprint.route("/jobs/<int:job_id>/cancel", methods=["POST"])
def cancel(job_id: int) -> ResponseReturnValue:
    """Cancel a waiting or running job."""
    service.cancel(g.session, _job(job_id))
    return redirect(
        request.form.get("back", "/") if request.form.get("back", "").startswith("/") else "/", 303
    )
