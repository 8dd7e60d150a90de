"""Pages of packs of audits: ask for one with its gaps in sight, watch it being made, download it."""

from pathlib import Path
from typing import cast

from flask import Blueprint, current_app, g, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from governance.audits.models import Audit
from governance.core import records
from governance.core.errors import NotFound
from governance.jobs.models import Job
from governance.packs import audit_service, queries
from governance.packs.audit_models import AuditPack
from governance.packs.models import PackState
from governance.packs.schemas import RequestAuditPack
from governance.packs.verify.pdf import verify
from governance.web import lists
from governance.web.application import Application, attempt
from governance.web.forms import Form, words

blueprint = Blueprint("audit_packs", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in PackState])


@blueprint.route("/audit-packs")
def listing() -> ResponseReturnValue:
    """All packs of audits."""
    query = lists.read(
        "/audit-packs",
        request.args,
        (_STATES,),
        ("reference", "title", "state", "changed_at"),
        descending=True,
    )
    found = queries.audit_packs(
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
        heading="Audit packs",
        query=query,
        known=(_STATES,),
        found=found,
        action=("/verify", "Verify a pack"),
        columns=(
            ("Reference", "reference"),
            ("Pack", "title"),
            ("Audit", ""),
            ("State", "state"),
            ("Pages", ""),
            ("Gaps", ""),
            ("As of", "changed_at"),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.audit),
            ("badge", item.state),
            ("text", item.pages),
            ("text", item.gaps if item.state == PackState.SEALED else None),
            ("date", item.as_of),
        ),
        empty=(
            "No audit pack yet",
            "A pack is one sealed PDF with an audit's programme entry, plan, team, checklist, findings and follow-up, its evidence files inside. Open an audit and press Evidence pack.",
            "/audits",
            "Audits",
        ),
    )


@blueprint.route("/audit-packs/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Ask for the pack of an audit."""
    audit = records.get(g.session, Audit, request.args.get("for", ""))
    form = Form(RequestAuditPack, request.form if request.method == "POST" else None)
    if form.valid and (pack := attempt(form, lambda: audit_service.request(g.session, audit, form.value))):
        return redirect(pack.path, 303)
    page = render_template("packs_pages/new_audit_pack.html", audit=audit, form=form)
    return page, 422 if form.errors else 200


def _path(pack: AuditPack) -> Path:
    return cast(Application, current_app).settings.packs_dir / pack.filename


@blueprint.route("/audit-packs/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One pack: its progress, or its hashes and what verification says now."""
    pack = records.get(g.session, AuditPack, reference)
    job = g.session.get(Job, pack.job_id) if pack.job_id else None
    sealed = pack.state == PackState.SEALED
    there = sealed and _path(pack).is_file()
    results = verify(_path(pack)) if there else []
    return render_template(
        "packs_pages/audit_pack.html", pack=pack, job=job, sealed=sealed, there=there, results=results
    )


@blueprint.route("/audit-packs/<reference>/file")
def download(reference: str) -> ResponseReturnValue:
    """The sealed file."""
    pack = records.get(g.session, AuditPack, reference)
    if pack.state != PackState.SEALED or not _path(pack).is_file():
        raise NotFound(f"The file of {pack.reference} is not here.")
    return send_file(_path(pack), mimetype="application/pdf", as_attachment=True, download_name=pack.filename)
