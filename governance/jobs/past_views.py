"""Choosing the day as of which every page is shown, and waiting while a long trail is replayed."""

from datetime import date
from typing import cast

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from governance.core.errors import Refused
from governance.jobs import jobs
from governance.trail import moments
from governance.trail.moments import Moment
from governance.web import then
from governance.web.application import Application
from governance.web.security import local_target

blueprint = Blueprint("past", __name__)

# What a page may wait for: about a second of replaying.
_AT_ONCE = 20_000


@blueprint.before_app_request
def _from_address() -> ResponseReturnValue | None:
    """`?as_of=2026-05-01` on any page chooses that day, `?as_of=` leaves it."""
    if request.method != "GET" or "as_of" not in request.args or request.endpoint is None:
        return None
    if not current_user.is_authenticated:
        return None
    rest = {name: value for name, value in request.args.items(multi=True) if name != "as_of"}
    target = url_for(request.endpoint, **{**(request.view_args or {}), **rest})
    day = request.args["as_of"]
    return redirect(then.way_there(day, target) if day else url_for("past.leave", next=target))


@blueprint.route("/as-of")
def choose() -> ResponseReturnValue:
    """Choose a day; what is replayed soon is replayed at once, else by a job whose progress is shown."""
    target, text = local_target(request.args.get("next"), "/"), request.args.get("day", "")
    now = then.chosen(g.actor)
    problem, job, size = "", None, 0
    if text:
        try:
            moment = _asked_for(moments.at(g.session, _day(text)))
            job, size = _ready(moment), moment.size
            if job is None:
                then.choose(g.actor, moment)
                return redirect(target)
        except Refused as refusal:
            problem = refusal.message
    page = render_template(
        "trail/choose_day.html", now=now, day=text, target=target, problem=problem, job=job, size=size
    )
    return page, 422 if problem else 200


@blueprint.route("/as-of/today")
def leave() -> ResponseReturnValue:
    """Go back to the present."""
    then.leave()
    return redirect(local_target(request.args.get("next"), "/"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("That is no date; it looks like 2026-05-01.", field="as_of") from None


def _asked_for(moment: Moment) -> Moment:
    """The moment, or an earlier one of the same day that was waited for and is there now.

    A day that is not over has more events by the time that its file is made, and would be waited for again and again.
    """
    waited_for = Moment(moment.day, request.args.get("size", type=int) or moment.size)
    files = cast(Application, current_app).looking_back.moments
    return waited_for if waited_for.size < moment.size and files.is_ready(g.session, waited_for) else moment


def _ready(moment: Moment) -> object:
    """None once the file is there; else the job that makes it."""
    app = cast(Application, current_app)
    files = app.looking_back.moments
    if files.is_ready(g.session, moment):
        return None
    if files.effort(g.session, moment) <= _AT_ONCE:
        files.make(g.session, moment)
        return None
    with app.database.transaction(g.actor, source="web", request_id=g.request_id) as writing:
        return jobs.ask_for_rebuild(writing, moment)
