"""Home, My work, search: the pages that read every area."""

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from governance.audits import queries as audits
from governance.core import records, search
from governance.core.errors import NotFound
from governance.core.records import Record
from governance.improvement import queries as improvement
from governance.jobs.models import Heartbeat
from governance.signoffs import queries as signatures
from governance.signoffs.models import SignOff, SignOffState
from governance.systems import queries as systems
from governance.systems.models import AiSystem, Stage, Status, Tier
from governance.values import queries as values

blueprint = Blueprint("home", __name__)
_HORIZON_DAYS = 90
_RESULTS = 50


@blueprint.route("/")
def home() -> ResponseReturnValue:
    """What I must do, what is overdue, where the systems stand."""
    session = g.session
    stale = session.scalars(
        select(SignOff)
        .where(Record.kind == "sign_off", SignOff.state == SignOffState.STALE)
        .order_by(SignOff.id.desc())
        .limit(20)
    )
    suspended = (
        select(AiSystem)
        .where(Record.kind == "ai_system", AiSystem.state == Status.SUSPENDED)
        .order_by(Record.title)
        .limit(20)
    )
    return render_template(
        "home/home.html",
        statuses=systems.by_status(session),
        heat=systems.stage_by_tier(session),
        stages=list(Stage),
        tiers=[*(item.value for item in Tier), "none"],
        waiting=signatures.waiting_for(session, g.actor),
        stale=list(stale),
        overdue=audits.overdue(session),
        upcoming=audits.upcoming(session, _HORIZON_DAYS),
        findings=improvement.open_findings(session),
        actions=improvement.open_actions(session),
        breaches=values.open_breaches(session),
        suspended=list(session.scalars(suspended)),
        beat=session.scalars(select(Heartbeat.at).order_by(Heartbeat.at.desc())).first(),
    )


@blueprint.route("/my-work")
def my_work() -> ResponseReturnValue:
    """Everything that waits for me: signatures, audits, corrective actions, my systems."""
    session, actor = g.session, g.actor
    mine = select(AiSystem).where(AiSystem.owner_id == actor.person_id).order_by(Record.reference).limit(100)
    return render_template(
        "home/my_work.html",
        waiting=signatures.waiting_for(session, actor),
        systems=list(session.scalars(mine)),
        audits=audits.of_auditor(session, actor.person_id),
        actions=[
            item
            for item in improvement.open_actions(session)
            if actor.person_id in (item.owner_id, item.verifier_id)
        ],
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
