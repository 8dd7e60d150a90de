"""Pages of packs of audits: ask for one with its gaps in sight, watch it being made, download it."""

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.audits.models import Audit
from governance.core import records
from governance.packs import audit_service, pages
from governance.packs.models import AuditPack
from governance.packs.schemas import RequestAuditPack
from governance.packs.verify.pdf import verify
from governance.web.application import attempt
from governance.web.forms import Form

blueprint = Blueprint("audit_packs", __name__)


@blueprint.route("/audit-packs")
def listing() -> ResponseReturnValue:
    """All packs of audits."""
    return pages.listing(
        AuditPack,
        "Audit packs",
        (("Audit", "", lambda pack: ("record", pack.audit)),),
        ("/verify", "Verify a pack"),
        (
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
    form = Form(
        RequestAuditPack, request.form if request.method == "POST" else None, initial=pages.asked_for()
    )
    if form.valid and (pack := attempt(form, lambda: audit_service.request(g.session, audit, form.value))):
        return redirect(pack.path, 303)
    page = render_template("packs_pages/new_audit_pack.html", audit=audit, form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/audit-packs/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One pack: its progress, or its hashes and what verification says now."""
    return pages.record(records.get(g.session, AuditPack, reference), "packs_pages/audit_pack.html", verify)


@blueprint.route("/audit-packs/<reference>/file")
def download(reference: str) -> ResponseReturnValue:
    """The sealed file."""
    return pages.download(records.get(g.session, AuditPack, reference), "application/pdf")
