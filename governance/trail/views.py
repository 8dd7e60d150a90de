"""The trail page, the history of a record, and the checkpoints."""

from datetime import UTC, date, datetime, time

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from governance.core import clock, records
from governance.core.errors import NotFound
from governance.trail import as_of, checkpoints, queries, verified
from governance.trail.models import TrailCheckpoint

blueprint = Blueprint("trail", __name__)
_PAGE = 100


@blueprint.route("/trail")
def trail() -> ResponseReturnValue:
    """Events of the registry, newest first, by kind or verb, a hundred a page."""
    before = request.args.get("before", type=int)
    kind, verb = request.args.get("kind", ""), request.args.get("verb", "")
    events = queries.latest(g.session, kind=kind, verb=verb, before=before, limit=_PAGE)
    size, root = queries.head(g.session)
    more = events[-1].seq if len(events) == _PAGE and events[-1].seq > 1 else None
    return render_template(
        "trail/trail.html",
        events=events,
        size=size,
        root=root,
        kind=kind,
        verb=verb,
        more=more,
        verified=verified.last(g.session),
    )


@blueprint.route("/records/<reference>/history")
def history(reference: str) -> ResponseReturnValue:
    """The history of one record with before and after of every field."""
    record = records.find(g.session, reference)
    if record is None:
        raise NotFound(f"There is no record {reference}.")
    return render_template("trail/history.html", record=record, events=queries.history(g.session, record))


@blueprint.route("/records/<reference>/as-of")
def as_it_was(reference: str) -> ResponseReturnValue:
    """One record as it was at the end of a day (UTC), and what another day changed of it."""
    record = records.find(g.session, reference)
    if record is None:
        raise NotFound(f"There is no record {reference}.")
    on = _day("on") or clock.today()
    then = as_of.as_of(g.session, record, _end_of(on))
    other = _day("to")
    changed = as_of.difference(then, as_of.as_of(g.session, record, _end_of(other))) if other else ()
    return render_template("trail/as_of.html", record=record, on=on, other=other, then=then, changed=changed)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)


@blueprint.route("/trail/checkpoints")
def checkpoint_list() -> ResponseReturnValue:
    """Signed tree heads, newest first, and the keys to verify them with."""
    found = checkpoints.listing(g.session, before=request.args.get("before", type=int), limit=_PAGE)
    return render_template(
        "trail/checkpoints.html",
        found=found,
        keys=checkpoints.own_keys(g.session),
        witnesses=checkpoints.witnesses(g.session),
        more=found[-1][0].id if len(found) == _PAGE else None,
    )


@blueprint.route("/trail/checkpoints/<int:number>")
def checkpoint_file(number: int) -> ResponseReturnValue:
    """A checkpoint as a signed note, with the lines of its witnesses."""
    found: TrailCheckpoint | None = g.session.get(TrailCheckpoint, number)
    if found is None:
        raise NotFound("There is no such checkpoint.")
    response = Response(checkpoints.whole_note(g.session, found), mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename=checkpoint-{found.size}.txt"
    return response
