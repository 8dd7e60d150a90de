"""Pages of controls: the 38 and the clauses in one screen, and for one system what evidences each."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.controls import trace
from governance.controls.frameworks import iso42001, iso42001_hash
from governance.systems import lifecycle, queries
from governance.systems.models import Stage

blueprint = Blueprint("controls", __name__)


@blueprint.route("/controls")
def overview() -> ResponseReturnValue:
    """Every clause and control with the number of records that evidence it."""
    counts = trace.counts(g.session)
    return render_template(
        "controls/overview.html",
        framework=iso42001(),
        digest=iso42001_hash(),
        counts=counts,
        list_of=trace.list_of,
        total=lambda item: sum(counts.get(kind, 0) for kind in item.evidenced_by),
    )


@blueprint.route("/systems/<reference>/controls")
def of_system(reference: str) -> ResponseReturnValue:
    """Controls that one system answers, with its records."""
    system = queries.get(g.session, g.actor, reference)
    found = trace.evidencing(g.session, system, queries.related(g.session, system))
    return render_template(
        "controls/system.html",
        system=system,
        traces=trace.of_system(found),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )
