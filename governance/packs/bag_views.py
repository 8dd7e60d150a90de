"""Pages of management-system packs: choose systems, see the gaps, watch it being made, download."""

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.core import records
from governance.packs import bag_service as service
from governance.packs import pages, queries
from governance.packs.content.labels import say
from governance.packs.models import ManagementSystemPack
from governance.packs.schemas import RequestManagementSystemPack
from governance.packs.verify.bag import verify_any
from governance.systems import queries as systems
from governance.systems.views import SORTABLE, known_filters
from governance.web import lists
from governance.web.application import attempt
from governance.web.forms import Form

blueprint = Blueprint("system_packs", __name__)
# Larger ones are checked on the command line: the page would keep its reader waiting.
_CHECKED_UP_TO = 20_000_000


@blueprint.route("/system-packs")
def listing() -> ResponseReturnValue:
    """All packs of the management system."""
    return pages.listing(
        ManagementSystemPack,
        "Management-system packs",
        (("Systems", "", lambda pack: ("text", pack.systems or None)),),
        ("/system-packs/new", "New pack"),
        (
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
    form = Form(
        RequestManagementSystemPack,
        request.form if request.method == "POST" else None,
        initial=pages.asked_for(),
    )
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


@blueprint.route("/system-packs/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One pack: its progress, or its hashes and what verification says now."""
    pack = records.get(g.session, ManagementSystemPack, reference)
    return pages.record(pack, "packs_pages/system_pack.html", verify_any, _CHECKED_UP_TO)


@blueprint.route("/system-packs/<reference>/file")
def download(reference: str) -> ResponseReturnValue:
    """The bag."""
    return pages.download(records.get(g.session, ManagementSystemPack, reference), "application/zip")
