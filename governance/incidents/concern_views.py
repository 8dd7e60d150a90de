"""Pages of concerns: for everybody without an account to report and follow up, for handlers to look after them."""

from typing import Any, cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import records
from governance.core.errors import Forbidden, NotFound
from governance.core.settings import secret
from governance.incidents import concerns, queries
from governance.incidents.catalogue import rules
from governance.incidents.models import Concern
from governance.incidents.schemas import AnswerConcern, AssessConcern, ReportConcern
from governance.signoffs import queries as signatures
from governance.web.application import Application, done, form_page
from governance.web.forms import Form
from governance.web.security import client_address

blueprint = Blueprint("concerns", __name__)


@blueprint.route("/report", methods=["GET", "POST"])
def report() -> ResponseReturnValue:
    """Report a concern without an account; signed in or not, nobody is recorded as its author."""
    typed = request.form.copy() if request.method == "POST" else None
    # A field no person sees: programs fill it in.
    trap = typed.pop("website", "") if typed is not None else ""
    form = Form(ReportConcern, typed)
    receipt = ""
    if form.valid and not trap:
        salt = secret(cast(Application, current_app).settings, "concern-salt")
        concerns.refuse_flood(g.session, client_address(), salt)
        receipt = concerns.report(g.session, form.value, channel="web page").receipt
    page = render_template(
        "incidents/report.html", form=form, receipt=receipt, promise=rules().concerns.promise
    )
    return page, 422 if form.errors else 200


@blueprint.route("/report/follow-up", methods=["GET", "POST"])
def follow_up() -> ResponseReturnValue:
    """Read what came of a concern, with the receipt."""
    receipt = request.form.get("receipt", "")[:40]
    found = concerns.by_receipt(g.session, receipt) if receipt else None
    return render_template(
        "incidents/follow_up.html", asked=bool(receipt), found=found
    ), 200 if found or not receipt else 404


@blueprint.route("/concerns")
def listing() -> ResponseReturnValue:
    """Concerns: for handlers each, for everybody else their number."""
    found = queries.concerns(g.session)
    return render_template(
        "incidents/concerns.html",
        concerns=[item for item in found if concerns.may_read(g.actor, item)],
        counts=queries.concern_counts(g.session),
        names=people.names(g.session),
    )


def _concern(reference: str) -> Concern:
    item = records.get(g.session, Concern, reference)
    if not concerns.may_read(g.actor, item):
        raise Forbidden("A concern is read by compliance and its handler only (INV-CNC1).")
    return item


@blueprint.route("/concerns/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One concern, for its handlers."""
    item = _concern(reference)
    return render_template(
        "incidents/concern.html",
        item=item,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


_FORMS: dict[str, tuple[str, Any, Any]] = {
    "assess": ("First assessment", AssessConcern, concerns.assess),
    "answer": ("Answer", AnswerConcern, concerns.answer),
}
_STEPS: dict[str, Any] = {"handle": concerns.handle, "close": concerns.ask_to_close}


@blueprint.route("/concerns/<reference>/<change>", methods=["GET", "POST"])
def change(reference: str, change: str) -> ResponseReturnValue:
    """Assess, handle, answer or close a concern."""
    item = _concern(reference)
    if change in _STEPS and request.method == "POST":
        _STEPS[change](g.session, item)
        flash(f"{item.reference} is {item.state.replace('_', ' ')}.", "success")
        return redirect(item.path, 303)
    if change not in _FORMS:
        raise NotFound("There is no such page.")
    heading, schema, act = _FORMS[change]
    everybody = people.choices(g.session)
    initial = {
        "version": item.version,
        "handler_id": item.handler_id or g.actor.person_id,
        "system": item.system.reference if item.system else "",
        "assessment": item.assessment,
        "outcome": item.outcome,
    }
    form = Form(
        schema,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices={"handler_id": everybody, "subject_id": everybody},
    )
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path if concerns.may_read(g.actor, item) else "/concerns", 303)
    return form_page(heading, form, item.path, item.reference)
