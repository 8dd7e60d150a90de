"""Pages of the dry audit and of readiness: what an auditor would miss today."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.access.policy import may
from governance.controls import dry_audit, jobs, queries, readiness, service, trace
from governance.controls.models import Suppression
from governance.controls.schemas import LiftSuppression, SuppressGap
from governance.core import checks, records, trends
from governance.core.checks import Check
from governance.core.errors import Forbidden, NotFound
from governance.jobs.models import Job
from governance.web import i18n
from governance.web.application import done, form_page
from governance.web.forms import Form

blueprint = Blueprint("dry_audit", __name__)
_ORDER = {"critical": 0, "major": 1, "minor": 2}
_LARGEST = 2**62


@blueprint.route("/dry-audit")
def overview() -> ResponseReturnValue:
    """Every check with its count now, the trend, and what is wrong with trail and files."""
    found, as_of = dry_audit.newest_answers(g.session)
    open_gaps = sorted(
        (item for item in found if item.failing or item.suppressed),
        key=lambda item: (not item.failing, _ORDER[item.check.severity], -item.failing, item.check.id),
    )
    job = request.args.get("job", "")
    return render_template(
        "controls/dry_audit.html",
        gaps=open_gaps,
        met=[item for item in found if not item.failing and not item.suppressed],
        as_of=as_of,
        picture=_trend(),
        run=queries.latest_run(g.session),
        job=g.session.get(Job, int(job)) if job.isascii() and job.isdigit() and int(job) < _LARGEST else None,
    )


def _trend() -> str:
    runs = queries.runs(g.session)
    if len(runs) < 2:
        return ""
    points = [
        trends.Point(
            run.at.date(), run.critical + run.major + run.minor, kind="missing" if run.critical else "met"
        )
        for run in runs
    ]
    said = "; ".join(
        f"{run.at.date()}: {run.critical} critical, {run.major} major, {run.minor} minor" for run in runs
    )
    return trends.trend(
        points, title=i18n.term("Gaps over time"), desc=said, unit=i18n.term("Gaps"), height=150
    )


@blueprint.route("/dry-audit/run", methods=["POST"])
def run() -> ResponseReturnValue:
    """Run it now."""
    if not may(g.actor, "controls.suppress"):
        raise Forbidden("A compliance officer runs the dry audit; it also runs every night.")
    job = jobs.enqueue(g.session)
    return redirect(f"/dry-audit?job={job.id}", 303)


def _check(check_id: str) -> Check:
    try:
        return checks.named(check_id)
    except KeyError as error:
        raise NotFound(f"There is no check {check_id}.") from error


@blueprint.route("/dry-audit/<check_id>")
def one(check_id: str) -> ResponseReturnValue:
    """The records that fail one check, a page at a time, with who answers for each."""
    check = _check(check_id)
    typed = request.args.get("after", "0")
    after = int(typed) if typed.isascii() and typed.isdigit() and int(typed) < _LARGEST else 0
    page, following = dry_audit.failing(g.session, check, after)
    return render_template(
        "controls/check.html",
        check=check,
        rows=page,
        following=following,
        names=people.names(g.session),
        suppressions=queries.suppressions(g.session, check_id),
    )


@blueprint.route("/dry-audit/<check_id>/suppress", methods=["GET", "POST"])
def suppress(check_id: str) -> ResponseReturnValue:
    """Bear a gap for a while."""
    check, subject = _check(check_id), request.args.get("record", "")[:20]
    form = Form(SuppressGap, request.form if request.method == "POST" else None)
    back = f"/dry-audit/{check.id}"
    if form.valid and done(form, lambda: service.suppress(g.session, check.id, subject, form.value)):
        flash("The gap is suppressed until its date; it is still shown.", "warning")
        return redirect(back, 303)
    intro = f"{check.title} ({check.clause}): {subject or 'the organisation'}"
    return form_page("Bear this gap for a while", form, back, check.title, submit="Suppress", intro=intro)


@blueprint.route("/suppressions/<reference>", methods=["GET", "POST"])
def suppression(reference: str) -> ResponseReturnValue:
    """One suppression; lift it here."""
    item = records.get(g.session, Suppression, reference)
    form = Form(
        LiftSuppression, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: service.lift(g.session, item, form.value)):
        flash("The gap counts again.", "success")
        return redirect(item.path, 303)
    page = render_template("controls/suppression.html", item=item, form=form, names=people.names(g.session))
    return page, 422 if form.errors else 200


@blueprint.route("/readiness")
def ready() -> ResponseReturnValue:
    """Every clause and control with what evidences it, and the months that are bare."""
    found = readiness.every(g.session)
    return render_template(
        "controls/readiness.html",
        rows=sorted(found, key=lambda item: item.state != "bare"),
        rings=readiness.rings(found),
        first=readiness.first_month,
        list_of=trace.list_of,
        names=people.names(g.session),
    )
