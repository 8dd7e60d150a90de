"""Pages of auditors' requests for the house: the list with its counts, and answering one."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock
from governance.evidence import queries as evidence
from governance.external_audits import queries, requests
from governance.external_audits.models import AuditRequest, RequestState
from governance.external_audits.schemas import (
    AcceptRequest,
    AskRequest,
    AssignRequest,
    FlagRequest,
    ProvideRequest,
    WithdrawRequest,
)
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("audit_requests", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in RequestState])
_SORTABLE = ("reference", "title", "state", "changed_at")


@blueprint.route("/audit-requests")
def listing() -> ResponseReturnValue:
    """Requests of all external audits."""
    return _list("/audit-requests", None)


@blueprint.route("/external-audits/<reference>/requests")
def of_audit(reference: str) -> ResponseReturnValue:
    """Requests of one external audit."""
    return _list(f"/external-audits/{reference}/requests", reference)


def _list(path: str, reference: str | None) -> ResponseReturnValue:
    audit = queries.get(g.session, reference) if reference else None
    query = lists.read(path, request.args, (_STATES,), _SORTABLE)
    found = queries.requests(
        g.session,
        g.actor,
        words=query.words,
        audit_id=audit.id if audit else None,
        sort=query.sort,
        descending=query.descending,
        after=query.after,
        **query.filters,
    )
    names = people.names(g.session)
    return render_template(
        "external_audits/requests.html",
        heading="Auditors' requests",
        audit=audit,
        counts=queries.counts(g.session, audit),
        query=query,
        known=(_STATES,),
        found=found,
        action=(f"{audit.path}/requests/new", "Record a request") if audit else None,
        columns=(
            ("Reference", "reference"),
            ("Request", "title"),
            ("Clause", ""),
            ("State", "state"),
            ("Owner", ""),
            ("Due", ""),
            ("External audit", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("text", item.clause),
            ("badge", "overdue" if item.overdue else item.state),
            ("text", names.get(item.owner_id)),
            ("date", item.due_on),
            ("record", item.audit),
        ),
        empty=(
            "No request yet",
            "The auditors ask in the auditor's room. What was asked aloud is recorded on the page of the external audit.",
            "/external-audits",
            "External audits",
        ),
    )


@blueprint.route("/external-audits/<reference>/requests/new", methods=["GET", "POST"])
def ask(reference: str) -> ResponseReturnValue:
    """Record what was asked aloud."""
    audit = queries.get(g.session, reference)
    form = Form(
        AskRequest, request.form if request.method == "POST" else None, initial={"due_on": clock.today()}
    )
    if form.valid and (made := attempt(form, lambda: requests.ask(g.session, audit, form.value))):
        flash(f"{made.reference} is asked.", "success")
        return redirect(made.path, 303)
    return form_page("Record a request", form, audit.path, audit.reference)


@blueprint.route("/audit-requests/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One request: what was said on both sides, and the evidence that was added."""
    item = queries.request(g.session, reference)
    return render_template(
        "external_audits/request.html",
        item=item,
        names=people.names(g.session),
        evidence=evidence.of_record(g.session, item),
        assign=Form(
            AssignRequest,
            None,
            initial={"owner_id": item.owner_id, "version": item.version},
            choices={"owner_id": people.choices(g.session)},
        ),
    )


@blueprint.route("/audit-requests/<reference>/provide", methods=["GET", "POST"])
def provide(reference: str) -> ResponseReturnValue:
    """Answer a request."""
    item = queries.request(g.session, reference)
    form = Form(
        ProvideRequest, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: requests.provide(g.session, item, form.value)):
        flash(f"{item.reference} is answered; the auditor sees it now.", "success")
        return redirect(item.path, 303)
    return form_page(
        f"Answer {item.reference}", form, item.path, item.reference, submit="Provide", intro=item.title
    )


@blueprint.route("/audit-requests/<reference>/assign", methods=["POST"])
def assign(reference: str) -> ResponseReturnValue:
    """Say who finds it."""
    item = queries.request(g.session, reference)
    form = Form(AssignRequest, request.form, choices={"owner_id": people.choices(g.session)})
    if form.valid and done(form, lambda: requests.assign(g.session, item, form.value)):
        flash(f"{item.reference} has an owner.", "success")
        return redirect(item.path, 303)
    return form_page(f"Assign {item.reference}", form, item.path, item.reference)


# Each act has its own input, and its verb takes that and no other: the types of a row belong together, not those of a column.
_ACTS: dict[str, tuple[type[Any], Callable[..., AuditRequest], str]] = {
    "accept": (AcceptRequest, requests.accept, "Accept the answer"),
    "flag": (FlagRequest, requests.flag, "Say what is missing"),
    "withdraw": (WithdrawRequest, requests.withdraw, "Withdraw the request"),
}


@blueprint.route("/audit-requests/<reference>/<any(accept, flag, withdraw):change>", methods=["GET", "POST"])
def judge(reference: str, change: str) -> ResponseReturnValue:
    """Record what the body's auditor said aloud, where none of them has access."""
    return judged(reference, change, "/audit-requests")


def judged(reference: str, change: str, folder: str) -> ResponseReturnValue:
    """The form by which an answer is accepted or flagged, or a request withdrawn; used by the room too."""
    item = queries.request(g.session, reference)
    schema, verb, label = _ACTS[change]
    form: Form[Any] = Form(
        schema, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    back = f"{folder}/{item.reference}"
    if form.valid and done(form, lambda: verb(g.session, item, form.value)):
        flash(f"{item.reference} is {item.state}.", "success")
        return redirect(back, 303)
    return form_page(label, form, back, item.reference, submit=label, intro=f"{item.reference} {item.title}")
