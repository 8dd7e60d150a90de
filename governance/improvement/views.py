"""Pages of findings and corrective actions."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock, records
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.improvement import actions as correcting
from governance.improvement import queries, requirements, service
from governance.improvement.catalogue import rules
from governance.improvement.models import (
    EXTENSION_POLICIES,
    ActionState,
    CorrectiveAction,
    Finding,
    FindingState,
    Grade,
)
from governance.improvement.schemas import (
    AcceptFinding,
    CloseFinding,
    Contain,
    DisputeFinding,
    ExtendAction,
    ImplementAction,
    JudgeEffect,
    MarkRepeat,
    OpenAction,
    PlanAction,
    ProposeCause,
    Reassign,
    RecordFinding,
    Regrade,
    Respond,
    RuleOnDispute,
)
from governance.signoffs import queries as signatures
from governance.signoffs.models import SignOffState
from governance.systems import queries as systems
from governance.web import i18n, lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("improvement", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_FINDING_FILTERS = (
    lists.Filter("state", "State", [(item.value, words(item.value)) for item in FindingState]),
    lists.Filter("grade", "Grade", [(item.value, words(item.value)) for item in Grade]),
)
_ACTION_FILTERS = (lists.Filter("state", "State", [(item.value, words(item.value)) for item in ActionState]),)


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
            ("Days left", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("badge", item.grade),
            ("badge", item.state),
            ("record", item.system),
            ("record", item.source),
            ("date", item.due_on),
            _clock(item),
        ),
        empty=(
            "No finding",
            "Findings come from audits and from breached red lines; each nonconformity needs a corrective action whose effect somebody else verified (10.2).",
            "/audits",
            "Audits",
        ),
    )


def _clock(item: Finding) -> tuple[str, Any]:
    """Days until a finding is to be closed; a badge when they are over."""
    left = item.days_left
    return ("badge", "overdue") if left is not None and left < 0 else ("text", left)


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
            ("Effect judged from", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("badge", item.state),
            ("record", item.finding),
            ("text", names.get(item.owner_id)),
            ("date", item.due_on),
            ("date", item.check_from),
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
        title_of=requirements.title,
        earlier=g.session.get(Finding, item.repeat_of_id) if item.repeat_of_id else None,
        suggested=queries.suggested_repeats(g.session, item),
    )


_ON_FINDING: dict[str, tuple[str, Any, Any]] = {
    "accept": ("Accept the finding", AcceptFinding, service.accept_finding),
    "dispute": ("Dispute the finding", DisputeFinding, service.dispute),
    "respond": ("Change the response", Respond, service.respond),
    "rule": ("Rule on the dispute", RuleOnDispute, service.rule),
    "regrade": ("Give another grade", Regrade, service.regrade),
    "repeat": ("It repeats an earlier finding", MarkRepeat, service.mark_repeat),
    "close": ("Close the finding", CloseFinding, service.close_finding),
    "withdraw": ("Withdraw the finding", CloseFinding, service.withdraw_finding),
}


@blueprint.route("/findings/<reference>/<change>", methods=["GET", "POST"])
def change_finding(reference: str, change: str) -> ResponseReturnValue:
    """Answer, dispute, rule, regrade, close or withdraw a finding, or open an action."""
    item = records.get(g.session, Finding, reference)
    if change == "action":
        return _open(item)
    if change not in _ON_FINDING:
        raise NotFound("There is no such page.")
    heading, schema, act = _ON_FINDING[change]
    initial = {
        "version": item.version,
        "grade": item.grade,
        "auditee_response": item.auditee_response,
        "repeat_of": request.args.get("earlier", ""),
    }
    form = Form(schema, _posted(), initial=initial)
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


def _posted() -> Any:
    return request.form if request.method == "POST" else None


def _people() -> dict[str, Any]:
    everybody = people.choices(g.session)
    return {"owner_id": everybody, "verifier_id": everybody}


def _open(item: Finding) -> ResponseReturnValue:
    initial = {"due_on": max(item.step_due("implement"), clock.today()), "owner_id": item.owner_id}
    form = Form(OpenAction, _posted(), initial=initial, choices=_people())
    if form.valid and (action := attempt(form, lambda: correcting.open_action(g.session, item, form.value))):
        flash(f"{action.reference} is open; it is contained by {action.contain_by}.", "success")
        return redirect(action.path, 303)
    return form_page("Open a corrective action", form, item.path, item.reference, submit="Open")


@blueprint.route("/corrective-actions/<reference>")
def action(reference: str) -> ResponseReturnValue:
    """One corrective action, step by step."""
    item = records.get(g.session, CorrectiveAction, reference)
    return render_template(
        "improvement/action.html",
        item=item,
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
        waiting=[row for row in signatures.of_record(g.session, item) if row.state == SignOffState.REQUESTED],
        extension_policies=EXTENSION_POLICIES,
        steps=[state for state in ActionState if state != ActionState.REOPENED],
    )


_ON_ACTION: dict[str, tuple[str, Any, Any]] = {
    "reassign": ("Name other people", Reassign, correcting.reassign),
    "contain": ("Correction and containment", Contain, correcting.contain),
    "cause": ("Root cause", ProposeCause, correcting.propose_cause),
    "plan": ("Plan the action", PlanAction, correcting.plan_action),
    "extend": ("Ask for a later date", ExtendAction, correcting.ask_extension),
    "implement": ("Carried out", ImplementAction, correcting.implement),
    "effect": ("Does it work?", JudgeEffect, correcting.judge_effect),
}


@blueprint.route("/corrective-actions/<reference>/<change>", methods=["GET", "POST"])
def change_action(reference: str, change: str) -> ResponseReturnValue:
    """Take the next step, or move the date or the people."""
    if change not in _ON_ACTION:
        raise NotFound("There is no such page.")
    heading, schema, act = _ON_ACTION[change]
    item = records.get(g.session, CorrectiveAction, reference)
    today = clock.today()
    initial = {
        **{name: item.field(name) for name in schema.model_fields},
        "version": item.version,
        "done_on": today,
        "contained_on": today,
    }
    choices = {**_people(), **_causes()}
    form = Form(schema, _posted(), initial=initial, choices=choices)
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


def _causes() -> dict[str, Any]:
    known = rules().root_cause
    return {
        "cause_method": [(name, i18n.term(words(name))) for name in known.methods],
        "cause_class": [(name, i18n.term(words(name))) for name in known.classes],
    }
