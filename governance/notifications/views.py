"""Pages of a person: what I was told, and what I want to be told."""

from typing import cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.notifications import queries, service
from governance.notifications.models import How
from governance.notifications.schemas import ChooseTopics
from governance.notifications.topics import TOPICS, title
from governance.web import i18n
from governance.web.application import Application, done
from governance.web.forms import Form

blueprint = Blueprint("notifications", __name__)
_PAGE = 50


@blueprint.route("/notifications")
def mine() -> ResponseReturnValue:
    """What I was told, newest first."""
    before = request.args.get("before", type=int)
    found = queries.mine(g.session, g.actor, before=before, limit=_PAGE + 1)
    return render_template(
        "notifications/mine.html",
        found=found[:_PAGE],
        older=found[_PAGE - 1].id if len(found) > _PAGE else None,
        unseen=any(item.seen_at is None for item in found),
        mail=cast(Application, current_app).settings.mail,
        title=title,
    )


@blueprint.route("/notifications/seen", methods=["POST"])
def seen() -> ResponseReturnValue:
    """Mark everything in my list as seen."""
    service.see(g.session)
    return redirect("/notifications", 303)


@blueprint.route("/notifications/settings", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """Choose how I am told of each topic."""
    form = Form(ChooseTopics, request.form if request.method == "POST" else None)
    if form.valid and done(form, lambda: service.choose(g.session, form.value)):
        flash("This is how you are told from now on.", "success")
        return redirect("/notifications/settings", 303)
    page = render_template(
        "notifications/settings.html",
        form=form,
        topics=TOPICS.values(),
        chosen=queries.settings_of(g.session, g.actor.person_id),
        ways=list(How),
        mail_language=queries.language_of(g.session, g.actor.person_id),
        all_languages=i18n.LANGUAGES,
        mail=cast(Application, current_app).settings.mail,
        email=g.actor.email,
    )
    return page, 422 if form.errors else 200
