"""Pages of evidence packs: ask for one, watch it being made, download it; and check any pack, signed in or not."""

import tempfile
from pathlib import Path
from typing import cast

from flask import Blueprint, current_app, g, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from governance.core import checks, records
from governance.core.errors import NotFound, Refused
from governance.jobs.models import Job
from governance.packs import queries, service
from governance.packs.models import EvidencePack, PackState
from governance.packs.schemas import RequestPack
from governance.packs.verify.bag import verify_any
from governance.packs.verify.pdf import CheckResult, verify
from governance.systems import lifecycle
from governance.systems import queries as systems
from governance.web import lists
from governance.web.application import Application, attempt
from governance.web.forms import Form, words

blueprint = Blueprint("packs", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in PackState])


@blueprint.route("/packs")
def listing() -> ResponseReturnValue:
    """All evidence packs."""
    query = lists.read(
        "/packs", request.args, (_STATES,), ("reference", "title", "state", "changed_at"), descending=True
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
    return render_template(
        "layout/list.html",
        heading="Evidence packs",
        query=query,
        known=(_STATES,),
        found=found,
        action=("/verify", "Verify a pack"),
        columns=(
            ("Reference", "reference"),
            ("Pack", "title"),
            ("System", ""),
            ("State", "state"),
            ("Pages", ""),
            ("Gaps", ""),
            ("As of", "changed_at"),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("record", item.system),
            ("badge", item.state),
            ("text", item.pages),
            ("text", item.gaps if item.state == PackState.SEALED else None),
            ("date", item.as_of),
        ),
        empty=(
            "No evidence pack yet",
            "A pack is one sealed PDF with everything an auditor asks about one AI system, its evidence files inside. Open a system and press Evidence pack.",
            "/systems",
            "AI systems",
        ),
    )


@blueprint.route("/packs/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """See the gaps, then ask for the pack."""
    system = systems.get(g.session, g.actor, request.args.get("for", ""))
    form = Form(RequestPack, request.form if request.method == "POST" else None)
    if form.valid and (pack := attempt(form, lambda: service.request(g.session, system, form.value))):
        return redirect(pack.path, 303)
    gaps = checks.gaps_of(g.session, system.id, sorted(lifecycle.relevant_checks(g.session, system)))
    page = render_template("packs_pages/new.html", system=system, form=form, gaps=gaps)
    return page, 422 if form.errors else 200


def _path(pack: EvidencePack) -> Path:
    return cast(Application, current_app).settings.packs_dir / pack.filename


@blueprint.route("/packs/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One pack: its progress, or its hashes and what verification says now."""
    pack = records.get(g.session, EvidencePack, reference)
    job = g.session.get(Job, pack.job_id) if pack.job_id else None
    sealed = pack.state == PackState.SEALED
    there = sealed and _path(pack).is_file()
    results = verify(_path(pack)) if there else []
    return render_template(
        "packs_pages/record.html", pack=pack, job=job, sealed=sealed, there=there, results=results
    )


@blueprint.route("/packs/<reference>/file")
def download(reference: str) -> ResponseReturnValue:
    """The sealed file."""
    pack = records.get(g.session, EvidencePack, reference)
    if pack.state != PackState.SEALED or not _path(pack).is_file():
        raise NotFound(f"The file of {pack.reference} is not here.")
    return send_file(_path(pack), mimetype="application/pdf", as_attachment=True, download_name=pack.filename)


@blueprint.route("/verify", methods=["GET", "POST"])
def verify_page() -> ResponseReturnValue:
    """Check any pack, one line a check; open to everybody, nothing is kept."""
    results: list[CheckResult] = []
    name = ""
    if request.method == "POST":
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            raise Refused("Choose a pack (a PDF or a ZIP) first.", fix="/verify")
        name = upload.filename
        with tempfile.NamedTemporaryFile(suffix=".pack") as file:
            upload.save(file)
            file.flush()
            results = verify_any(Path(file.name))
    return render_template("packs_pages/verify.html", results=results, name=name)
