"""Pages of audits: schedules with their next dates, the list, and doing an audit question by question."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from governance.access import queries as people
from governance.audits import catalogue, queries, recurrence, service
from governance.audits.models import Audit, AuditSchedule, AuditState, ScheduleState, Verdict
from governance.audits.schemas import (
    AnswerQuestion,
    Assign,
    ChangeSchedule,
    Recurrence,
    ReportAudit,
    ScheduleAudits,
    StartAudit,
    Why,
)
from governance.core import clock, records
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.improvement import queries as findings
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.signoffs import queries as signatures
from governance.systems import queries as systems
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("audits", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in AuditState])
_SCHEDULE_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in ScheduleState])
_HORIZON_DAYS = 365

R = TypeVar("R", bound=Recurrence)


@blueprint.route("/audits")
def listing() -> ResponseReturnValue:
    """Overdue, upcoming by month, and all audits."""
    query = lists.read("/audits", request.args, (_STATES,), _SORTABLE, descending=True)
    found = queries.audits(
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
        "audits/list.html",
        heading="Audits",
        query=query,
        known=(_STATES,),
        found=found,
        overdue=queries.overdue(g.session),
        upcoming=queries.upcoming(g.session, _HORIZON_DAYS),
        columns=(
            ("Reference", "reference"),
            ("Audit", "title"),
            ("System", ""),
            ("State", "state"),
            ("Due", ""),
            ("Lead auditor", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("badge", item.state),
            ("date", item.due_on),
            ("text", names.get(item.lead_auditor_id)),
        ),
        empty=(
            "No audit yet",
            "Audits come from schedules: the worker makes each occurrence on time, also if nobody opens this page (9.2).",
            "/audit-schedules",
            "Audit schedules",
        ),
    )


@blueprint.route("/audit-schedules")
def schedules() -> ResponseReturnValue:
    """All schedules."""
    query = lists.read("/audit-schedules", request.args, (_SCHEDULE_STATES,), _SORTABLE)
    found = queries.schedules(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    names, today = people.names(g.session), clock.today()
    return render_template(
        "layout/list.html",
        heading="Audit schedules",
        query=query,
        known=(_SCHEDULE_STATES,),
        found=found,
        columns=(
            ("Reference", "reference"),
            ("Schedule", "title"),
            ("System", ""),
            ("State", "state"),
            ("Recurs", ""),
            ("Next due", ""),
            ("Lead auditor", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("badge", item.state),
            ("text", recurrence.describe(item.rule)),
            ("date", next(iter(recurrence.following(item.rule, item.starts_on, today, 1)), None)),
            ("text", names.get(item.lead_auditor_id)),
        ),
        empty=(
            "No schedule yet",
            "An audit programme that recurs is what 9.2.2 asks for. Make a schedule on the page of an AI system.",
            "/systems",
            "AI systems",
        ),
    )


def _schedule_choices() -> dict[str, list[tuple[str, str]]]:
    return {
        "audit_type": [(item.id, item.title) for item in catalogue.programme().types],
        "unit": [(unit, unit) for unit in recurrence.UNITS],
        "lead_auditor_id": people.choices(g.session, "auditor"),
    }


@blueprint.route("/audit-schedules/new", methods=["GET", "POST"])
def new_schedule() -> ResponseReturnValue:
    """Schedule audits of a system."""
    system = systems.get(g.session, g.actor, request.args.get("system", ""))
    tier = system.tier.value if system.tier else "moderate"
    months = catalogue.programme().interval_months["system_internal"].get(tier) or 12
    initial = {"audit_type": "system_internal", "every": months, "unit": "months", "starts_on": clock.today()}
    form = _typed(ScheduleAudits, initial, _schedule_choices())
    if form.valid and (item := attempt(form, lambda: service.schedule(g.session, system, form.value))):
        flash(
            f"{item.reference}: {recurrence.describe(item.rule)}. The worker makes the occurrences.",
            "success",
        )
        return redirect(item.path, 303)
    back = (f"{system.reference} {system.title}", system.path)
    return _schedule_form("Schedule audits", form, back, "Schedule", ())


def _typed(schema: type[R], initial: dict[str, Any], choices: dict[str, list[tuple[str, str]]]) -> Form[R]:
    """The form as it was sent, or, if only its dates are asked for, as it was typed and not judged yet."""
    if "preview" in request.form:
        return Form(schema, initial={**initial, **request.form.to_dict()}, choices=choices)
    sent = request.form if request.method == "POST" else None
    return Form(schema, sent, initial=initial, choices=choices)


def _schedule_form(
    heading: str, form: Form[Any], back: tuple[str, str], submit: str, now: Sequence[date]
) -> ResponseReturnValue:
    """The form of a recurrence, with its next ten dates if they are asked for, beside those of `now`."""
    rule, ahead = _previewed(form) if "preview" in request.form else ("", [])
    page = render_template(
        "audits/schedule_form.html",
        heading=heading,
        form=form,
        crumbs=(back,),
        submit=submit,
        cancel=back[1],
        rule=rule[:1].upper() + rule[1:],
        ahead=ahead,
        now=now,
    )
    return page, 422 if form.errors else 200


def _previewed(form: Form[Any]) -> tuple[str, list[date]]:
    """The recurrence that was typed, in plain words, and its first ten dates; errors go to the form."""
    fields = MultiDict({name: request.form.get(name, "") for name in Recurrence.model_fields})
    wanted = Form(Recurrence, fields)
    if wanted.valid and (rule := attempt(wanted, lambda: _rule(wanted.value))):
        first = wanted.value.starts_on
        return recurrence.describe(rule), recurrence.following(rule, first, first - timedelta(days=1), 10)
    form.errors |= wanted.errors
    return "", []


def _rule(data: Recurrence) -> str:
    return recurrence.build_rule(data.every, data.unit, data.on)


@blueprint.route("/audit-schedules/<reference>")
def schedule(reference: str) -> ResponseReturnValue:
    """One schedule with its next ten dates and what it made."""
    item = records.get(g.session, AuditSchedule, reference)
    return render_template(
        "audits/schedule.html",
        item=item,
        names=people.names(g.session),
        rule=recurrence.describe(item.rule),
        ahead=recurrence.following(item.rule, item.starts_on, clock.today(), 10),
        made=queries.of_schedule(g.session, item),
    )


@blueprint.route("/audit-schedules/<reference>/edit", methods=["GET", "POST"])
def edit_schedule(reference: str) -> ResponseReturnValue:
    """Let a schedule recur otherwise; the page shows which dates change before anything does."""
    item = records.get(g.session, AuditSchedule, reference)
    today = recurrence.today_in(item.zone, clock.now())
    coming = recurrence.following(item.rule, item.starts_on, today - timedelta(days=1), 10)
    every, unit, on = recurrence.in_words(item.rule)
    initial = {
        "every": every, "unit": unit, "on": on, "starts_on": coming[0] if coming else today,
        "lead_days": item.lead_days, "grace_days": item.grace_days, "version": item.version,
    }  # fmt: skip
    form = _typed(ChangeSchedule, initial, {"unit": [(name, name) for name in recurrence.UNITS]})
    if form.valid:
        cancelled = attempt(form, lambda: service.change_schedule(g.session, item, form.value))
        if cancelled is not None:
            flash(f"{item.reference} recurs {recurrence.describe(item.rule)}.", "success")
            if cancelled:
                flash(f"Cancelled: {', '.join(audit.reference for audit in cancelled)}.", "warning")
            return redirect(item.path, 303)
    return _schedule_form(
        f"Change {item.reference}", form, (f"{item.reference} {item.title}", item.path), "Change", coming
    )


_CHANGES = {
    "pause": ("Pause the schedule", service.pause),
    "resume": ("Let the schedule go on", service.resume),
    "end": ("End the schedule", service.end_schedule),
}


@blueprint.route("/audit-schedules/<reference>/<change>", methods=["GET", "POST"])
def change_schedule(reference: str, change: str) -> ResponseReturnValue:
    """Pause, resume or end a schedule, with the reason."""
    if change not in _CHANGES:
        raise NotFound("There is no such page.")
    heading, act = _CHANGES[change]
    item = records.get(g.session, AuditSchedule, reference)
    form = Form(Why, request.form if request.method == "POST" else None, initial={"version": item.version})
    if form.valid and done(form, lambda: act(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(heading, form, item.path, item.reference)


def _audit(reference: str) -> Audit:
    return records.get(g.session, Audit, reference)


@blueprint.route("/audits/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One audit: plan, checklist, findings, report, signature."""
    item = _audit(reference)
    raised = findings.from_source(g.session, item)
    return render_template(
        "audits/record.html",
        item=item,
        names=people.names(g.session),
        answered=sum(1 for row in item.answers if row.verdict),
        raised={row.question_id: row for row in raised},
        verdicts=[(value.value, words(value.value)) for value in Verdict],
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=evidence.of_record(g.session, item),
    )


@blueprint.route("/audits/<reference>/assign", methods=["GET", "POST"])
def assign(reference: str) -> ResponseReturnValue:
    """Assign the lead auditor."""
    item = _audit(reference)
    choices = {"lead_auditor_id": people.choices(g.session, "auditor")}
    form = Form(
        Assign,
        request.form if request.method == "POST" else None,
        initial={"version": item.version, "lead_auditor_id": item.lead_auditor_id},
        choices=choices,
    )
    if form.valid and done(form, lambda: service.assign(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page(
        "Who leads the audit",
        form,
        item.path,
        item.reference,
        intro="Nobody audits what they own, built, assessed or approved.",
    )


@blueprint.route("/audits/<reference>/start", methods=["GET", "POST"])
def start(reference: str) -> ResponseReturnValue:
    """Plan and start."""
    item = _audit(reference)
    initial = {
        "version": item.version,
        "objectives": item.objectives,
        "scope_text": item.scope_text or item.system.title,
    }
    form = Form(StartAudit, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: service.start(g.session, item, form.value)):
        flash("The audit is started. Answer the checklist.", "success")
        return redirect(item.path, 303)
    return form_page("Plan and start the audit", form, item.path, item.reference, submit="Start")


@blueprint.route("/audits/<reference>/answers/<question_id>", methods=["POST"])
def answer(reference: str, question_id: str) -> ResponseReturnValue:
    """Answer one question."""
    item = _audit(reference)
    form = Form(AnswerQuestion, request.form)
    if form.valid and done(form, lambda: service.answer(g.session, item, question_id, form.value)):
        following = next((row.question_id for row in item.answers if row.verdict is None), question_id)
        return redirect(f"{item.path}#q-{following}", 303)
    return _again(item, question_id, form)


def _again(item: Audit, question_id: str, form: Form[AnswerQuestion]) -> ResponseReturnValue:
    row = next((found for found in item.answers if found.question_id == question_id), None)
    return form_page(
        f"Answer {question_id}",
        form,
        item.path,
        item.reference,
        submit="Save the answer",
        intro=row.question if row else "",
    )


@blueprint.route("/audits/<reference>/findings/<question_id>", methods=["GET", "POST"])
def raise_finding(reference: str, question_id: str) -> ResponseReturnValue:
    """Raise a finding from an answer."""
    item = _audit(reference)
    row = next((found for found in item.answers if found.question_id == question_id), None)
    if row is None:
        raise NotFound(f"{item.reference} has no question {question_id}.")
    grade = {Verdict.MAJOR: Grade.MAJOR, Verdict.MINOR: Grade.MINOR}.get(
        row.verdict or Verdict.OPPORTUNITY, Grade.OPPORTUNITY
    )
    initial = {"grade": grade, "criterion": ", ".join(row.refs), "evidence_statement": row.note}
    form = Form(RecordFinding, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and (
        finding := attempt(form, lambda: service.raise_finding(g.session, item, question_id, form.value))
    ):
        flash(f"{finding.reference} is raised.", "success")
        return redirect(f"{item.path}#q-{question_id}", 303)
    return form_page(
        f"Finding from {question_id}", form, item.path, item.reference, submit="Raise", intro=row.question
    )


@blueprint.route("/audits/<reference>/report", methods=["GET", "POST"])
def report(reference: str) -> ResponseReturnValue:
    """Conclude and ask for the signature."""
    item = _audit(reference)
    form = Form(
        ReportAudit,
        request.form if request.method == "POST" else None,
        initial={"version": item.version, "conclusion": item.conclusion},
    )
    if form.valid and done(form, lambda: service.report(g.session, item, form.value)):
        flash("Reported; the lead auditor's signature closes it.", "success")
        return redirect(item.path, 303)
    return form_page("Report", form, item.path, item.reference, submit="Report")


@blueprint.route("/audits/<reference>/cancel", methods=["GET", "POST"])
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel an audit, with the reason."""
    item = _audit(reference)
    form = Form(Why, request.form if request.method == "POST" else None, initial={"version": item.version})
    if form.valid and done(form, lambda: service.cancel(g.session, item, form.value)):
        return redirect(item.path, 303)
    return form_page("Cancel the audit", form, item.path, item.reference, submit="Cancel it")
