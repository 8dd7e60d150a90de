"""Pages of shared values, their interpretations and norms, what binds a system, and tensions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock, records
from governance.core.errors import NotFound
from governance.core.records import Record
from governance.signoffs import queries as signatures
from governance.systems import lifecycle
from governance.systems import queries as systems
from governance.systems.models import Stage
from governance.values import shared, tensions
from governance.values import shared_queries as queries
from governance.values.catalogue import values
from governance.values.models import Interpretation, Norm, Tension, TensionState, Value
from governance.values.schemas import (
    DecideTension,
    EditInterpretation,
    Interpret,
    OpenTension,
    ProposeValue,
    SetNorm,
    WithReason,
)
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Choices, Form, words

blueprint = Blueprint("shared_values", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in TensionState])


def _posted() -> Any:
    return request.form if request.method == "POST" else None


@blueprint.route("/values")
def listing() -> ResponseReturnValue:
    """Values of the organisation, and those of the starter catalogue that are not taken up."""
    mine = queries.shared_values(g.session)
    codes = {item.code for item in mine}
    return render_template(
        "values/shared.html",
        mine=mine,
        starters=[item for item in values().values if item.id not in codes],
        names=people.names(g.session),
    )


@blueprint.route("/values/new", methods=["GET", "POST"])
def propose() -> ResponseReturnValue:
    """Propose an own value."""
    form = Form(ProposeValue, _posted(), choices={"owner_id": people.choices(g.session)})
    if form.valid and (value := attempt(form, lambda: shared.propose(g.session, form.value))):
        return redirect(value.path, 303)
    return form_page("Propose a value", form, "/values", "Values", submit="Propose")


@blueprint.route("/values/take-up", methods=["POST"])
def take_up() -> ResponseReturnValue:
    """Take up a starter value."""
    value = shared.take_up(g.session, request.form.get("code", ""))
    flash(f"{value.reference} is drafted with its starter readings; top management adopts it.", "success")
    return redirect(value.path, 303)


@blueprint.route("/values/<reference>")
def value(reference: str) -> ResponseReturnValue:
    """One value: all its readings side by side."""
    item = records.get(g.session, Value, reference)
    return render_template(
        "values/value.html",
        item=item,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


@blueprint.route("/values/<reference>/adopt", methods=["POST"])
def adopt(reference: str) -> ResponseReturnValue:
    """Ask top management to adopt it."""
    item = shared.ask_adoption(g.session, records.get(g.session, Value, reference))
    flash("The signature of top management is requested.", "success")
    return redirect(item.path, 303)


@blueprint.route("/values/<reference>/interpret", methods=["GET", "POST"])
def interpret(reference: str) -> ResponseReturnValue:
    """Draft a reading for a context."""
    item = records.get(g.session, Value, reference)
    initial = {"title": item.title, "region": request.args.get("region", "")}
    form = Form(Interpret, _posted(), initial=initial)
    if form.valid and (made := attempt(form, lambda: shared.interpret(g.session, item, form.value))):
        return redirect(made.path, 303)
    return form_page("What it means here", form, item.path, item.reference, submit="Draft")


@blueprint.route("/values/<reference>/retire", methods=["GET", "POST"])
def retire(reference: str) -> ResponseReturnValue:
    """Retire a value."""
    return _reasoned(records.get(g.session, Value, reference), "Retire this value", shared.retire)


def _reasoned(item: Record, heading: str, act: Callable[..., Record]) -> ResponseReturnValue:
    form = Form(WithReason, _posted(), initial={"version": item.version})
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


@blueprint.route("/interpretations/<reference>")
def interpretation(reference: str) -> ResponseReturnValue:
    """One reading with its norms and where it came from."""
    item = records.get(g.session, Interpretation, reference)
    return render_template(
        "values/interpretation.html",
        item=item,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


@blueprint.route("/interpretations/<reference>/edit", methods=["GET", "POST"])
def edit_interpretation(reference: str) -> ResponseReturnValue:
    """Change a draft."""
    item = records.get(g.session, Interpretation, reference)
    initial = {
        name: getattr(item, name) for name in EditInterpretation.model_fields if name != "consultation"
    }
    initial["consultation"] = item.consultation.reference if item.consultation else ""
    form = Form(EditInterpretation, _posted(), initial=initial)
    if form.valid and done(form, lambda: shared.edit_interpretation(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("Change the reading", form, item.path, item.reference)


@blueprint.route("/interpretations/<reference>/submit", methods=["POST"])
def submit_interpretation(reference: str) -> ResponseReturnValue:
    """Ask for approval."""
    item = shared.submit_interpretation(g.session, records.get(g.session, Interpretation, reference))
    flash("The signatures of the steward and of compliance are requested.", "success")
    return redirect(item.path, 303)


@blueprint.route("/interpretations/<reference>/norm", methods=["GET", "POST"])
def set_norm(reference: str) -> ResponseReturnValue:
    """Set a norm."""
    item = records.get(g.session, Interpretation, reference)
    form = Form(SetNorm, _posted())
    if form.valid and (norm := attempt(form, lambda: shared.set_norm(g.session, item, form.value))):
        return redirect(norm.path, 303)
    return form_page("What must hold", form, item.path, item.reference, submit="Set")


@blueprint.route("/norms/<reference>")
def norm(reference: str) -> ResponseReturnValue:
    """One norm: up to the value, down to what measures it."""
    item = records.get(g.session, Norm, reference)
    return render_template("values/norm.html", item=item)


@blueprint.route("/norms/<reference>/retire", methods=["GET", "POST"])
def retire_norm(reference: str) -> ResponseReturnValue:
    """Retire a norm."""
    return _reasoned(records.get(g.session, Norm, reference), "Retire this norm", shared.retire_norm)


@blueprint.route("/systems/<reference>/values", methods=["GET", "POST"])
def of_system(reference: str) -> ResponseReturnValue:
    """What a system claims, and which reading binds it in each region."""
    system = systems.get(g.session, g.actor, reference)
    if request.method == "POST":
        chosen = records.get(g.session, Value, request.form.get("value", ""))
        shared.claim(g.session, system, chosen)
        flash(f"{system.title} claims {chosen.title}.", "success")
        return redirect(f"{system.path}/values", 303)
    held = queries.claims(g.session, system)
    taken = {item.value_id for item in held if not item.dropped_because}
    return render_template(
        "values/of_system.html",
        system=system,
        bound=queries.bound(g.session, system),
        dropped=[item for item in held if item.dropped_because],
        open_values=[item for item in queries.adopted(g.session) if item.id not in taken],
        tensions=queries.tensions_of(g.session, system),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )


@blueprint.route("/systems/<reference>/values/<code>/drop", methods=["GET", "POST"])
def drop_claim(reference: str, code: str) -> ResponseReturnValue:
    """Stop claiming a value."""
    system = systems.get(g.session, g.actor, reference)
    found = next((item for item in queries.claims(g.session, system) if item.value.code == code), None)
    if found is None:
        raise NotFound(f"{system.reference} does not claim {code}.")
    form = Form(WithReason, _posted(), initial={"version": system.version})
    back = f"{system.path}/values"
    if form.valid and done(form, lambda: shared.drop_claim(g.session, system, found, form.value)):
        return redirect(back, 303)
    return form_page(f"Stop claiming {found.value.title}", form, back, system.reference)


@blueprint.route("/tensions")
def all_tensions() -> ResponseReturnValue:
    """All tensions."""
    query = lists.read("/tensions", request.args, (_STATES,), _SORTABLE, descending=True)
    found = queries.tensions(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    return render_template(
        "layout/list.html",
        heading="Tensions between values",
        query=query,
        known=(_STATES,),
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Tension", "title"),
            ("System", ""),
            ("Between", ""),
            ("State", "state"),
            ("Review", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("text", f"{item.first_value.title} and {item.second_value.title}"),
            ("badge", item.state),
            ("date", item.review_on),
        ),
        empty=(
            "No tension yet",
            "Values pull against each other: fairness needs data that privacy would leave out. Record options, decide, keep the dissent. Begin on the page of an AI system.",
            "/systems",
            "AI systems",
        ),
    )


def _value_choices() -> Choices:
    return [(str(item.id), f"{item.code} {item.title}") for item in queries.shared_values(g.session)]


@blueprint.route("/tensions/new", methods=["GET", "POST"])
def open_tension() -> ResponseReturnValue:
    """Record a tension in a system."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    options = _value_choices()
    form = Form(OpenTension, _posted(), choices={"first_value_id": options, "second_value_id": options})
    if form.valid and (item := attempt(form, lambda: tensions.open_tension(g.session, system, form.value))):
        return redirect(item.path, 303)
    usual = "; ".join(f"{item.example} ({', '.join(item.usual_moves)})" for item in values().tensions)
    return form_page(
        "Record a tension",
        form,
        f"{system.path}/values",
        system.reference,
        submit="Record",
        intro=f"Often met: {usual}.",
    )


@blueprint.route("/tensions/<reference>")
def tension(reference: str) -> ResponseReturnValue:
    """One tension."""
    item = records.get(g.session, Tension, reference)
    return render_template(
        "values/tension.html",
        item=item,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


@blueprint.route("/tensions/<reference>/deliberate", methods=["POST"])
def deliberate(reference: str) -> ResponseReturnValue:
    """Begin to deliberate."""
    item = tensions.deliberate(g.session, records.get(g.session, Tension, reference))
    return redirect(item.path, 303)


@blueprint.route("/tensions/<reference>/decide", methods=["GET", "POST"])
def decide(reference: str) -> ResponseReturnValue:
    """Propose a decision."""
    item = records.get(g.session, Tension, reference)
    two = [(str(found.id), found.title) for found in (item.first_value, item.second_value)]
    choices: dict[str, Choices] = {"decision": [(text, text) for text in item.options], "gave_way_id": two}
    initial = {"version": item.version, "review_on": clock.today() + timedelta(days=365)}
    form = Form(DecideTension, _posted(), initial=initial, choices=choices)
    if form.valid and done(form, lambda: tensions.decide_tension(g.session, item, form.value)):
        flash("The signatures of the system's owner and of compliance are requested.", "success")
        return redirect(item.path, 303)
    return form_page("Decide", form, item.path, item.reference, submit="Propose for signature")


@blueprint.route("/tensions/<reference>/revisit", methods=["GET", "POST"])
def revisit(reference: str) -> ResponseReturnValue:
    """Open a decision again."""
    return _reasoned(records.get(g.session, Tension, reference), "Look at it again", tensions.revisit_tension)
