"""The trail page."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from governance.core import records
from governance.core.errors import NotFound
from governance.trail import queries

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
        "trail/trail.html", events=events, size=size, root=root, kind=kind, verb=verb, more=more
    )


@blueprint.route("/records/<reference>/history")
def history(reference: str) -> ResponseReturnValue:
    """The history of one record with before and after of every field."""
    record = records.find(g.session, reference)
    if record is None:
        raise NotFound(f"There is no record {reference}.")
    return render_template("trail/history.html", record=record, events=queries.history(g.session, record))
