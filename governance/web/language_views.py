"""Choosing the language of the pages: a form that works without scripts, and a cookie that says nothing about anybody."""

from urllib.parse import urlparse

from flask import Blueprint, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from governance.core.errors import DomainError
from governance.web import i18n
from governance.web.security import local_target

blueprint = Blueprint("language", __name__)

_A_YEAR = 365 * 24 * 3600


@blueprint.route("/language", methods=["POST"])
def choose() -> ResponseReturnValue:
    """Keep the language in this browser and go back to the page that was open."""
    wanted = request.form.get("language", "")
    if wanted not in i18n.LANGUAGES:
        raise DomainError("There is no such language.")
    answer = redirect(_readable(local_target(request.form.get("next"), "/")), 303)
    answer.set_cookie(
        i18n.COOKIE,
        wanted,
        max_age=_A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return answer


def _readable(target: str) -> str:
    """The address, if it is one that can be opened and not only sent to; else that of Home."""
    try:
        current_app.url_map.bind("").match(urlparse(target).path, method="GET")
    except HTTPException:
        return "/"
    return target
