"""What changed between two days, in the whole registry or around one AI system."""

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock
from governance.packs.collect.system import ids_around
from governance.packs.collect.trail import label, readable
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from governance.trail import changes

blueprint = Blueprint("changes", __name__)
_A_MONTH = timedelta(days=30)


@blueprint.route("/changes")
def page() -> ResponseReturnValue:
    """Records created, changed and removed after the end of one day, up to the end of another (UTC), figures first."""
    until = _day("to") or clock.today()
    since = _day("from") or until - _A_MONTH
    after, last = _end_of(min(since, until)), _end_of(max(since, until))
    system = _system()
    ids = ids_around(g.session, system) if system else None
    room = request.args.get("room", "")
    found, beyond = changes.page(
        g.session, after, last, ids=ids, room=room, beyond=request.args.get("after", "")
    )
    names = people.names(g.session)
    return render_template(
        "packs_pages/changes.html",
        since=after.date(),
        until=last.date(),
        system=system,
        room=room,
        counted=changes.overview(g.session, after, last, ids),
        found=found,
        beyond=beyond,
        label=label,
        readable=lambda name, value: readable(name, value, names),
    )


def _system() -> AiSystem | None:
    reference = request.args.get("system", "").strip()
    return systems.get(g.session, g.actor, reference) if reference else None


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)
