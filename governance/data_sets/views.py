"""Pages of data sets: the list, one of them, and the data of an AI system."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import records
from governance.core.errors import NotFound
from governance.data_sets import queries, service
from governance.data_sets.models import DataSet, DataSetState, RightsBasis
from governance.data_sets.schemas import DescribeDataSet, EditDataSet, RetireDataSet, UseDataSet
from governance.evidence import queries as evidence
from governance.signoffs import queries as signatures
from governance.systems import lifecycle
from governance.systems import queries as systems
from governance.systems.models import AiSystem, Stage
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("data_sets", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in DataSetState])
_RIGHTS = lists.Filter(
    "rights_basis", "Rights basis", [(item.value, words(item.value)) for item in RightsBasis]
)
_SORTABLE = ("reference", "title", "state", "changed_at")


@blueprint.route("/data-sets")
def listing() -> ResponseReturnValue:
    """All data sets."""
    query = lists.read("/data-sets", request.args, (_STATES, _RIGHTS), _SORTABLE, sort="title")
    found = queries.listing(
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
        heading="Data sets",
        query=query,
        known=(_STATES, _RIGHTS),
        found=found,
        action=("/data-sets/new", "Record a data set"),
        columns=(
            ("Reference", "reference"),
            ("Data set", "title"),
            ("State", "state"),
            ("Rights basis", ""),
            ("Personal data", ""),
            ("To be deleted after", ""),
            ("Systems", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("badge", item.state),
            ("words", item.rights_basis),
            ("words", item.personal_data),
            ("date", item.retain_until),
            ("text", len({row.system_id for row in item.uses if row.ended_on is None})),
        ),
        empty=(
            "No data set yet",
            "An auditor asks what a system was built, tested and run on: where the data comes from, by which right it is used, and how good it is (A.7).",
            "/data-sets/new",
            "Record a data set",
        ),
    )


@blueprint.route("/data-sets/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Record a data set."""
    form = Form(DescribeDataSet, request.form if request.method == "POST" else None)
    if form.valid and (item := attempt(form, lambda: service.record(g.session, form.value))):
        flash(f"{item.reference} is recorded as a draft.", "success")
        return redirect(item.path, 303)
    return form_page("Record a data set", form, "/data-sets", "Data sets")


def _data_set(reference: str) -> DataSet:
    return records.get(g.session, DataSet, reference)


@blueprint.route("/data-sets/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One data set: origin, rights, quality, who uses it."""
    item = _data_set(reference)
    return render_template(
        "data_sets/record.html",
        item=item,
        lacking=service.lacking(item),
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )


@blueprint.route("/data-sets/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change a draft."""
    item = _data_set(reference)
    initial = {name: getattr(item, name) for name in EditDataSet.model_fields}
    form = Form(EditDataSet, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: service.edit(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(f"Change {item.reference}", form, item.path, item.reference)


@blueprint.route("/data-sets/<reference>/submit", methods=["POST"])
def submit(reference: str) -> ResponseReturnValue:
    """Ask for approval."""
    item = _data_set(reference)
    service.submit(g.session, item)
    flash(f"{item.reference} is in review; the signature is requested.", "success")
    return redirect(item.path, 303)


@blueprint.route("/data-sets/<reference>/retire", methods=["GET", "POST"])
def retire(reference: str) -> ResponseReturnValue:
    """Take it out of use for good."""
    item = _data_set(reference)
    form = Form(
        RetireDataSet, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: service.retire(g.session, item, form.value)):
        flash(f"{item.reference} is retired.", "warning")
        return redirect(item.path, 303)
    return form_page(f"Retire {item.title}", form, item.path, item.reference, submit="Retire")


@blueprint.route("/systems/<reference>/data", methods=["GET", "POST"])
def of_system(reference: str) -> ResponseReturnValue:
    """The data that the versions of a system use."""
    system = systems.get(g.session, g.actor, reference)
    numbers = [(str(item.number), item.label) for item in reversed(system.versions)]
    initial = {"version": system.version, "version_number": numbers[0][0] if numbers else ""}
    form = Form(
        UseDataSet,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices={"version_number": numbers},
    )
    if form.valid and done(form, lambda: service.use(g.session, system, form.value)):
        flash("The use is recorded.", "success")
        return redirect(f"{system.path}/data", 303)
    return _data_page(system, form), 422 if form.errors else 200


def _data_page(system: AiSystem, form: Form[UseDataSet]) -> str:
    return render_template(
        "data_sets/system.html",
        system=system,
        form=form,
        uses=queries.of_system(g.session, system.id),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )


@blueprint.route("/systems/<reference>/data/<int:use_id>/end", methods=["POST"])
def end_use(reference: str, use_id: int) -> ResponseReturnValue:
    """A version no longer uses a data set."""
    system = systems.get(g.session, g.actor, reference)
    row = next((item for item in queries.of_system(g.session, system.id) if item.id == use_id), None)
    if row is None:
        raise NotFound(f"{system.reference} has no such use of data.")
    service.end_use(g.session, system, row)
    flash(f"{system.reference} no longer uses {row.data_set.reference} for {row.role}.", "success")
    return redirect(f"{system.path}/data", 303)
