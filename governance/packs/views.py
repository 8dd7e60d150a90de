"""Pages of evidence packs: ask for one, watch it being made, download it; and check any pack, signed in or not."""

import tempfile
from pathlib import Path

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.core import checks, records
from governance.core.errors import Refused
from governance.packs import pages, service
from governance.packs.models import EvidencePack
from governance.packs.schemas import RequestSystemPack
from governance.packs.verify.confined import verify_confined
from governance.packs.verify.pdf import verify
from governance.packs.verify.results import CheckResult
from governance.systems import lifecycle
from governance.systems import queries as systems
from governance.web.application import attempt
from governance.web.forms import Form

blueprint = Blueprint("packs", __name__)


@blueprint.route("/packs")
def listing() -> ResponseReturnValue:
    """All evidence packs."""
    return pages.listing(
        EvidencePack,
        "Evidence packs",
        (("System", "", lambda pack: ("record", pack.system)),),
        ("/verify", "Verify a pack"),
        (
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
    form = Form(
        RequestSystemPack, request.form if request.method == "POST" else None, initial=pages.asked_for()
    )
    if form.valid and (pack := attempt(form, lambda: service.request(g.session, system, form.value))):
        return redirect(pack.path, 303)
    relevant = lifecycle.relevant_checks(system, systems.gates(g.session, system))
    gaps = checks.gaps_of(g.session, system.id, sorted(relevant))
    page = render_template("packs_pages/new.html", system=system, form=form, gaps=gaps)
    return page, 422 if form.errors else 200


@blueprint.route("/packs/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One pack: its progress, or its hashes and what verification says now."""
    return pages.record(records.get(g.session, EvidencePack, reference), "packs_pages/record.html", verify)


@blueprint.route("/packs/<reference>/file")
def download(reference: str) -> ResponseReturnValue:
    """The sealed file."""
    return pages.download(records.get(g.session, EvidencePack, reference), "application/pdf")


@blueprint.route("/verify", methods=["GET", "POST"])
def verify_page() -> ResponseReturnValue:
    """Check any pack, one line a check; open to everybody, nothing is kept."""
    found: list[tuple[str, list[CheckResult]]] = []
    together: list[CheckResult] = []
    if request.method == "POST":
        uploads = [upload for upload in request.files.getlist("file") if upload.filename]
        if not uploads:
            raise Refused("Choose a pack (a PDF or a ZIP) first.", fix="/verify")
        names = [Path(upload.filename or "").name for upload in uploads]
        with tempfile.TemporaryDirectory(prefix="aims-verify-") as folder:
            paths = [Path(folder) / f"{number}.pack" for number in range(len(uploads))]
            for upload, path in zip(uploads, paths, strict=True):
                upload.save(path)
            alone, together = verify_confined(paths, names)
        found = list(zip(names, alone, strict=True))
    return render_template("packs_pages/verify.html", found=found, together=together)
