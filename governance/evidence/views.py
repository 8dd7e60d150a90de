"""Pages of evidence: the register, submitting a file, judging it, downloading it as an attachment."""

from io import BufferedReader
from typing import cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from governance.core import clock, records
from governance.core.errors import NotFound
from governance.core.records import Record
from governance.evidence import queries, service
from governance.evidence.models import Evidence, EvidenceKind, EvidenceState
from governance.evidence.schemas import JudgeEvidence, SubmitEvidence
from governance.evidence.store import Store, Stored
from governance.web import lists
from governance.web.application import Application, attempt, done
from governance.web.forms import Form, words

blueprint = Blueprint("evidence", __name__)

FILTERS = (
    lists.Filter("state", "State", [(item.value, words(item.value)) for item in EvidenceState]),
    lists.Filter("evidence_kind", "Kind", [(item.value, words(item.value)) for item in EvidenceKind]),
)


def store() -> Store:
    """The installation's evidence store."""
    return Store(cast(Application, current_app).settings.evidence_dir)


@blueprint.route("/evidence")
def listing() -> ResponseReturnValue:
    """The evidence register."""
    query = lists.read(
        "/evidence", request.args, FILTERS, ("reference", "title", "state", "changed_at"), descending=True
    )
    found = queries.listing(
        g.session,
        g.actor,
        words=query.words,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    return render_template("evidence/list.html", query=query, found=found, known=FILTERS)


def _subject() -> Record:
    subject = records.find(g.session, request.args.get("for", ""))
    if subject is None:
        raise NotFound("Evidence belongs to a record; open the record and add it there.")
    return subject


@blueprint.route("/evidence/new", methods=["GET", "POST"])
def submit() -> ResponseReturnValue:
    """Submit a file or link for a record."""
    # The file is received and hashed before the first statement, so that no write lock waits for a slow line.
    upload = request.files.get("file")
    stored: Stored | None = None
    limit = cast(Application, current_app).settings.upload_limit
    initial = {"collected_on": clock.today(), "evidence_kind": request.args.get("kind", "")}
    form = Form(SubmitEvidence, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and upload is not None and upload.filename:
        stored = store().put(cast(BufferedReader, upload.stream), limit=limit)
    subject = _subject()
    if form.valid:
        item = attempt(
            form,
            lambda: service.submit(
                g.session,
                subject,
                form.value,
                stored=stored,
                filename=upload.filename or "" if upload else "",
                media_type=upload.mimetype if upload else "",
            ),
        )
        if item is not None:
            flash(f"{item.reference} is submitted and waits to be judged by a colleague.", "success")
            return redirect(subject.path, 303)
    return render_template("evidence/new.html", form=form, subject=subject), 422 if form.errors else 200


@blueprint.route("/evidence/<reference>", methods=["GET", "POST"])
def record(reference: str) -> ResponseReturnValue:
    """One item: what it proves, its file, its judgement."""
    item = records.get(g.session, Evidence, reference)
    form = Form(
        JudgeEvidence, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: service.judge(g.session, item, form.value)):
        flash(f"{item.reference} is {item.state}.", "success")
        return redirect(item.path, 303)
    subjects = queries.subjects(g.session, item)
    return render_template(
        "evidence/record.html", item=item, subjects=subjects, form=form
    ), 422 if form.errors else 200


@blueprint.route("/evidence/<reference>/file")
def download(reference: str) -> ResponseReturnValue:
    """The file, always as an attachment and never as something a browser would run."""
    item = records.get(g.session, Evidence, reference)
    if item.is_link:
        raise NotFound(f"{item.reference} is a link; there is no file.")
    response = send_file(
        store().open(item.sha256),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=item.filename,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Checksum-SHA256"] = item.sha256
    return response
