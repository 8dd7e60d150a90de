"""Pages of management reviews."""

from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock, records
from governance.core.charts import Bar, Part, bars
from governance.core.errors import NotFound
from governance.organisation import queries, reviews
from governance.organisation.models import ManagementReview
from governance.organisation.schemas import AnswerInputs, CarryOut, Decide, HoldReview, PlanReview
from governance.signoffs import queries as signatures
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form

blueprint = Blueprint("management_reviews", __name__)


def _posted() -> Any:
    return request.form if request.method == "POST" else None


@blueprint.route("/management-reviews")
def listing() -> ResponseReturnValue:
    """All reviews, and decisions that wait."""
    return render_template(
        "organisation/reviews.html",
        reviews=queries.reviews(g.session),
        waiting=queries.open_decisions(g.session),
        names=people.names(g.session),
    )


@blueprint.route("/management-reviews/new", methods=["GET", "POST"])
def plan() -> ResponseReturnValue:
    """Plan a review."""
    today = clock.today()
    last = next((item for item in queries.reviews(g.session) if item.held_on), None)
    since = last.held_on if last and last.held_on else today - timedelta(days=365)
    initial = {
        "title": f"Management review {today.year}",
        "planned_on": today + timedelta(days=14),
        "period_from": since,
    }
    form = Form(PlanReview, _posted(), initial=initial)
    if form.valid and (item := attempt(form, lambda: reviews.plan(g.session, form.value))):
        return redirect(item.path, 303)
    return form_page(
        "Plan a management review", form, "/management-reviews", "Management reviews", submit="Plan"
    )


def _review(reference: str) -> ManagementReview:
    return records.get(g.session, ManagementReview, reference)


@blueprint.route("/management-reviews/<reference>", methods=["GET", "POST"])
def record(reference: str) -> ResponseReturnValue:
    """One review: inputs with what the registry knew, answers, decisions."""
    item = _review(reference)
    initial = {"version": item.version, "conclusions": item.conclusions}
    form = Form(AnswerInputs, _posted(), initial=initial)
    if form.valid and done(form, lambda: reviews.answer(g.session, item, form.value)):
        flash("The answers are saved.", "success")
        return redirect(item.path, 303)
    page = render_template(
        "organisation/review.html",
        item=item,
        form=form,
        pictures={row["id"]: _picture(row) for row in item.inputs},
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )
    return page, 422 if form.errors else 200


def _picture(row: dict[str, Any]) -> str:
    """The figures of an input as bars, if they are names with numbers; else none. They are the frozen ones, never newer."""
    if len(row["headers"]) != 2 or not row["rows"] or not all(cells[1].isdigit() for cells in row["rows"]):
        return ""
    drawn = [Bar(name, (Part(int(number), "met", number),), number) for name, number in row["rows"]]
    said = "; ".join(f"{name}: {number}" for name, number in row["rows"])
    return bars(drawn, title=row["title"], desc=said)


@blueprint.route("/management-reviews/<reference>/<change>", methods=["GET", "POST"])
def change(reference: str, change: str) -> ResponseReturnValue:
    """Hold, decide, submit."""
    item = _review(reference)
    if change == "submit" and request.method == "POST":
        reviews.submit(g.session, item)
        flash("The signature of top management is requested.", "success")
        return redirect(item.path, 303)
    if change == "hold":
        form: Form[Any] = Form(
            HoldReview, _posted(), initial={"version": item.version, "held_on": clock.today()}
        )
        heading, run = "The review is held", cast(Any, reviews.hold)
    elif change == "decide":
        initial = {"version": item.version, "due_on": clock.today() + timedelta(days=60)}
        form = Form(Decide, _posted(), initial=initial, choices={"owner_id": people.choices(g.session)})
        heading, run = "Decide", cast(Any, reviews.decide)
    else:
        raise NotFound("There is no such page.")
    if form.valid and done(form, lambda: run(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


@blueprint.route(
    "/management-reviews/<reference>/decisions/<int(max=9000000000000000000):decision_id>",
    methods=["GET", "POST"],
)
def carry_out(reference: str, decision_id: int) -> ResponseReturnValue:
    """A decision was carried out."""
    item = _review(reference)
    decision = next((row for row in item.decisions if row.id == decision_id), None)
    if decision is None:
        raise NotFound(f"{item.reference} has no such decision.")
    form = Form(CarryOut, _posted(), initial={"done_on": clock.today()})
    if form.valid and done(form, lambda: reviews.carry_out(g.session, item, decision, form.value)):
        return redirect(item.path, 303)
    return form_page("Carried out", form, item.path, item.reference, intro=decision.text)
