"""Pages of audits: the list, and doing an audit question by question."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.audits import queries, service
from governance.audits.models import Audit, AuditState, Verdict
from governance.audits.schemas import (
    AnswerQuestion,
    Assign,
    ReportAudit,
    StartAudit,
    Why,
)
from governance.core import records
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.improvement import queries as findings
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.signoffs import queries as signatures
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("audits", __name__)
_SORTABLE = ("reference", "title", "state", "changed_at")
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in AuditState])
_HORIZON_DAYS = 365


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
        "scope_text": item.scope_text or "; ".join(system.title for system in item.systems[:20]),
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
