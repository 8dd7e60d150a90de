"""Pages of external audits for the house: the list, one audit, its cycle, its findings, who is in the room and what is shared."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.core import clock
from governance.core.errors import NotFound
from governance.evidence import queries as evidence
from governance.external_audits import queries, service, sharing
from governance.external_audits.models import ExternalKind, ExternalState
from governance.external_audits.schemas import (
    EditExternalAudit,
    EndExternalAudit,
    InviteAuditor,
    PlanExternalAudit,
    RecordDecision,
    RecordExternalFinding,
    ReportExternalAudit,
    ShareRecords,
)
from governance.improvement import queries as findings
from governance.web import lists
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("external_audits", __name__)
_STATES = lists.Filter("state", "State", [(item.value, words(item.value)) for item in ExternalState])
_KINDS = lists.Filter("audit_kind", "Kind", [(item.value, words(item.value)) for item in ExternalKind])
_SORTABLE = ("reference", "title", "state", "changed_at")
_CRUMB = ("/external-audits", "External audits")


@blueprint.route("/external-audits")
def listing() -> ResponseReturnValue:
    """All external audits."""
    query = lists.read("/external-audits", request.args, (_STATES, _KINDS), _SORTABLE, descending=True)
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
        "external_audits/list.html",
        heading="External audits",
        query=query,
        known=(_STATES, _KINDS),
        found=found,
        action=("/external-audits/new", "Plan an external audit"),
        columns=(
            ("Reference", "reference"),
            ("Audit", "title"),
            ("Kind", ""),
            ("State", "state"),
            ("Certification body", ""),
            ("First day", ""),
            ("Last day", ""),
            ("Recommendation", ""),
        ),
        cells=lambda item: (
            ("record", item),
            ("text", item.title),
            ("words", item.audit_kind),
            ("badge", item.state),
            ("text", item.body),
            ("date", item.starts_on),
            ("date", item.ends_on),
            ("words", item.outcome),
        ),
        empty=(
            "No external audit yet",
            "A certification body audits in two stages, looks again every year and anew every third. Plan the audit, invite its auditors and share what they are to see.",
            "/external-audits/new",
            "Plan an external audit",
        ),
    )


@blueprint.route("/external-audits/cycle")
def cycle() -> ResponseReturnValue:
    """What each certificate asks for and when, and what is late."""
    today = clock.today()
    found = [(item, queries.milestones(g.session, item, today)) for item in queries.certificates(g.session)]
    return render_template(
        "external_audits/cycle.html",
        certificates=found,
        majors=queries.majors(g.session, today),
        today_is=today,
    )


@blueprint.route("/external-audits/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Plan an external audit."""
    form = Form(
        PlanExternalAudit,
        request.form if request.method == "POST" else None,
        choices={"body_id": queries.bodies(g.session)},
    )
    if form.valid and (audit := attempt(form, lambda: service.plan(g.session, form.value))):
        flash(f"{audit.reference} is planned.", "success")
        return redirect(audit.path, 303)
    return form_page("Plan an external audit", form, *_CRUMB)


@blueprint.route("/external-audits/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One external audit: facts, findings, report, requests, guests, shares and visits."""
    audit = queries.get(g.session, reference)
    return render_template(
        "external_audits/record.html",
        item=audit,
        names=people.names(g.session),
        findings=findings.from_source(g.session, audit),
        evidence=evidence.of_record(g.session, audit),
        counts=queries.counts(g.session, audit),
        visible=list(queries.visible(g.session, audit).values()),
        visits=queries.visits(g.session, audit, limit=20),
    )


@blueprint.route("/external-audits/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change what was announced."""
    audit = queries.get(g.session, reference)
    initial = {name: getattr(audit, name) for name in EditExternalAudit.model_fields}
    form = Form(
        EditExternalAudit,
        request.form if request.method == "POST" else None,
        initial=initial,
        choices={"body_id": queries.bodies(g.session)},
    )
    if form.valid and done(form, lambda: service.edit(g.session, audit, form.value)):
        return redirect(audit.path, 303)
    return form_page(f"Change {audit.reference}", form, audit.path, audit.reference)


@blueprint.route("/external-audits/<reference>/start", methods=["POST"])
def start(reference: str) -> ResponseReturnValue:
    """The auditors are at work."""
    audit = queries.get(g.session, reference)
    service.start(g.session, audit)
    flash(f"{audit.reference} is in progress.", "success")
    return redirect(audit.path, 303)


@blueprint.route("/external-audits/<reference>/report", methods=["GET", "POST"])
def report(reference: str) -> ResponseReturnValue:
    """The report is here."""
    audit = queries.get(g.session, reference)
    there = [
        (item.reference, f"{item.reference} {item.title}") for item in evidence.of_record(g.session, audit)
    ]
    form = Form(
        ReportExternalAudit,
        request.form if request.method == "POST" else None,
        initial={"version": audit.version},
        choices={"report": there},
    )
    if form.valid and done(form, lambda: service.report(g.session, audit, form.value)):
        flash(f"{audit.reference} is reported.", "success")
        return redirect(audit.path, 303)
    return form_page("Record the report", form, audit.path, audit.reference)


@blueprint.route("/external-audits/<reference>/decision", methods=["GET", "POST"])
def decision(reference: str) -> ResponseReturnValue:
    """What the certification body decided."""
    audit = queries.get(g.session, reference)
    initial = {"version": audit.version, "decided_on": audit.decided_on or clock.today()}
    form = Form(RecordDecision, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: service.decide(g.session, audit, form.value)):
        flash(f"The decision on {audit.reference} is recorded.", "success")
        return redirect(audit.path, 303)
    return form_page("Record the decision", form, audit.path, audit.reference)


@blueprint.route("/external-audits/<reference>/findings", methods=["GET", "POST"])
def finding(reference: str) -> ResponseReturnValue:
    """A finding of the certification body."""
    audit = queries.get(g.session, reference)
    form = Form(RecordExternalFinding, request.form if request.method == "POST" else None)
    if form.valid and (made := attempt(form, lambda: service.record_finding(g.session, audit, form.value))):
        flash(f"{made.reference} is recorded.", "success")
        return redirect(made.path, 303)
    return form_page("Record a finding of the body", form, audit.path, audit.reference)


@blueprint.route("/external-audits/<reference>/<any(close, cancel):change>", methods=["GET", "POST"])
def end(reference: str, change: str) -> ResponseReturnValue:
    """Close or cancel an external audit; both end the access of its auditors."""
    audit = queries.get(g.session, reference)
    form = Form(
        EndExternalAudit,
        request.form if request.method == "POST" else None,
        initial={"version": audit.version},
    )
    verb = service.close if change == "close" else service.cancel
    if form.valid and done(form, lambda: verb(g.session, audit, form.value)):
        flash(f"{audit.reference} is {audit.state}; its auditors have no access any more.", "warning")
        return redirect(audit.path, 303)
    heading = "Close this external audit" if change == "close" else "Cancel this external audit"
    return form_page(
        heading,
        form,
        audit.path,
        audit.reference,
        submit="Close" if change == "close" else "Cancel the audit",
    )


@blueprint.route("/external-audits/<reference>/guests", methods=["GET", "POST"])
def invite(reference: str) -> ResponseReturnValue:
    """Invite an auditor of the body; a one-time password is shown once."""
    audit = queries.get(g.session, reference)
    form = Form(
        InviteAuditor, request.form if request.method == "POST" else None, initial={"until_on": audit.ends_on}
    )
    if form.valid and (made := attempt(form, lambda: sharing.invite(g.session, audit, form.value))):
        guest, one_time = made
        return render_template("external_audits/invited.html", item=audit, guest=guest, one_time=one_time)
    return form_page("Invite an external auditor", form, audit.path, audit.reference, submit="Invite")


@blueprint.route("/external-audits/<reference>/guests/<int:guest_id>/end", methods=["POST"])
def end_access(reference: str, guest_id: int) -> ResponseReturnValue:
    """End somebody's access now."""
    audit = queries.get(g.session, reference)
    guest = next((item for item in audit.guests if item.id == guest_id), None)
    if guest is None:
        raise NotFound(f"{audit.reference} has no such guest.")
    sharing.end_access(g.session, audit, guest)
    flash(f"{guest.person.name} has no access any more.", "success")
    return redirect(audit.path, 303)


@blueprint.route("/external-audits/<reference>/shares", methods=["GET", "POST"])
def share(reference: str) -> ResponseReturnValue:
    """Share records with the auditors of this audit."""
    audit = queries.get(g.session, reference)
    form = Form(ShareRecords, request.form if request.method == "POST" else None)
    if form.valid and done(form, lambda: sharing.share(g.session, audit, form.value)):
        flash("The records are shared.", "success")
        return redirect(f"{audit.path}#shared", 303)
    return form_page("Share records", form, audit.path, audit.reference, submit="Share them")


@blueprint.route("/external-audits/<reference>/shares/<int:share_id>/withdraw", methods=["POST"])
def withdraw_share(reference: str, share_id: int) -> ResponseReturnValue:
    """Stop showing a record."""
    audit = queries.get(g.session, reference)
    item = next((row for row in audit.shares if row.id == share_id), None)
    if item is None:
        raise NotFound(f"{audit.reference} has no such share.")
    sharing.withdraw_share(g.session, audit, item)
    flash(f"{item.record.reference} is no longer shared.", "success")
    return redirect(f"{audit.path}#shared", 303)


@blueprint.route("/external-audits/<reference>/visits")
def visits(reference: str) -> ResponseReturnValue:
    """Everything that the auditors opened or were refused."""
    audit = queries.get(g.session, reference)
    return render_template(
        "external_audits/visits.html",
        item=audit,
        names=people.names(g.session),
        visits=queries.visits(g.session, audit, limit=1000),
    )
