"""Pages of management-system packs: choose systems, see the gaps, watch it being made, download."""

from pathlib import Path
from typing import cast

from flask import Blueprint, current_app, g, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from governance.core import records
from governance.core.errors import NotFound
from governance.jobs.models import Job
from governance.packs import bag_service as service
from governance.packs import queries
from governance.packs.bag_models import ManagementSystemPack
from governance.packs.content.labels import say
from governance.packs.models import PackState
from governance.packs.schemas import RequestManagementSystemPack
from governance.packs.verify.bag import verify_any
from governance.packs.verify.pdf import CheckResult
from governance.systems import queries as systems
from governance.systems.views import SORTABLE, known_filters
from governance.web import lists
from governance.web.application import Application, attempt
from governance.web.forms import Form, words

blueprint = Blueprint("system_packs", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in PackState])
# Larger ones are checked on the command line: the page would keep its reader waiting.
_CHECKED_UP_TO = 20_000_000


@blueprint.route("/system-packs")
def listing() -> ResponseReturnValue:
    """All packs of the management system."""
    query = lists.read(
        "/system-packs",
        request.args,
        (_STATES,),
        ("reference", "title", "state", "changed_at"),
        descending=True,
    )
    found = queries.system_packs(
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
        heading="Management-system packs",
        query=query,
        known=(_STATES,),
        found=found,
        action=("/system-packs/new", "New pack"),
        columns=(
            ("Reference", "reference"),
            ("Pack", "title"),
            ("State", "state"),
            ("Systems", ""),
            ("Pages", ""),
            ("Gaps", ""),
            ("As of", "changed_at"),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("badge", item.state),
            ("text", item.systems or None),
            ("text", item.pages or None),
            ("text", item.gaps if item.state == PackState.SEALED else None),
            ("date", item.as_of),
        ),
        empty=(
            "No management-system pack yet",
            "One ZIP with a sealed index of clauses 4 to 10, a sealed PDF of each AI system, every evidence file once, tables and the audit trail. Anybody checks it with Python alone.",
            "/system-packs/new",
            "New pack",
        ),
    )


@blueprint.route("/system-packs/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Choose the systems as in the register, see their gaps, then ask for the pack."""
    known = known_filters()
    query = lists.read("/system-packs/new", request.args, known, SORTABLE)
    form = Form(RequestManagementSystemPack, request.form if request.method == "POST" else None)
    if form.valid and (
        pack := attempt(
            form,
            lambda: service.request(
                g.session, form.value, words=query.words, filters=query.filters, selection=_selection(query)
            ),
        )
    ):
        return redirect(pack.path, 303)
    page = render_template(
        "packs_pages/new_system_pack.html",
        form=form,
        query=query,
        known=known,
        total=systems.number(g.session, query.words, query.filters),
        gaps=queries.gaps_of_selection(g.session, query.words, query.filters),
    )
    return page, 422 if form.errors else 200


def _selection(query: lists.ListQuery) -> str:
    """The choice in English words, for the pack is in English whatever the reader's language."""
    said = [f"“{query.words}”"] if query.words else []
    said += [f"{say(name)} is {say(value)}" for name, value in query.filters.items()]
    return ", ".join(said) or "all systems"


def _path(pack: ManagementSystemPack) -> Path:
    return cast(Application, current_app).settings.packs_dir / pack.filename


@blueprint.route("/system-packs/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One pack: its progress, or its hashes and what verification says now."""
    pack = records.get(g.session, ManagementSystemPack, reference)
    job = g.session.get(Job, pack.job_id) if pack.job_id else None
    sealed = pack.state == PackState.SEALED
    there = sealed and _path(pack).is_file()
    results: list[CheckResult] = verify_any(_path(pack)) if there and pack.size <= _CHECKED_UP_TO else []
    return render_template(
        "packs_pages/system_pack.html", pack=pack, job=job, sealed=sealed, there=there, results=results
    )


@blueprint.route("/system-packs/<reference>/file")
def download(reference: str) -> ResponseReturnValue:
    """The bag."""
    pack = records.get(g.session, ManagementSystemPack, reference)
    if pack.state != PackState.SEALED or not _path(pack).is_file():
        raise NotFound(f"The file of {pack.reference} is not here.")
    return send_file(_path(pack), mimetype="application/zip", as_attachment=True, download_name=pack.filename)
