"""Pages of audits: the list, and doing an audit question by question."""

from io import BufferedReader
from pathlib import PurePath
from typing import cast

from flask import Blueprint, current_app, flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.audits import drafts, queries, service
from governance.audits.models import Audit, AuditState, Verdict
from governance.audits.schemas import (
    AnswerQuestion,
    DraftAnswer,
    RaiseFinding,
    ReportAudit,
    Why,
)
from governance.core import clock, records
from governance.core.errors import DomainError, NotFound
from governance.evidence import queries as evidence
from governance.evidence import service as evidence_verbs
from governance.evidence.models import EvidenceKind
from governance.evidence.schemas import SubmitEvidence
from governance.evidence.views import store
from governance.improvement import queries as findings
from governance.improvement import requirements
from governance.improvement.models import Finding, Grade
from governance.improvement.schemas import RecordFinding
from governance.signoffs import queries as signatures
from governance.systems.models import AiSystem
from governance.web import lists
from governance.web.application import Application, attempt, done, form_page
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
        drafts=drafts.of_person(g.session, item, g.actor.person_id),
        mine=next((copy for copy in item.copies if copy.person_id == g.actor.person_id), None),
        my_part=next((part for part in item.members if part.person_id == g.actor.person_id), None),
    )


@blueprint.route("/audits/<reference>/answers/<question_id>", methods=["POST"])
def answer(reference: str, question_id: str) -> ResponseReturnValue:
    """Answer one question."""
    item = _audit(reference)
    form = Form(AnswerQuestion, request.form)
    if form.valid and done(form, lambda: service.answer(g.session, item, question_id, form.value)):
        following = next((row.question_id for row in item.answers if row.verdict is None), question_id)
        return redirect(f"{item.path}#q-{following}", 303)
    return _again(item, question_id, form)


@blueprint.route("/audits/<reference>/answers/<question_id>/draft", methods=["POST"])
def draft(reference: str, question_id: str) -> ResponseReturnValue:
    """Keep what was typed so far; a script sends it while one types."""
    item = _audit(reference)
    typed = DraftAnswer(
        verdict=request.form.get("verdict", "")[:40],
        note=request.form.get("note", "")[:10_000],
        evidence=request.form.get("evidence_references", "")[:10_000],
    )
    try:
        drafts.keep(g.session, item, question_id, typed)
    except DomainError as error:
        return jsonify(message=error.message), error.status
    return jsonify(message="Kept as a draft, only you see it")


@blueprint.route("/audits/<reference>/answers/<question_id>/evidence", methods=["POST"])
def drop_evidence(reference: str, question_id: str) -> ResponseReturnValue:
    """A file dropped on a question becomes evidence of the audit; a script writes its reference into the answer."""
    # The file is received and hashed before the first statement, so that no write lock waits for a slow line.
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return jsonify(message="There is no file."), 422
    limit = cast(Application, current_app).settings.upload_limit
    stored = store().put(cast(BufferedReader, upload.stream), limit=limit)
    item = _audit(reference)
    data = SubmitEvidence(
        title=f"{question_id}: {PurePath(upload.filename).name}"[:200],
        evidence_kind=EvidenceKind.AUDIT_EVIDENCE,
        collected_on=clock.today(),
    )
    try:
        made = evidence_verbs.submit(
            g.session, item, data, stored=stored, filename=upload.filename, media_type=upload.mimetype
        )
    except DomainError as error:
        return jsonify(message=error.message), error.status
    return jsonify(reference=made.reference, message=f"{made.reference} is submitted."), 201


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
    grade = service.GRADES.get(row.verdict or Verdict.OPPORTUNITY, Grade.OPPORTUNITY)
    clauses, controls = requirements.sorted_out(row.refs)
    initial = {
        "grade": grade,
        "criterion": ", ".join(row.refs),
        "evidence_statement": row.note,
        "clauses": clauses,
        "controls": controls,
    }
    choices = {
        "system": [(system.reference, f"{system.reference} {system.title}") for system in item.systems]
    }
    schema = RecordFinding if len(item.systems) < 2 else RaiseFinding
    form = Form(schema, request.form if request.method == "POST" else None, initial=initial, choices=choices)
    if form.valid and (finding := attempt(form, lambda: _raised(item, question_id, form.value))):
        flash(f"{finding.reference} is raised.", "success")
        return redirect(f"{item.path}#q-{question_id}", 303)
    return form_page(
        f"Finding from {question_id}", form, item.path, item.reference, submit="Raise", intro=row.question
    )


def _raised(item: Audit, question_id: str, data: RecordFinding) -> Finding:
    system = None
    if isinstance(data, RaiseFinding):
        system = records.get(g.session, AiSystem, data.system)
        data = RecordFinding.model_validate(data.model_dump(exclude={"system"}))
    return service.raise_finding(g.session, item, question_id, data, system=system)


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
