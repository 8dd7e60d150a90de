"""Pages of findings and corrective actions."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock, records
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.improvement import queries, service
from governance.improvement.models import ActionState, CorrectiveAction, Finding, FindingState, Grade
from governance.improvement.schemas import (
    AcceptFinding,
    CloseFinding,
    ExtendAction,
    ImplementAction,
    JudgeEffect,
    PlanAction,
    RecordFinding,
    Regrade,
)
from governance.signoffs import queries as signatures
from governance.systems import queries as systems
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("improvement", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_FINDING_FILTERS = (
    lists.Filter("state", "State", [(item.value, words(item.value)) for item in FindingState]),
    lists.Filter("grade", "Grade", [(item.value, words(item.value)) for item in Grade]),
)
_ACTION_FILTERS = (lists.Filter("state", "State", [(item.value, words(item.value)) for item in ActionState]),)
_METHODS = ("five_whys", "fishbone", "fault_tree", "barrier_analysis", "change_analysis", "data_analysis")


@blueprint.route("/findings")
def findings() -> ResponseReturnValue:
    """All findings."""
    query = lists.read("/findings", request.args, _FINDING_FILTERS, _SORTABLE, descending=True)
    found = queries.findings(
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
        heading="Findings",
        query=query,
        known=_FINDING_FILTERS,
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Finding", "title"),
            ("Grade", ""),
            ("State", "state"),
            ("System", ""),
            ("From", ""),
            ("Due", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("badge", item.grade),
            ("badge", item.state),
            ("record", item.system),
            ("record", item.source),
            ("date", item.due_on),
        ),
        empty=(
            "No finding",
            "Findings come from audits and from breached red lines; each nonconformity needs a corrective action whose effect somebody else verified (10.2).",
            "/audits",
            "Audits",
        ),
    )


@blueprint.route("/corrective-actions")
def actions() -> ResponseReturnValue:
    """All corrective actions."""
    query = lists.read("/corrective-actions", request.args, _ACTION_FILTERS, _SORTABLE, descending=True)
    found = queries.actions(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    names = people.names(g.session)
    return render_template(
        "layout/list.html",
        heading="Corrective actions",
        query=query,
        known=_ACTION_FILTERS,
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Action", "title"),
            ("State", "state"),
            ("Finding", ""),
            ("Owner", ""),
            ("Due", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("badge", item.state),
            ("record", item.finding),
            ("text", names.get(item.owner_id)),
            ("date", item.due_on),
        ),
        empty=("No corrective action", "They are planned on the page of a finding.", "/findings", "Findings"),
    )


@blueprint.route("/findings/new", methods=["GET", "POST"])
def new_finding() -> ResponseReturnValue:
    """Record a finding on a system by hand."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    form = Form(RecordFinding, request.form if request.method == "POST" else None)
    if form.valid and (
        finding := attempt(form, lambda: service.record_finding(g.session, system, form.value))
    ):
        return redirect(finding.path, 303)
    return form_page("Record a finding", form, system.path, system.reference, submit="Record")


@blueprint.route("/findings/<reference>")
def finding(reference: str) -> ResponseReturnValue:
    """One finding with its actions."""
    item = records.get(g.session, Finding, reference)
    return render_template(
        "improvement/finding.html",
        item=item,
        names=people.names(g.session),
        evidence=evidence.of_record(g.session, item),
    )


_ON_FINDING: dict[str, tuple[str, Any, Any]] = {
    "accept": ("Answer the finding", AcceptFinding, service.accept_finding),
    "regrade": ("Give another grade", Regrade, service.regrade),
    "close": ("Close the finding", CloseFinding, service.close_finding),
    "withdraw": ("Withdraw the finding", CloseFinding, service.withdraw_finding),
}


@blueprint.route("/findings/<reference>/<change>", methods=["GET", "POST"])
def change_finding(reference: str, change: str) -> ResponseReturnValue:
    """Answer, regrade, close or withdraw a finding, or plan an action."""
    item = records.get(g.session, Finding, reference)
    if change == "action":
        return _plan(item)
    if change not in _ON_FINDING:
        raise NotFound("There is no such page.")
    heading, schema, act = _ON_FINDING[change]
    form = Form(
        schema,
        request.form if request.method == "POST" else None,
        initial={"version": item.version, "grade": item.grade},
    )
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


def _plan(item: Finding) -> ResponseReturnValue:
    everybody = people.choices(g.session)
    choices = {
        "owner_id": everybody,
        "verifier_id": everybody,
        "cause_method": [(name, words(name)) for name in _METHODS],
    }
    initial = {"due_on": clock.today() + timedelta(days=30), "cause_method": "five_whys"}
    form = Form(
        PlanAction, request.form if request.method == "POST" else None, initial=initial, choices=choices
    )
    if form.valid and (action := attempt(form, lambda: service.plan_action(g.session, item, form.value))):
        flash(f"{action.reference} is planned.", "success")
        return redirect(action.path, 303)
    return form_page("Plan a corrective action", form, item.path, item.reference, submit="Plan")


@blueprint.route("/corrective-actions/<reference>")
def action(reference: str) -> ResponseReturnValue:
    """One corrective action."""
    item = records.get(g.session, CorrectiveAction, reference)
    return render_template(
        "improvement/action.html",
        item=item,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )


_ON_ACTION: dict[str, tuple[str, Any, Any]] = {
    "extend": ("Move the due date", ExtendAction, service.extend),
    "implement": ("Carried out", ImplementAction, service.implement),
    "effect": ("Does it work?", JudgeEffect, service.judge_effect),
}


@blueprint.route("/corrective-actions/<reference>/<change>", methods=["GET", "POST"])
def change_action(reference: str, change: str) -> ResponseReturnValue:
    """Extend, implement, or judge the effect."""
    if change not in _ON_ACTION:
        raise NotFound("There is no such page.")
    heading, schema, act = _ON_ACTION[change]
    item = records.get(g.session, CorrectiveAction, reference)
    initial = {"version": item.version, "done_on": clock.today()}
    form = Form(schema, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)
