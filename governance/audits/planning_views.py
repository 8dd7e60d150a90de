"""Pages around conducting an audit: opened by hand, planned, its team, announced, reviewed, its report given out."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.audits import catalogue, planning, service, team
from governance.audits.models import Audit
from governance.audits.schemas import (
    AddMember,
    AnnounceAudit,
    ArrangeReview,
    Assign,
    Attest,
    DistributeReport,
    OpenAudit,
    PlanAudit,
    ReviewWork,
    StartAudit,
    Why,
)
from governance.core import clock, records
from governance.systems.models import AiSystem
from governance.web.application import attempt, done, form_page
from governance.web.forms import Form

blueprint = Blueprint("audit_planning", __name__)


def _audit(reference: str) -> Audit:
    return records.get(g.session, Audit, reference)


@blueprint.route("/audits/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Plan an audit outside a schedule, on a trigger."""
    choices = {"audit_type": [(item.id, item.title) for item in catalogue.programme().types]}
    named = request.args.get("system", "")
    initial = {"systems": [named] if named else [], "due_on": clock.today()}
    form = Form(
        OpenAudit, request.form if request.method == "POST" else None, initial=initial, choices=choices
    )
    if form.valid and (
        item := attempt(form, lambda: planning.open_audit(g.session, _systems(form.value), form.value))
    ):
        flash(f"{item.reference} is planned. Assign a lead auditor.", "success")
        return redirect(item.path, 303)
    intro = "Recurring audits come from their schedules. This is for an audit on a trigger, or a follow-up of findings."
    return form_page("Audit on a trigger", form, "/audits", "Audits", submit="Plan", intro=intro)


def _systems(data: OpenAudit) -> list[AiSystem]:
    return [records.get(g.session, AiSystem, name) for name in dict.fromkeys(data.systems)]


@blueprint.route("/audits/<reference>/assign", methods=["GET", "POST"])
def assign(reference: str) -> ResponseReturnValue:
    """Assign the lead auditor."""
    item = _audit(reference)
    form = Form(
        Assign,
        request.form if request.method == "POST" else None,
        initial={"version": item.version, "lead_auditor_id": item.lead_auditor_id},
        choices={"lead_auditor_id": people.choices(g.session, "auditor")},
    )
    if form.valid and done(form, lambda: service.assign(g.session, item, form.value)):
        return redirect(item.path, 303)
    intro = "Nobody audits what they own, built, assessed, approved or supply, or did so within the time that the programme looks back."
    return form_page("Who leads the audit", form, item.path, item.reference, intro=intro)


@blueprint.route("/audits/<reference>/plan", methods=["GET", "POST"])
def plan(reference: str) -> ResponseReturnValue:
    """Write the plan."""
    item = _audit(reference)
    initial = {
        **_planned(item), "criteria": item.criteria, "held_from": item.held_from or item.due_on, "held_until": item.held_until or item.due_on,
    }  # fmt: skip
    form = Form(PlanAudit, request.form if request.method == "POST" else None, initial=initial)
    if form.valid and done(form, lambda: planning.plan(g.session, item, form.value)):
        flash("The plan is saved.", "success")
        return redirect(item.path, 303)
    return form_page("Plan of the audit", form, item.path, item.reference)


def _planned(item: Audit) -> dict[str, object]:
    titles = "; ".join(f"{system.reference} {system.title}" for system in item.systems[:20])
    return {
        "version": item.version,
        "objectives": item.objectives,
        "scope_text": item.scope_text or titles,
        "method": item.method,
    }


@blueprint.route("/audits/<reference>/announce", methods=["GET", "POST"])
def announce(reference: str) -> ResponseReturnValue:
    """Announce the audit to the auditees."""
    item = _audit(reference)
    form = Form(
        AnnounceAudit, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: planning.announce(g.session, item, form.value)):
        flash("The audit is announced.", "success")
        return redirect(item.path, 303)
    return form_page("Announce the audit", form, item.path, item.reference, submit="Announce")


@blueprint.route("/audits/<reference>/start", methods=["GET", "POST"])
def start(reference: str) -> ResponseReturnValue:
    """Start, with the plan and the lead auditor's statement of impartiality."""
    item = _audit(reference)
    form = Form(
        StartAudit,
        request.form if request.method == "POST" else None,
        initial={**_planned(item), "control_questions": True},
    )
    if form.valid and done(form, lambda: service.start(g.session, item, form.value)):
        flash("The audit is started. Answer the checklist.", "success")
        return redirect(item.path, 303)
    return form_page("Plan and start the audit", form, item.path, item.reference, submit="Start")


@blueprint.route("/audits/<reference>/team/new", methods=["GET", "POST"])
def add_member(reference: str) -> ResponseReturnValue:
    """Let somebody take part."""
    item = _audit(reference)
    form = Form(
        AddMember,
        request.form if request.method == "POST" else None,
        initial={"version": item.version},
        choices={"person_id": people.choices(g.session)},
    )
    if form.valid and done(form, lambda: team.add_member(g.session, item, form.value)):
        return redirect(f"{item.path}#team", 303)
    intro = "Auditors and technical experts are independent of what is audited; auditees and observers need not be."
    return form_page("Who takes part", form, item.path, item.reference, submit="Add", intro=intro)


@blueprint.route("/audits/<reference>/team/<int:person_id>/remove", methods=["GET", "POST"])
def remove_member(reference: str, person_id: int) -> ResponseReturnValue:
    """Let somebody take part no more."""
    item = _audit(reference)
    form = Form(Why, request.form if request.method == "POST" else None, initial={"version": item.version})
    if form.valid and done(form, lambda: team.remove_member(g.session, item, person_id, form.value)):
        return redirect(f"{item.path}#team", 303)
    return form_page("Takes part no more", form, item.path, item.reference, submit="Remove")


@blueprint.route("/audits/<reference>/attest", methods=["GET", "POST"])
def attest(reference: str) -> ResponseReturnValue:
    """State one's own impartiality."""
    item = _audit(reference)
    form = Form(Attest, request.form if request.method == "POST" else None, initial={"version": item.version})
    if form.valid and done(form, lambda: team.attest(g.session, item, form.value)):
        return redirect(f"{item.path}#team", 303)
    return form_page("Statement of impartiality", form, item.path, item.reference)


@blueprint.route("/audits/<reference>/reviews/new", methods=["GET", "POST"])
def arrange_review(reference: str) -> ResponseReturnValue:
    """Arrange a compensating review."""
    item = _audit(reference)
    everybody = people.choices(g.session)
    form = Form(
        ArrangeReview,
        request.form if request.method == "POST" else None,
        initial={"version": item.version},
        choices={"person_id": people.choices(g.session, "auditor"), "reviewer_id": everybody},
    )
    if form.valid and done(form, lambda: team.arrange_review(g.session, item, form.value)):
        return redirect(f"{item.path}#team", 303)
    intro = "For small organisations in which nobody competent is independent: somebody else looks over the work before the report (9.2.2)."
    return form_page("Compensating review", form, item.path, item.reference, submit="Arrange", intro=intro)


@blueprint.route("/audits/<reference>/reviews/<int:person_id>", methods=["GET", "POST"])
def review_work(reference: str, person_id: int) -> ResponseReturnValue:
    """Look over the work of somebody who is not independent."""
    item = _audit(reference)
    form = Form(
        ReviewWork, request.form if request.method == "POST" else None, initial={"version": item.version}
    )
    if form.valid and done(form, lambda: team.review_work(g.session, item, person_id, form.value)):
        return redirect(f"{item.path}#team", 303)
    return form_page("Compensating review", form, item.path, item.reference)


@blueprint.route("/audits/<reference>/distribute", methods=["GET", "POST"])
def distribute(reference: str) -> ResponseReturnValue:
    """Give the signed report to persons."""
    item = _audit(reference)
    form = Form(
        DistributeReport,
        request.form if request.method == "POST" else None,
        initial={"person_ids": _usual_recipients(item)},
        choices={"person_ids": people.choices(g.session)},
    )
    if form.valid and done(form, lambda: planning.distribute(g.session, item, form.value)):
        flash("The report is given out.", "success")
        return redirect(f"{item.path}#report", 303)
    return form_page("Who gets the report", form, item.path, item.reference, submit="Give out")


def _usual_recipients(item: Audit) -> list[str]:
    """Owners of what was audited, auditees, and whoever answers for the audit."""
    owners = [system.owner_id for system in item.systems] + [item.owner_id]
    auditees = [member.person_id for member in item.members if member.role == "auditee"]
    return [str(person_id) for person_id in dict.fromkeys([*owners, *auditees]) if person_id]


@blueprint.route("/audits/<reference>/read", methods=["POST"])
def confirm_reading(reference: str) -> ResponseReturnValue:
    """Confirm having read one's copy."""
    item = _audit(reference)
    planning.confirm_reading(g.session, item)
    return redirect(f"{item.path}#report", 303)


@blueprint.route("/audits/<reference>/team")
def team_page(reference: str) -> ResponseReturnValue:
    """Who would be free to audit this, and what speaks against the others."""
    item = _audit(reference)
    return render_template("audits/team.html", item=item, candidates=team.candidates(g.session, item))
