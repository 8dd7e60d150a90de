"""Pages of the sampling workbench."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.audits import samples
from governance.audits.models import Audit
from governance.audits.schemas import DrawSample, RecordResults
from governance.core import records
from governance.web.application import attempt
from governance.web.forms import Form, words

blueprint = Blueprint("audit_samples", __name__)


@blueprint.route("/audits/<reference>/samples/new", methods=["GET", "POST"])
def draw(reference: str) -> ResponseReturnValue:
    """Count a population, see how large it is, and draw from it."""
    item = records.get(g.session, Audit, reference)
    kinds = [(name, words(name)) for name in samples.kinds()]
    counting = "count" in request.form
    initial = {"kind": "ai_system", **(request.form.to_dict() if counting else {})}
    sent = request.form if request.method == "POST" and not counting else None
    form = Form(DrawSample, sent, initial=initial, choices={"kind": kinds})
    if form.valid and (sample := attempt(form, lambda: samples.draw(g.session, item, form.value))):
        flash(f"{len(sample.items)} of {sample.population_size} are drawn.", "success")
        return redirect(f"{item.path}/samples/{sample.number}", 303)
    counted = samples.counted(g.session, item, request.form) if counting else None
    page = render_template("audits/sample_form.html", item=item, form=form, counted=counted)
    return page, 422 if form.errors else 200


@blueprint.route("/audits/<reference>/samples/<int:number>", methods=["GET", "POST"])
def sample(reference: str, number: int) -> ResponseReturnValue:
    """One sample: how it was drawn, whether it can be drawn again, and what each item showed."""
    item = records.get(g.session, Audit, reference)
    found = samples.numbered(item, number)
    form = Form(RecordResults)
    if request.method == "POST":
        results = {
            row["reference"]: request.form.get(f"result.{row['reference']}", row["result"])
            for row in found.items
        }
        notes = {
            row["reference"]: request.form.get(f"note.{row['reference']}", "").strip() for row in found.items
        }
        data = RecordResults(results=results, notes=notes)
        if attempt(form, lambda: samples.record_results(g.session, item, number, data)):
            flash("The results are saved.", "success")
            return redirect(f"{item.path}/samples/{number}", 303)
    page = render_template(
        "audits/sample.html",
        item=item,
        sample=found,
        form=form,
        results=[(name, words(name)) for name in samples.RESULTS],
        as_drawn=samples.is_as_drawn(found),
        names=people.names(g.session),
    )
    return page, 422 if form.errors else 200
