"""The door of the auditor's room: an external auditor gets through to the room and nowhere else, and each try is noted."""

from typing import cast

from flask import Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from governance.access.actor import Actor
from governance.core import records
from governance.core.errors import Forbidden
from governance.external_audits import queries, sharing
from governance.external_audits.models import VisitAct
from governance.web.application import Application
from governance.web.security import OPEN_ENDPOINTS

ROOM = "auditors_room"
# Besides the room: what is open to people without an account, and one's own password.
_FREE = OPEN_ENDPOINTS | {"access.sign_out", "access.choose_password"}


def install(app: Application) -> None:
    """Stand before every view. What is not named here is closed, so a page that somebody adds tomorrow is closed too."""
    app.before_request(_let_through)
    app.after_request(_note)


def is_external(actor: Actor | None) -> bool:
    """Whether somebody sees the auditor's room and nothing else, whatever other roles they hold."""
    return actor is not None and actor.has(sharing.ROLE)


def _let_through() -> ResponseReturnValue | None:
    actor = _external()
    if actor is None or request.endpoint is None or request.endpoint in _FREE or request.blueprint == ROOM:
        return None
    if request.endpoint == "home.home":
        return redirect("/auditors-room")
    if request.method == "GET" and (address := _in_the_room(actor)):
        return redirect(address)
    raise Forbidden("This is not shared with you. What is shared stands in the auditor's room.")


def _external() -> Actor | None:
    """The external auditor who is signed in, if one is."""
    if request.endpoint in Application.without_transaction:
        return None
    actor: Actor | None = getattr(current_user, "actor", None)
    return actor if is_external(actor) else None


def _in_the_room(actor: Actor) -> str:
    """Where the room shows the record whose page or file was asked for; blank if it is not shared."""
    reference = str((request.view_args or {}).get("reference", ""))
    if not reference:
        return ""
    with cast(Application, current_app).database.transaction(actor, readonly=True) as reading:
        record = records.find(reading, reference)
        guest = queries.guest_of(reading, actor.person_id or 0)
        if record is None or guest is None or record.id not in queries.visible(reading, guest.audit):
            return ""
        own = {record.path: "", f"/records/{record.reference}": "", f"{record.path}/file": "/file"}
        tail = own.get(request.path)
        return "" if tail is None else f"/auditors-room/records/{record.reference}{tail}"


def _note(response: Response) -> Response:
    """Write what was seen or refused into the trail, before the answer leaves: nothing is shown that is not noted."""
    actor = _external()
    act = _act(response)
    if actor is not None and act is not None:
        app = cast(Application, current_app)
        with app.database.transaction(actor, source="web", request_id=g.get("request_id", "")) as writing:
            sharing.visit(writing, act, request.full_path.removesuffix("?"))
    return response


def _act(response: Response) -> VisitAct | None:
    if response.status_code in (400, 401, 403, 404, 405):
        return VisitAct.REFUSED
    if request.blueprint != ROOM or request.method == "POST" or response.status_code >= 300:
        return None
    return VisitAct.DOWNLOADED if str(request.endpoint).endswith(".file") else VisitAct.VIEWED
