"""The unsubscribe link of mails: a person reads and confirms, a mail program posts at once (RFC 8058)."""

from typing import cast

from flask import Blueprint, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.notifications import service, unsubscribing
from governance.notifications.topics import title
from governance.web.application import Application

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.route("/unsubscribe/<token>", methods=["GET", "POST"])
def unsubscribe(token: str) -> ResponseReturnValue:
    """Opening it changes nothing, as programs that look for viruses open every link; sending the form does."""
    person_id, topic = unsubscribing.read(cast(Application, current_app).settings, token)
    person = people.person(g.session, person_id)
    if request.method == "POST":
        service.unsubscribe(g.session, person, topic)
    return render_template(
        "notifications/unsubscribe.html", topic=title(topic), is_done=request.method == "POST"
    )
