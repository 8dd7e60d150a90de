"""Pages of the frameworks: what each asks, what answers it directly and by way of ISO/IEC 42001, and the duties of one system."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.controls import crosswalk, every_framework, frameworks_seen, readiness, trace
from governance.controls.eu_ai_act import ai_act, binding
from governance.controls.queries import bound_systems, systems_by_class
from governance.core import clock
from governance.systems import lifecycle, queries
from governance.systems.models import ClassificationState, Stage

blueprint = Blueprint("frameworks", __name__)
_CONFIDENCE = ("high", "medium", "low")


@blueprint.route("/frameworks")
def overview() -> ResponseReturnValue:
    """Every framework with how much of it records answer, its hash, and what its last change was."""
    found = []
    for framework in every_framework.every():
        rows = readiness.every(g.session, framework.requirements)
        found.append(
            {
                "framework": framework,
                "drawing": readiness.whole_ring(framework.title, rows),
                "met": sum(row.state == "met" for row in rows),
                "asked": len(rows),
                "versions": frameworks_seen.versions(g.session, framework.key),
                "change": frameworks_seen.last_change(g.session, framework),
            }
        )
    return render_template("controls/frameworks.html", found=found)


@blueprint.route("/frameworks/<key>")
def one(key: str) -> ResponseReturnValue:
    """What a framework asks, what answers it, and the ways to it from ISO/IEC 42001."""
    framework = every_framework.named(key)
    by_iso = {row.requirement.id: row for row in readiness.every(g.session)}
    rows = readiness.every(g.session, framework.requirements)
    today = clock.today()
    duties = {item.id: item for item in ai_act().duties} if key == "eu-ai-act" else {}
    return render_template(
        "controls/framework.html",
        framework=framework,
        groups=readiness.grouped(rows),
        rings=readiness.rings(rows),
        ways={row.requirement.id: crosswalk.ways_to(row.requirement.id) for row in rows},
        by_iso=by_iso,
        versions=frameworks_seen.versions(g.session, key),
        change=frameworks_seen.last_change(g.session, framework),
        duties=duties,
        bound=bound_systems(g.session) if duties else {},
        classes=systems_by_class(g.session) if duties else {},
        act=ai_act() if duties else None,
        today=today,
        limits=crosswalk.crosswalk().limits,
        list_of=trace.list_of,
    )


@blueprint.route("/frameworks/crosswalk")
def mapping() -> ResponseReturnValue:
    """The whole mapping, optionally only what is at least so sure."""
    least = request.args.get("confidence", "low")
    shown = _CONFIDENCE[: _CONFIDENCE.index(least) + 1] if least in _CONFIDENCE else _CONFIDENCE
    titles = {item.id: item.title for framework in every_framework.every() for item in framework.requirements}
    return render_template(
        "controls/crosswalk.html",
        rows=crosswalk.crosswalk().rows,
        limits=crosswalk.crosswalk().limits,
        titles=titles,
        shown=shown,
        choices=_CONFIDENCE,
        least=shown[-1],
        by_iso={row.requirement.id: row for row in readiness.every(g.session)},
    )


@blueprint.route("/systems/<reference>/duties")
def duties(reference: str) -> ResponseReturnValue:
    """The duties of the EU AI Act that bind a system, from when, and the records that show them."""
    system = queries.get(g.session, g.actor, reference)
    decision = queries.classification_in_force(g.session, system)
    bound = binding(system, decision.flags if decision else (), clock.today())
    found = trace.evidencing(g.session, system, queries.related(g.session, system))
    traces = trace.of_duties(g.session, found, [item.duty.requirement for item in bound])
    return render_template(
        "controls/duties.html",
        system=system,
        decision=decision,
        approved=decision is not None and decision.state == ClassificationState.APPROVED,
        bound=list(zip(bound, traces, strict=True)),
        act=ai_act(),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )
