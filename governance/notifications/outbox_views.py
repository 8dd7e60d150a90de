"""Pages of those who look after the connections: the outbox, and webhooks."""

from typing import cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.access.policy import may
from governance.access.verbs import refusal
from governance.core.errors import Forbidden, NotFound
from governance.core.settings import Settings
from governance.notifications import hooks, queries, service
from governance.notifications.models import Delivery
from governance.notifications.schemas import AddWebhook, RevokeWebhook
from governance.notifications.topics import TOPICS, title
from governance.web import i18n
from governance.web.application import Application, attempt, done, form_page
from governance.web.forms import Form

blueprint = Blueprint("outbox", __name__)
_PAGE = 100
_ID = "<int(max=9000000000000000000):row_id>"


def _settings() -> Settings:
    return cast(Application, current_app).settings


def _only_for(action: str) -> None:
    # What others were told is not for everybody to read, unlike records.
    if not may(g.actor, action):
        raise Forbidden(refusal(g.actor, action))


@blueprint.route("/outbox")
def outbox() -> ResponseReturnValue:
    """Everything that was or will be sent, by state."""
    _only_for("notifications.send_again")
    state = request.args.get("state", "")
    if state not in ("", *Delivery):
        raise NotFound("There is no such state.")
    found = queries.outbox(
        g.session, state=state, before=request.args.get("before", type=int), limit=_PAGE + 1
    )
    return render_template(
        "notifications/outbox.html",
        found=found[:_PAGE],
        older=found[_PAGE - 1].id if len(found) > _PAGE else None,
        state=state,
        counts=queries.by_state(g.session),
        states=list(Delivery),
        title=title,
        mail=_settings().mail,
    )


@blueprint.route(f"/outbox/{_ID}/send-again", methods=["POST"])
def send_again(row_id: int) -> ResponseReturnValue:
    """Put one back into the queue."""
    service.send_again(g.session, queries.notification(g.session, row_id))
    flash("It is in the queue again.", "success")
    return redirect("/outbox", 303)


@blueprint.route("/webhooks", methods=["GET", "POST"])
def webhooks() -> ResponseReturnValue:
    """Webhooks; the secret of a new one is shown once."""
    _only_for("webhooks.add")
    choices = {"topics": [(topic.id, i18n.term(topic.title)) for topic in TOPICS.values()]}
    form = Form(AddWebhook, request.form if request.method == "POST" else None, choices=choices)
    secret = ""
    if form.valid:
        inside = _settings().webhooks_inside
        made = attempt(form, lambda: service.add_webhook(g.session, form.value, inside=inside))
        if made is not None:
            secret, form = hooks.secret_of(_settings(), made), Form(AddWebhook, choices=choices)
    page = render_template(
        "notifications/webhooks.html",
        form=form,
        secret=secret,
        webhooks=queries.webhooks(g.session),
        names=people.names(g.session),
        title=title,
    )
    return page, 422 if form.errors else 200


@blueprint.route(f"/webhooks/{_ID}/revoke", methods=["GET", "POST"])
def revoke(row_id: int) -> ResponseReturnValue:
    """Tell a webhook nothing more, with the reason."""
    _only_for("webhooks.revoke")
    hook = queries.webhook(g.session, row_id)
    form = Form(RevokeWebhook, request.form if request.method == "POST" else None)
    if form.valid and done(form, lambda: service.revoke_webhook(g.session, hook, form.value)):
        flash(f"The webhook {hook.name} is revoked.", "warning")
        return redirect("/webhooks", 303)
    return form_page(f"Revoke {hook.name}", form, "/webhooks", "Webhooks", submit="Revoke")


@blueprint.route(f"/webhooks/{_ID}/test", methods=["POST"])
def test(row_id: int) -> ResponseReturnValue:
    """Send a test."""
    hook = queries.webhook(g.session, row_id)
    service.try_webhook(g.session, hook)
    flash("A test is on its way; the outbox says whether it arrived.", "success")
    return redirect("/webhooks", 303)
