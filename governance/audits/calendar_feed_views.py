"""Subscribing to the calendar: a person's own links, and the iCalendar file behind each, which needs nobody signed in."""

from contextlib import AbstractContextManager
from hashlib import sha256
from typing import cast

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from icalendar import STATUS
from sqlalchemy.orm import Session

from governance.audits import calendar_feed_queries, calendar_feeds
from governance.audits.calendar_feed_queries import Row
from governance.audits.calendar_file import Occurrence, calendar_file, unique
from governance.audits.calendar_models import CalendarFeed
from governance.audits.calendar_schemas import SubscribeCalendar
from governance.audits.calendar_selection import PROJECTED, from_kept
from governance.audits.calendar_shared_views import frame, kind_of_audit
from governance.audits.models import AuditState
from governance.consultations import throttle
from governance.core import clock
from governance.core.errors import NotFound
from governance.core.settings import secret
from governance.web import i18n
from governance.web.application import Application, attempt
from governance.web.forms import Form
from governance.web.security import client_address
from governance.web.templating import english

blueprint = Blueprint("calendar_feeds", __name__)
# An audit that no schedule made is reminded of as if it had the usual lead time.
_REMIND_DAYS = 30
_WAITING = (AuditState.PLANNED, AuditState.IN_PROGRESS, PROJECTED)


def _app() -> Application:
    return cast(Application, current_app)


@blueprint.route("/calendar/links", methods=["GET", "POST"])
def links() -> ResponseReturnValue:
    """One's own links; a new one is shown once."""
    here = frame("links", clock.today())
    form = Form(SubscribeCalendar, request.form if request.method == "POST" else None)
    link = ""
    if form.valid and (
        made := attempt(
            form,
            lambda: calendar_feeds.subscribe(g.session, form.value, here.chosen, i18n.language()),
        )
    ):
        link = url_for("calendar_feeds.file", token=made.secret, _external=True)
        form = Form(SubscribeCalendar)
    page = render_template(
        "audits/calendar_links.html",
        frame=here,
        form=form,
        link=link,
        rows=calendar_feeds.of_person(g.session, g.actor.person_id),
        said=lambda feed: ", ".join(label for label, *_ in here.labels(from_kept(feed.chosen))),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/calendar/links/<int(max=2147483647):feed_id>/revoke", methods=["POST"])
def revoke(feed_id: int) -> ResponseReturnValue:
    """Take a link back."""
    calendar_feeds.revoke(g.session, calendar_feeds.own(g.session, g.actor, feed_id))
    flash("The link is useless from now on.", "success")
    return redirect(url_for("calendar_feeds.links"), 303)


@blueprint.route("/calendar/<token>.ics")
def file(token: str) -> ResponseReturnValue:
    """The iCalendar file of a link; 404 if the link is unknown or revoked, or its person may no longer sign in."""
    found = calendar_feeds.live(g.session, token)
    if found is None:
        key = _key("calendar-unknown", client_address())
        throttle.refuse_busy(g.session, {key: throttle.PER_ADDRESS})
        with _writing() as writing:
            throttle.note(writing, [key])
        raise NotFound("There is no such calendar.")
    feed, reader = found
    key = _key("calendar", str(feed.id))
    throttle.refuse_busy(g.session, {key: throttle.PER_ADDRESS})
    with force_locale(feed.language):
        content = _content(
            feed, *calendar_feed_queries.occurrences(g.session, reader, from_kept(feed.chosen))
        )
    digest = sha256(content).hexdigest()
    with _writing() as writing:
        throttle.note(writing, [key])
        since = calendar_feeds.note_fetch(writing, feed.id, digest)
    response = make_response(content)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="audits.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(digest)
    response.last_modified = since
    return response.make_conditional(request)


def _key(kind: str, what: str) -> str:
    return throttle.daily_key(secret(_app().settings, "throttle-salt"), clock.today(), kind, what)


def _writing() -> AbstractContextManager[Session]:
    """A transaction of its own: that of a page that is only read cannot write."""
    return _app().database.transaction()


def _content(feed: CalendarFeed, rows: list[Row], cut: bool) -> bytes:
    description = i18n.term("Audits of AI systems, from the AIMS Registry.")
    if cut:
        description += " " + i18n.term("There are more than fit here; make a link with a narrower choice.")
    # Two installations number their audits alike, so what makes their events differ comes from a secret of each.
    house = sha256(secret(_app().settings, "calendar-house").encode()).hexdigest()[:16]
    root = request.host_url.rstrip("/")
    return calendar_file(
        (_occurrence(row, house, root) for row in rows),
        uid=unique(str(feed.id), house),
        name=f"{_app().settings.organisation}: {feed.name}",
        description=description,
        address=f"{root}/calendar",
    )


def _occurrence(row: Row, house: str, root: str) -> Occurrence:
    kind = kind_of_audit(row.audit_type)
    about = f"{kind}: {row.system}" if row.system else kind
    status = {PROJECTED: STATUS.TENTATIVE, AuditState.CANCELLED: STATUS.CANCELLED}
    remind = _REMIND_DAYS if row.lead_days is None else row.lead_days
    return Occurrence(
        uid=unique(row.key, house),
        day=row.day,
        summary=f"{row.reference} {about} ({i18n.term(english(row.state))})",
        status=status.get(row.state, STATUS.CONFIRMED),
        sequence=row.sequence,
        changed_at=row.changed_at,
        category=kind,
        url=f"{root}{row.path}",
        remind_days=remind if row.state in _WAITING else None,
    )
