"""Pages of audit programmes and of the coverage map."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.audits import queries as audits
from governance.audits import scope
from governance.core import clock, records
from governance.core.errors import NotFound
from governance.organisation import queries as organisation
from governance.programmes import coverage, queries, reach, service
from governance.programmes.models import AuditProgramme
from governance.programmes.schemas import (
    BearGap,
    CloseProgramme,
    DraftProgramme,
    EditProgramme,
    ReviewProgramme,
)
from governance.signoffs import queries as signatures
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form

blueprint = Blueprint("programmes", __name__)


def _posted() -> Any:
    return request.form if request.method == "POST" else None


@blueprint.route("/audit-programmes")
def listing() -> ResponseReturnValue:
    """All programmes, newest first."""
    return render_template(
        "programmes/list.html",
        programmes=queries.programmes(g.session),
        names=people.names(g.session),
        year=clock.today().year,
    )


@blueprint.route("/audit-programmes/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Draft the programme of a year."""
    form = Form(DraftProgramme, _posted(), initial={"year": request.args.get("year", clock.today().year)})
    if form.valid and (item := attempt(form, lambda: service.draft(g.session, form.value))):
        return redirect(item.path, 303)
    return form_page(
        "Draft an audit programme", form, "/audit-programmes", "Audit programmes", submit="Draft"
    )


@blueprint.route("/audit-programmes/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One programme: its text, its audits, what it covers and what it leaves out."""
    item = records.get(g.session, AuditProgramme, reference)
    return render_template(
        "programmes/record.html",
        item=item,
        names=people.names(g.session),
        coverage=coverage.of_year(g.session, item.year),
        uncovered=service.open_gaps(g.session, item),
        audits=audits.of_year(g.session, item.year),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


@blueprint.route("/audit-programmes/<reference>/submit", methods=["POST"])
def submit(reference: str) -> ResponseReturnValue:
    """Ask for approval."""
    item = records.get(g.session, AuditProgramme, reference)
    service.submit(g.session, item)
    flash("The signatures are requested.", "success")
    return redirect(item.path, 303)


@blueprint.route("/audit-programmes/<reference>/<change>", methods=["GET", "POST"])
def change(reference: str, change: str) -> ResponseReturnValue:
    """Edit a draft, bear gaps, review, close."""
    item = records.get(g.session, AuditProgramme, reference)
    initial: dict[str, Any] = {name: getattr(item, name) for name in EditProgramme.model_fields}
    heading, form, act = _changes(item, change, initial)
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


def _changes(
    item: AuditProgramme, change: str, initial: dict[str, Any]
) -> tuple[str, Form[Any], Callable[..., Any]]:
    if change == "edit":
        return "Edit the audit programme", Form(EditProgramme, _posted(), initial=initial), service.edit
    if change == "gaps":
        missing = service.open_gaps(g.session, item)
        choices = {"requirements": [(row.id, f"{row.id} {row.title}") for row in missing]}
        return (
            "Leave out, with the reason",
            Form(BearGap, _posted(), initial={"version": item.version}, choices=choices),
            service.bear_gap,
        )
    if change == "review":
        return (
            "Review the audit programme",
            Form(ReviewProgramme, _posted(), initial={"version": item.version}),
            service.review,
        )
    if change == "close":
        reviews = [(row.reference, f"{row.reference} {row.title}") for row in organisation.reviews(g.session)]
        form = Form(
            CloseProgramme,
            _posted(),
            initial={"version": item.version},
            choices={"management_review": reviews},
        )
        return "Close the audit programme", form, service.close
    raise NotFound("There is no such page.")


@blueprint.route("/audit-coverage")
def coverage_map() -> ResponseReturnValue:
    """Clauses and controls by unit or system over the cycle: audited, with what result, planned, untouched."""
    year = request.args.get("year", type=int) or clock.today().year
    by, unit = request.args.get("by", "unit"), request.args.get("unit", "")
    if not 2000 <= year <= 2200 or by not in ("unit", "system"):
        raise NotFound("There is no such page.")
    return render_template(
        "programmes/coverage.html",
        found=coverage.of_year(g.session, year, by=by, unit=unit),
        by=by,
        without=reach.NO_UNIT,
        unit=unit,
        units=scope.units(g.session),
    )
