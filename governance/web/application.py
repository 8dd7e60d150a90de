"""The Flask application class: one transaction per request, read-only for safe methods, rolled back when a view raises."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.routing import IntegerConverter, Map

from governance.access.actor import PUBLIC, Actor
from governance.core import clock
from governance.core.database import Database
from governance.core.errors import Refused
from governance.core.settings import Settings
from governance.web import api, then
from governance.web.forms import Form
from governance.web.translated_templates import TranslatedTemplates

Result = TypeVar("Result")


class RowNumber(IntegerConverter):
    """A number in an address that a database can look for; a larger one names nothing (404)."""

    def __init__(self, rules: Map, **named: Any) -> None:
        super().__init__(rules, **{"max": 2**31 - 1, **named})


class Application(Flask):
    """Flask with the registry's database. Return commits, raise rolls back; nothing else in the program commits."""

    jinja_environment = TranslatedTemplates
    database: Database
    settings: Settings
    looking_back: then.LookingBack
    # Pages for people without an account: whoever opens them acts as the public, also somebody who is signed in.
    public_endpoints: frozenset[str] = frozenset(
        {
            "take_part.answer",
            "take_part.result",
            "take_part.withdraw",
            "concerns.report",
            "concerns.follow_up",
            "unsubscribe.unsubscribe",
            "calendar_feeds.file",
        }
    )
    without_transaction: frozenset[str] = frozenset({"static", "bootstrap.static"})

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self.url_map.converters["int"] = RowNumber

    def dispatch_request(self) -> ResponseReturnValue:
        g.request_id = uuid.uuid4().hex
        g.session = None
        g.actor = self.load_actor()
        if request.routing_exception is not None or request.endpoint in self.without_transaction:
            return super().dispatch_request()
        readonly = request.method in then.SAFE
        info: dict[str, Any] = {"source": "api" if api.is_call() else "web", "request_id": g.request_id}
        database = self.database
        if not api.is_call() and request.endpoint not in self.public_endpoints:
            try:
                database = self.looking_back.database(self.database, g.actor)
            except then.NotReady:
                moment = then.chosen(g.actor)
                return redirect(then.way_there(moment.day.isoformat() if moment else "", request.full_path))
        shown = then.shown()
        with (
            clock.looking_back(shown.until if shown else None),
            database.transaction(g.actor, readonly=readonly, **info) as g.session,
        ):
            return super().dispatch_request()

    def load_actor(self) -> Actor | None:
        """Who is signed in, or the token that calls, read in a short transaction of its own so that no row travels."""
        if request.endpoint in self.without_transaction:
            return None
        if request.endpoint in self.public_endpoints:
            return PUBLIC
        if api.is_call():
            bearer = g.bearer = api.authenticate(self.database)
            return bearer.actor
        return getattr(current_user, "actor", None)


def attempt(form: Form[Any], act: Callable[[], Result]) -> Result | None:
    """Do something a form asked for. A refusal lands in the form, next to its field, and nothing is written; returns None.

    Refusals with a list of gaps have a page of their own and are raised on.
    """
    try:
        return act()
    except Refused as refusal:
        if refusal.gaps:
            raise
        g.session.rollback()
        form.add_error(refusal.field or "", refusal.message)
        return None


def done(form: Form[Any], act: Callable[[], object]) -> bool:
    """Like `attempt`, for acts whose result the page does not need: whether it was done."""
    attempt(form, act)
    return not form.errors


def form_page(
    heading: str, form: Form[Any], back: str, label: str, *, submit: str = "Save", intro: str = ""
) -> ResponseReturnValue:
    """A page with one form, led to from a record: 422 with what was typed if something is wrong with it."""
    page = render_template(
        "layout/form.html",
        heading=heading,
        form=form,
        crumbs=((label, back),),
        submit=submit,
        cancel=back,
        intro=intro,
    )
    return page, 422 if form.errors else 200
