"""Pages of policies, objectives and competence, and of handing over what somebody owned."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.access.policy import policy as access_policy
from governance.core import clock, records, trends
from governance.core.errors import NotFound
from governance.organisation import progress, queries, service
from governance.organisation.catalogue import rules
from governance.organisation.models import Objective, Policy, TrainingRecord
from governance.organisation.schemas import (
    DraftPolicy,
    EditPolicy,
    HandOver,
    RecordResult,
    RecordTraining,
    SetObjective,
    VerifyTraining,
    WithReason,
)
from governance.signoffs import queries as signatures
from governance.web.application import attempt, done, form_page
from governance.web.forms import Choices, Form, words

blueprint = Blueprint("organisation", __name__)


def _posted() -> Any:
    return request.form if request.method == "POST" else None


def _policy_choices() -> dict[str, Choices]:
    return {
        "owner_id": people.choices(g.session),
        "audience": [(role, words(role)) for role in access_policy().value.roles],
    }


@blueprint.route("/policies")
def policies() -> ResponseReturnValue:
    """All policies and the scope statement, by number."""
    return render_template(
        "organisation/policies.html", policies=queries.policies(g.session), names=people.names(g.session)
    )


@blueprint.route("/policies/new", methods=["GET", "POST"])
def draft_policy() -> ResponseReturnValue:
    """Draft a policy, or the next version of one."""
    number = request.args.get("of", "")
    former = next(iter(queries.versions_of(g.session, number)), None) if number else None
    today = clock.today()
    initial: dict[str, Any] = {"effective_from": today, "review_due_on": today + timedelta(days=360)}
    if former is not None:
        kept = ("number", "policy_kind", "title", "text", "audience", "owner_id")
        initial |= {name: getattr(former, name) for name in kept}
    form = Form(DraftPolicy, _posted(), initial=initial, choices=_policy_choices())
    if form.valid and (item := attempt(form, lambda: service.draft_policy(g.session, form.value))):
        return redirect(item.path, 303)
    return form_page("Draft a policy", form, "/policies", "Policies", submit="Draft")


@blueprint.route("/policies/<reference>")
def policy(reference: str) -> ResponseReturnValue:
    """One version of a policy: text, who acknowledged it, what changed."""
    item = records.get(g.session, Policy, reference)
    versions = queries.versions_of(g.session, item.number)
    former = next((found for found in versions if found.revision == item.revision - 1), None)
    return render_template(
        "organisation/policy.html",
        item=item,
        versions=versions,
        changes=_changes(former.text, item.text) if former else [],
        audience=queries.audience_of(g.session, item),
        acknowledged=queries.acknowledged(g.session, item),
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


def _changes(before: str, after: str) -> list[tuple[str, str]]:
    """Lines that went and came, in order."""
    import difflib

    marks = {"- ": "went", "+ ": "came"}
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [(marks[line[:2]], line[2:]) for line in lines if line[:2] in marks]


@blueprint.route("/policies/<reference>/<change>", methods=["GET", "POST"])
def change_policy(reference: str, change: str) -> ResponseReturnValue:
    """Edit, submit, acknowledge or withdraw a policy."""
    item = records.get(g.session, Policy, reference)
    steps: dict[str, Any] = {"submit": service.submit_policy, "acknowledge": service.acknowledge}
    if change in steps and request.method == "POST":
        steps[change](g.session, item)
        flash("Thank you." if change == "acknowledge" else "The signatures are requested.", "success")
        return redirect(item.path, 303)
    if change == "edit":
        initial = {name: getattr(item, name) for name in EditPolicy.model_fields}
        form: Form[Any] = Form(EditPolicy, _posted(), initial=initial, choices=_policy_choices())
        act: Any = service.edit_policy
    elif change == "withdraw":
        form, act = Form(WithReason, _posted(), initial={"version": item.version}), service.withdraw_policy
    else:
        raise NotFound("There is no such page.")
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(words(change), form, item.path, item.reference)


@blueprint.route("/objectives", methods=["GET"])
def objectives() -> ResponseReturnValue:
    """All objectives."""
    return render_template(
        "organisation/objectives.html",
        objectives=queries.objectives(g.session),
        share=progress.share_of_way,
        names=people.names(g.session),
    )


@blueprint.route("/objectives/new", methods=["GET", "POST"])
def set_objective() -> ResponseReturnValue:
    """Set an objective."""
    initial = {"starts_on": clock.today()}
    form = Form(SetObjective, _posted(), initial=initial, choices={"owner_id": people.choices(g.session)})
    if form.valid and (item := attempt(form, lambda: service.set_objective(g.session, form.value))):
        return redirect(item.path, 303)
    return form_page("Set an objective", form, "/objectives", "Objectives", submit="Set")


@blueprint.route("/objectives/<reference>", methods=["GET", "POST"])
def objective(reference: str) -> ResponseReturnValue:
    """One objective with its results; record one here."""
    item = records.get(g.session, Objective, reference)
    form = Form(RecordResult, _posted(), initial={"on": clock.today()})
    if form.valid and done(form, lambda: service.record_result(g.session, item, form.value)):
        return redirect(item.path, 303)
    points = [trends.Point(row.on, row.value) for row in item.results]
    said = "; ".join(f"{row.on}: {row.value:g}" for row in item.results)
    limits = [trends.Limit(item.target, "target"), trends.Limit(item.baseline, "baseline")]
    page = render_template(
        "organisation/objective.html",
        item=item,
        form=form,
        picture=trends.trend(points, limits=limits, title=item.title, desc=said, unit=item.unit)
        if points
        else "",
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/objectives/<reference>/<change>", methods=["GET", "POST"])
def change_objective(reference: str, change: str) -> ResponseReturnValue:
    """Submit or cancel an objective."""
    item = records.get(g.session, Objective, reference)
    if change == "submit" and request.method == "POST":
        service.submit_objective(g.session, item)
        return redirect(item.path, 303)
    if change != "cancel":
        raise NotFound("There is no such page.")
    form = Form(WithReason, _posted(), initial={"version": item.version})
    if form.valid and done(form, lambda: service.cancel_objective(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("Give it up", form, item.path, item.reference)


@blueprint.route("/competence")
def competence() -> ResponseReturnValue:
    """People against the competences their roles need; results are for compliance, auditors and the person."""
    return render_template(
        "organisation/competence.html",
        matrix=queries.matrix(g.session),
        competences=rules().competences,
        trainings=[item for item in queries.trainings(g.session) if _may_see(item)],
        empty=queries.empty_roles(g.session),
    )


def _may_see(item: TrainingRecord) -> bool:
    return item.owner_id == g.actor.person_id or bool(g.actor.roles & {"compliance_officer", "auditor"})


@blueprint.route("/training/new", methods=["GET", "POST"])
def record_training() -> ResponseReturnValue:
    """Record a training."""
    choices: dict[str, Choices] = {
        "person_id": people.choices(g.session),
        "competence": [(name, item.title) for name, item in rules().competences.items()],
    }
    form = Form(RecordTraining, _posted(), initial={"completed_on": clock.today()}, choices=choices)
    if form.valid and (item := attempt(form, lambda: service.record_training(g.session, form.value))):
        return redirect(item.path, 303)
    return form_page("Record a training", form, "/competence", "Competence", submit="Record")


@blueprint.route("/training/<reference>", methods=["GET", "POST"])
def training(reference: str) -> ResponseReturnValue:
    """One training record; verify it here."""
    item = records.get(g.session, TrainingRecord, reference)
    form = Form(VerifyTraining, _posted(), initial={"version": item.version})
    if form.valid and done(form, lambda: service.verify_training(g.session, item, form.value)):
        return redirect(item.path, 303)
    page = render_template(
        "organisation/training.html",
        item=item,
        form=form,
        title=rules().competences[item.competence].title
        if item.competence in rules().competences
        else item.competence,
        visible=_may_see(item),
        names=people.names(g.session),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/people/<int(max=9000000000000000000):person_id>/hand-over", methods=["GET", "POST"])
def hand_over(person_id: int) -> ResponseReturnValue:
    """What somebody owns, and to whom it goes."""
    person = people.person(g.session, person_id)
    owned = queries.owned_by(g.session, person.id)
    form = Form(HandOver, _posted(), choices={"successor_id": people.choices(g.session)})
    if (
        form.valid
        and (given := attempt(form, lambda: service.hand_over(g.session, person, form.value))) is not None
    ):
        flash(f"{len(given)} records are handed over.", "success")
        return redirect(f"/people/{person_id}/hand-over", 303)
    page = render_template("organisation/hand_over.html", person=person, owned=owned, form=form)
    return page, 422 if form.errors else 200
