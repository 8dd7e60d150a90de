"""Pages of the EU AI Act wizard and its decisions."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import records
from governance.signoffs import queries as signatures
from governance.systems import lifecycle, queries, service
from governance.systems.classification import conclusions, path, wizard
from governance.systems.models import AiSystem, Classification, Stage
from governance.systems.schemas import Classify
from governance.web.application import attempt
from governance.web.forms import Form

blueprint = Blueprint("classification", __name__)


@blueprint.route("/systems/<reference>/classify", methods=["GET", "POST"])
def classify(reference: str) -> ResponseReturnValue:
    """All questions on one page; those that the answers do not lead to stay unanswered."""
    system = queries.get(g.session, g.actor, reference)
    form = Form(Classify, request.form if request.method == "POST" else None)
    if form.valid and (decision := attempt(form, lambda: service.classify(g.session, system, form.value))):
        flash(f"{decision.reference} waits for approval.", "success")
        return redirect(decision.path, 303)
    return _page(system, form), 422 if form.errors else 200


def _page(system: AiSystem, form: Form[Classify]) -> str:
    current = queries.classification_in_force(g.session, system)
    answers = (
        request.form
        if request.method == "POST"
        else {f"answers.{key}": value for key, value in (current.answers if current else {}).items()}
    )
    given = {key.removeprefix("answers."): value for key, value in answers.items()}
    return render_template(
        "systems/classify.html",
        system=system,
        form=form,
        wizard=wizard(),
        answers=given,
        asked=path(given),
        decisions=queries.classifications(g.session, system),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )


@blueprint.route("/classifications/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One decision with every answer."""
    item = records.get(g.session, Classification, reference)
    before = queries.classification_before(g.session, item)
    return render_template(
        "systems/classification.html",
        item=item,
        wizard=wizard(),
        conclusions=conclusions(item.answers),
        before=before,
        changed=_changed(before.answers, item.answers) if before else [],
        duties_from=wizard().duties_from.get(item.headline, ""),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


def _changed(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    """Answers that differ between two runs: (question or item, before, now)."""
    keys = sorted(before.keys() | after.keys())
    return [
        (key, before.get(key, ""), after.get(key, "")) for key in keys if before.get(key) != after.get(key)
    ]
