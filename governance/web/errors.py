"""How exceptions become pages, in one place. Only the page of a conflict reads the database, in a transaction of its own."""

import logging
from collections.abc import Callable
from typing import Any, cast

from flask import current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from governance.core.errors import Conflict, DomainError, Forbidden, NotFound, Refused
from governance.web import api
from governance.web.application import Application
from governance.web.conflicts import clash

_log = logging.getLogger("aims.web")

Answer = tuple[str, int]


def install(app: Application) -> None:
    """Register every handler; calls by programs get the same errors as problem+json."""
    for kind, page in _PAGES:
        app.register_error_handler(kind, _either(page))


def _either(page: Callable[[Any], ResponseReturnValue]) -> Callable[[Any], ResponseReturnValue]:
    def handle(error: Any) -> ResponseReturnValue:
        if not api.is_call():
            return page(error)
        if isinstance(error, DomainError):
            return api.problem_of(error)
        answer = make_response(page(error))
        return api.problem(
            answer.status_code, getattr(error, "description", "") or "The registry could not do this."
        )

    return handle


def _page(template: str, status: int, message: str, **values: object) -> Answer:
    return render_template(f"errors/{template}.html", message=message, status=status, **values), status


def _not_found(error: NotFound) -> Answer:
    return _page("404", 404, error.message)


def _forbidden(error: Forbidden) -> Answer:
    return _page("403", 403, error.message)


def _conflict(error: Conflict) -> Answer:
    found = None
    if error.reference and request.method == "POST":
        app = cast(Application, current_app)
        # The request's own transaction is rolled back and over.
        with app.database.transaction(readonly=True) as reading:
            found = clash(reading, error.reference, request.form)
    return _page("409", 409, error.message, reference=error.reference, clash=found)


def _refused(error: Refused) -> Answer:
    return _page("refused", 422, error.message, gaps=error.gaps, fix=error.fix)


def _domain(error: DomainError) -> Answer:
    return _page(str(error.status) if error.status in (400, 429) else "400", error.status, error.message)


def _csrf(_: CSRFError) -> Answer:
    return _page(
        "400", 400, "The form is too old or came from elsewhere. Go back, reload the page and send it again."
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    template = str(status) if status in (400, 403, 404, 413, 429) else "400"
    most = (request.max_content_length or 0) // (1024 * 1024)
    return _page(template, status, str(error.description), most=most)


def _integrity(error: IntegrityError) -> Answer:
    _log.warning("The database refused a change: %s", error.orig)
    return _page(
        "409",
        409,
        "Somebody else saved the same thing at the same moment. Look at it and try again.",
        clash=None,
    )


def _operational(error: OperationalError) -> Answer:
    _log.error("The database did not answer: %s", error.orig)
    return _page("500", 503, "The registry is busy. Nothing was changed; try again in a moment.")


def _bug(error: Exception) -> Answer:
    _log.exception("A bug", exc_info=error)
    return _page(
        "500",
        500,
        "Something went wrong in the registry itself. Nothing was changed; the log has the details.",
    )


_PAGES: tuple[tuple[type[Exception], Callable[[Any], ResponseReturnValue]], ...] = (
    (NotFound, _not_found),
    (Forbidden, _forbidden),
    (Conflict, _conflict),
    (Refused, _refused),
    (DomainError, _domain),
    (CSRFError, _csrf),
    (HTTPException, _http),
    (IntegrityError, _integrity),
    (OperationalError, _operational),
    (Exception, _bug),
)
