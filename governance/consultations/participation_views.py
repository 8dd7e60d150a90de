"""Pages for who runs a consultation: invitations, what participants said, and which concerns it contains."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from governance.access.policy import may
from governance.access.verbs import refusal
from governance.consultations import participation, queries
from governance.consultations.models import Consultation
from governance.consultations.participation_schemas import Invite, Triage
from governance.consultations.views import SEVERITIES
from governance.core import clock, records
from governance.core.errors import Forbidden
from governance.web.application import attempt, done
from governance.web.forms import Form

blueprint = Blueprint("participation", __name__)
_A_PAGE = 50


def _get(reference: str) -> Consultation:
    return records.get(g.session, Consultation, reference)


def _readable(reference: str) -> Consultation:
    """The consultation, for somebody who may read what participants wrote (CON-4). Raises Forbidden."""
    item = _get(reference)
    if not may(g.actor, "consultations.triage", item):
        raise Forbidden(refusal(g.actor, "consultations.triage"))
    return item


@blueprint.route("/consultations/<reference>/invitations", methods=["GET", "POST"])
def invitations(reference: str) -> ResponseReturnValue:
    """Links to take part; a new one is shown once."""
    item = _get(reference)
    initial = {
        "expires_on": item.ends_on,
        "uses_allowed": 100,
        "language": item.languages[0] if item.languages else "",
        "group": item.groups[0].id if item.groups else None,
    }
    choices = {
        "group": [(str(group.id), group.name) for group in item.groups],
        "language": [(name, name) for name in item.languages],
    }
    form = Form(Invite, request.form if request.method == "POST" else None, initial=initial, choices=choices)
    link = ""
    if form.valid and (made := attempt(form, lambda: participation.invite(g.session, item, form.value))):
        link = url_for("take_part.answer", token=made[1], _external=True)
        form = Form(Invite, None, initial=initial, choices=choices)
    page = render_template(
        "consultations/invitations.html",
        item=item,
        form=form,
        link=link,
        rows=queries.invitations(g.session, item),
        closed=lambda row: participation.closed_because(g.session, row),
        now=clock.today(),
    )
    return page, 422 if form.errors else 200


@blueprint.route(
    "/consultations/<reference>/invitations/<int(max=2147483647):invitation_id>/revoke", methods=["POST"]
)
def revoke(reference: str, invitation_id: int) -> ResponseReturnValue:
    """Take a link back."""
    item = _get(reference)
    participation.revoke(g.session, item, queries.invitation(g.session, item, invitation_id))
    flash("The link is useless from now on.", "success")
    return redirect(f"{item.path}/invitations", 303)


@blueprint.route("/consultations/<reference>/contributions")
def contributions(reference: str) -> ResponseReturnValue:
    """What participants said, for those who answer it."""
    item = _readable(reference)
    after = request.args.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    rows = queries.contributions(g.session, item, after=start, limit=_A_PAGE + 1)
    return render_template(
        "consultations/contributions.html",
        item=item,
        rows=rows[:_A_PAGE],
        start=start,
        following=rows[_A_PAGE - 1].number if len(rows) > _A_PAGE else None,
        took_part=queries.heads(g.session, item),
        said=queries.said,
    )


@blueprint.route(
    "/consultations/<reference>/contributions/<int(max=2147483647):number>", methods=["GET", "POST"]
)
def triage(reference: str, number: int) -> ResponseReturnValue:
    """Read one contribution and say which concerns it contains."""
    item = _readable(reference)
    row = queries.contribution(g.session, item, number)
    choices = {
        "concerns": [(str(one.number), f"{one.number}: {one.summary[:160]}") for one in item.concerns],
        "severity": SEVERITIES,
    }
    initial = {
        "concerns": [str(link.concern.number) for link in row.concerns],
        "set_aside": row.set_aside,
        "severity": 0,
    }
    form = Form(Triage, request.form if request.method == "POST" else None, initial=initial, choices=choices)
    if form.valid and done(form, lambda: participation.triage(g.session, item, row, form.value)):
        flash(f"Contribution {number} is read.", "success")
        return redirect(f"{item.path}/contributions", 303)
    page = render_template("consultations/contribution.html", item=item, row=row, form=form)
    return page, 422 if form.errors else 200
