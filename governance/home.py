"""Home, My work, search: the pages that read every area."""

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from governance import dashboard
from governance.access import duties
from governance.access.duties import Duty
from governance.audits import queries as audits
from governance.core import records, search
from governance.core.errors import NotFound
from governance.core.records import Record
from governance.incidents import queries as incidents
from governance.indicators import queries as indicators
from governance.jobs.models import Heartbeat
from governance.systems import queries as systems
from governance.systems.models import AiSystem, Stage, Tier
from governance.values import queries as values

blueprint = Blueprint("home", __name__)
_RESULTS = 50


@blueprint.route("/")
def home() -> ResponseReturnValue:
    """What I must do today, what the whole registry looks like, where the systems stand."""
    session = g.session
    return render_template(
        "home/home.html",
        duties=duties.of_person(session, g.actor),
        tiles=dashboard.tiles(session, g.actor),
        total=systems.number(session),
        heat=systems.stage_by_tier(session),
        stages=list(Stage),
        tiers=[*(item.value for item in Tier), "none"],
        overdue=audits.overdue(session),
        upcoming=audits.upcoming(session, dashboard.HORIZON_DAYS),
        findings=dashboard.findings_by_age(session),
        readiness=dashboard.readiness(session),
        incidents=incidents.open_incidents(session, limit=12),
        out_of_bounds=indicators.out_of_bounds(session),
        breaches=values.open_breaches(session),
        beat=session.scalars(select(Heartbeat.at).order_by(Heartbeat.at.desc())).first(),
    )


@blueprint.route("/my-work")
def my_work() -> ResponseReturnValue:
    """Everything that waits for me, by area, and the systems I own."""
    session, actor = g.session, g.actor
    mine = select(AiSystem).where(AiSystem.owner_id == actor.person_id).order_by(Record.reference).limit(100)
    by_area: dict[str, list[Duty]] = {}
    for duty in duties.of_person(session, actor):
        by_area.setdefault(duty.area, []).append(duty)
    return render_template(
        "home/my_work.html", by_area=sorted(by_area.items()), systems=list(session.scalars(mine))
    )


@blueprint.route("/search")
def find() -> ResponseReturnValue:
    """A reference goes straight to its record; words find records of every kind."""
    words = request.args.get("q", "").strip()
    exact = records.find(g.session, words) if words else None
    if exact is not None:
        return redirect(exact.path)
    found: list[Record] = []
    if words:
        statement = (
            select(Record).where(search.matching(g.session, words)).order_by(Record.kind, Record.reference)
        )
        found = list(g.session.scalars(statement.limit(_RESULTS)))
    return render_template("home/search.html", words=words, found=found, limit=_RESULTS)


@blueprint.route("/records/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """Any record's page, by its reference alone."""
    found = records.find(g.session, reference)
    if found is None:
        raise NotFound(f"There is no record {reference}.")
    return redirect(found.path)


@blueprint.route("/alive")
def alive() -> ResponseReturnValue:
    """For load balancers: the site answers and the database too."""
    g.session.execute(select(1))
    return "alive\n", 200, {"Content-Type": "text/plain"}
