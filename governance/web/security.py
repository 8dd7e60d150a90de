"""Headers, CSRF, sign-in cookies and the rule that every page but a few needs a person behind it."""

import uuid
from urllib.parse import urlparse

from flask import Response, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFProtect

from governance.access import service
from governance.access.actor import Actor
from governance.core.errors import NotFound
from governance.core.settings import secret
from governance.web import api
from governance.web.application import Application

# Pages that need nobody signed in; everything else is closed.
OPEN_ENDPOINTS = Application.public_endpoints | {
    "static",
    "bootstrap.static",
    "access.sign_in",
    "packs.verify_page",
    "home.alive",
    "language.choose",
}
# What somebody with a one-time password may still do.
_BEFORE_PASSWORD = frozenset({"access.choose_password", "access.sign_out"})

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class SignedInPerson(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Flask-Login's user: the frozen actor behind the session token."""

    def __init__(self, token: str, actor: Actor, must_change_password: bool) -> None:
        self.id = token
        self.actor = actor
        self.must_change_password = must_change_password


def install(app: Application) -> None:
    """Put all guards around the application."""
    app.config.update(
        SECRET_KEY=secret(app.settings, "session-secret"),
        SESSION_COOKIE_NAME="aims",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.settings.https_only,
        MAX_CONTENT_LENGTH=app.settings.upload_limit,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    CSRFProtect(app)
    manager = LoginManager(app)
    manager.login_view = "access.sign_in"
    manager.session_protection = "strong"
    manager.user_loader(_load)
    app.before_request(_require_text)
    app.before_request(_require_person)
    app.after_request(_harden)


def _load(token: str) -> SignedInPerson | None:
    app = current_app
    assert isinstance(app, Application)
    with app.database.transaction(readonly=True) as reading:
        found = service.signed_in(reading, token)
    return None if found is None else SignedInPerson(token, *found)


def _require_text() -> None:
    """Refuse an address with U+0000 in it: nothing is named so, and PostgreSQL takes none in a question. Raises NotFound."""
    if "\0" in request.path or any("\0" in text for pair in request.args.items(multi=True) for text in pair):
        raise NotFound("There is nothing at this address.")


def _require_person() -> ResponseReturnValue | None:
    g.request_id = uuid.uuid4().hex
    if request.endpoint is None or request.endpoint in OPEN_ENDPOINTS or api.is_call():
        return None
    if not current_user.is_authenticated:
        if request.method != "GET":
            flash("Your session is over. Sign in again; what you typed is kept if you go back.", "warning")
        session.pop("_user_id", None)
        return redirect(
            url_for("access.sign_in", next=request.full_path if request.method == "GET" else None)
        )
    if current_user.must_change_password and request.endpoint not in _BEFORE_PASSWORD:
        return redirect(url_for("access.choose_password"))
    return None


def _harden(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if request.endpoint not in ("static", "bootstrap.static"):
        headers.setdefault("Cache-Control", "no-store")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def local_target(target: str | None, otherwise: str) -> str:
    """The address to go back to, if it is one of ours; else `otherwise`."""
    parts = urlparse(target or "")
    ours = target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if target and ours else otherwise


def client_address() -> str:
    """Address of the machine that sent the request."""
    return request.remote_addr or ""
