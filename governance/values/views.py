"""Pages of values and red lines."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock, records
from governance.evidence import queries as evidence
from governance.signoffs import queries as signatures
from governance.systems import lifecycle
from governance.systems import queries as systems
from governance.systems.models import AiSystem, Stage
from governance.values import queries, service
from governance.values.catalogue import values, values_hash
from governance.values.models import RedLineCheck, RedLineState
from governance.values.schemas import AskClearance, CheckRedLine, ScreenRedLines
from governance.web.application import attempt, done
from governance.web.forms import Form

blueprint = Blueprint("values", __name__)


@blueprint.route("/red-lines")
def overview() -> ResponseReturnValue:
    """Values, red lines, and how systems stand to each."""
    return render_template(
        "values/overview.html",
        catalogue=values(),
        shared=values().values,
        digest=values_hash(),
        counts=queries.counts(g.session),
        states=list(RedLineState),
        breaches=queries.open_breaches(g.session),
    )


def _page(
    system: AiSystem, screening: Form[ScreenRedLines], check: Form[CheckRedLine], status: int
) -> ResponseReturnValue:
    page = render_template(
        "values/system.html",
        system=system,
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
        latest=queries.latest_checks(g.session, system),
        catalogue=values(),
        screening=screening,
        check=check,
    )
    return page, status


def _check_form(system: AiSystem, submitted: bool) -> Form[CheckRedLine]:
    lines = [(item.id, f"{item.id} {item.statement}") for item in values().red_lines]
    least = values().least_probes[system.tier.value if system.tier else "moderate"]
    initial = {
        "performed_on": clock.today(),
        "probes": least,
        "violations": 0,
        "red_line": request.args.get("line", ""),
    }
    return Form(
        CheckRedLine, request.form if submitted else None, initial=initial, choices={"red_line": lines}
    )


@blueprint.route("/systems/<reference>/red-lines", methods=["GET", "POST"])
def of_system(reference: str) -> ResponseReturnValue:
    """Red lines of a system; record a check."""
    system = systems.get(g.session, g.actor, reference)
    form = _check_form(system, request.method == "POST")
    if form.valid and (check := attempt(form, lambda: service.check_red_line(g.session, system, form.value))):
        flash(
            f"{check.reference}: {check.state}.",
            "danger" if check.state == RedLineState.BREACHED else "success",
        )
        return redirect(f"{system.path}/red-lines", 303)
    return _page(system, Form(ScreenRedLines), form, 422 if form.errors else 200)


@blueprint.route("/systems/<reference>/red-lines/screen", methods=["POST"])
def screen(reference: str) -> ResponseReturnValue:
    """Answer for all red lines at once."""
    system = systems.get(g.session, g.actor, reference)
    form = Form(ScreenRedLines, request.form)
    if form.valid and (made := attempt(form, lambda: service.screen(g.session, system, form.value))):
        flash(f"{len(made)} red lines are screened.", "success")
        return redirect(f"{system.path}/red-lines", 303)
    return _page(system, form, _check_form(system, False), 422)


@blueprint.route("/red-line-checks/<reference>", methods=["GET", "POST"])
def record(reference: str) -> ResponseReturnValue:
    """One check; ask to lift a breach here."""
    item = records.get(g.session, RedLineCheck, reference)
    form = Form(AskClearance, request.form if request.method == "POST" else None)
    if form.valid and done(form, lambda: service.ask_clearance(g.session, item, form.value)):
        flash("Two signatures are requested.", "success")
        return redirect(item.path, 303)
    page = render_template(
        "values/record.html",
        item=item,
        line=values().red_line(item.red_line),
        form=form,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )
    return page, 422 if form.errors else 200
