"""The auditor's room: what an external auditor sees, asks and judges. Every page here looks up what is shared for itself."""

import re
from pathlib import Path
from typing import cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock
from governance.core.errors import Forbidden, NotFound
from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.evidence.store import Store
from governance.external_audits import queries, requests, sharing
from governance.external_audits.door import ROOM
from governance.external_audits.models import AuditRequest, ExternalAudit, RequestState
from governance.external_audits.request_views import judged
from governance.external_audits.schemas import AskRequest
from governance.external_audits.sheet import sheet
from governance.signoffs import queries as signatures
from governance.web import lists, templating
from governance.web.application import Application, attempt, form_page
from governance.web.forms import Form, words

blueprint = Blueprint(ROOM, __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in RequestState])
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NOT_HERE = "Nothing of this reference is shared with you."


@blueprint.app_template_filter("told")
def told(text: str) -> str:
    """A value of a record's content as people read it: codes in words, moments in the zone of the installation."""
    return "; ".join(_told(part) for part in text.split("; "))


def _told(part: str) -> str:
    if _CODE.fullmatch(part):
        return templating.spoken(part)
    return templating.moment(clock.parse(part)) if _MOMENT.fullmatch(part) else part


def _audit() -> ExternalAudit:
    """The audit that the person is invited to. Raises Forbidden for everybody of the house and for whoever's time is over."""
    if not g.actor.has(sharing.ROLE):
        raise Forbidden(
            "The room is for the auditors of the certification body; the house sees the page of the external audit."
        )
    guest = queries.guest_of(g.session, g.actor.person_id)
    if guest is None:
        raise Forbidden(
            "You are not invited to an audit at present; ask the compliance officer of the organisation."
        )
    return queries.get(g.session, guest.audit.reference)


@blueprint.route("/auditors-room")
def room() -> ResponseReturnValue:
    """The audit, the requests with their counts, and what is shared."""
    audit = _audit()
    query = lists.read("/auditors-room", request.args, (_STATES,), ("reference",))
    guest = queries.guest_of(g.session, g.actor.person_id)
    by_kind: dict[str, list[Record]] = {}
    for item in queries.visible(g.session, audit).values():
        by_kind.setdefault(item.kind, []).append(item)
    return render_template(
        "auditors_room/room.html",
        item=audit,
        guest=guest,
        query=query,
        known=(_STATES,),
        counts=queries.counts(g.session, audit),
        requests=queries.requests_of(g.session, audit, query.filters.get("state", "")),
        names=people.names(g.session),
        by_kind=by_kind,
        organisation=cast(Application, current_app).settings.organisation,
    )


def _record(reference: str) -> tuple[ExternalAudit, Record, dict[int, Record]]:
    """A shared record. Raises NotFound in the same words whether it is not shared or does not exist."""
    audit = _audit()
    visible = queries.visible(g.session, audit)
    wanted = reference.strip().upper()
    found = next((item for item in visible.values() if item.reference == wanted), None)
    if found is None:
        raise NotFound(_NOT_HERE)
    return audit, found, visible


@blueprint.route("/auditors-room/records/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One shared record, to read: content, signatures, and of its evidence what is shared."""
    _, item, visible = _record(reference)
    return render_template(
        "auditors_room/record.html",
        item=item,
        sheet=sheet(g.session, item, visible),
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
        evidence=[row for row in evidence.of_record(g.session, item) if row.id in visible],
        has_file=bool(_filename(item)),
    )


def _filename(item: Record) -> str:
    """The name of the file behind an evidence item or a sealed pack; blank for records without one."""
    return str(item.field("filename") or "") if item.field("sha256") else ""


@blueprint.route("/auditors-room/records/<reference>/file")
def file(reference: str) -> ResponseReturnValue:
    """The file of shared evidence or of a shared pack, always as an attachment."""
    _, item, _ = _record(reference)
    name = _filename(item)
    if not name:
        raise NotFound(_NOT_HERE)
    settings = cast(Application, current_app).settings
    if item.kind == "evidence":
        response = send_file(
            Store(settings.evidence_dir).open(str(item.field("sha256"))),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=name,
        )
    else:
        # Packs are a room above this one; their files stand in a folder under their own name.
        path = settings.packs_dir / Path(name).name
        if not path.is_file():
            raise NotFound("The file is not here at present; ask for it.")
        response = send_file(path, mimetype="application/pdf", as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Checksum-SHA256"] = str(item.field("sha256"))
    return response


@blueprint.route("/auditors-room/requests/new", methods=["GET", "POST"])
def ask() -> ResponseReturnValue:
    """Ask to see something."""
    audit = _audit()
    form = Form(
        AskRequest, request.form if request.method == "POST" else None, initial={"due_on": clock.today()}
    )
    if form.valid and (made := attempt(form, lambda: requests.ask(g.session, audit, form.value))):
        flash(f"{made.reference} is asked.", "success")
        return redirect(f"/auditors-room/requests/{made.reference}", 303)
    return form_page("Ask to see something", form, "/auditors-room", "Auditor's room", submit="Ask")


def _request(reference: str) -> AuditRequest:
    """A request of the audit that the person is invited to. Raises NotFound for those of another."""
    audit = _audit()
    found = next(
        (item for item in queries.requests_of(g.session, audit) if item.reference == reference.upper()), None
    )
    if found is None:
        raise NotFound(_NOT_HERE)
    return queries.request(g.session, found.reference)


@blueprint.route("/auditors-room/requests/<reference>")
def one_request(reference: str) -> ResponseReturnValue:
    """One request and what was said on both sides."""
    item = _request(reference)
    visible = {row.reference: row for row in queries.visible(g.session, item.audit).values()}
    return render_template(
        "auditors_room/request.html", item=item, names=people.names(g.session), visible=visible
    )


@blueprint.route(
    "/auditors-room/requests/<reference>/<any(accept, flag, withdraw):change>", methods=["GET", "POST"]
)
def judge(reference: str, change: str) -> ResponseReturnValue:
    """Accept or flag an answer, or withdraw the request."""
    item = _request(reference)
    return judged(item.reference, change, "/auditors-room/requests")
