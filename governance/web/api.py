"""The door for programs: a bearer token instead of a person, JSON in and out, errors as problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Response, current_app, g, json, request
from pydantic import BaseModel, ValidationError

from governance.access import tokens
from governance.access.tokens import Bearer
from governance.core.database import Database
from governance.core.errors import DomainError, Forbidden

PREFIX = "/api/"
M = TypeVar("M", bound=BaseModel)


class Unauthorized(DomainError):
    """No token, or one that opens nothing (HTTP 401)."""

    status = 401


class Invalid(DomainError):
    """The JSON does not fit; `errors` name each field (HTTP 422)."""

    status = 422

    def __init__(self, message: str, errors: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.errors = errors


def is_call() -> bool:
    """Whether this request comes through the door for programs."""
    return request.path.startswith(PREFIX)


def authenticate(database: Database) -> Bearer:
    """Who calls, by the Authorization header. Raises Unauthorized."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        with database.transaction(readonly=True) as reading:
            found = tokens.bearer(reading, secret.strip())
        if found is not None:
            return found
    raise Unauthorized("Send a valid token as «Authorization: Bearer …»; a compliance officer issues them.")


def require(scope: str, system_id: int) -> None:
    """Refuse a token of another scope or another system. Raises Forbidden."""
    bearer: Bearer = g.bearer
    if bearer.scope != scope:
        raise Forbidden(f"This token is for {bearer.scope}.")
    if bearer.system_id is not None and bearer.system_id != system_id:
        raise Forbidden("This token is bound to another AI system.")


def given(schema: type[M]) -> M:
    """The request's JSON as a schema. Raises Invalid with the place of each error; 413 if it is too long."""
    # The limit of the application is that of files, which are streamed; this is read whole.
    request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]
    try:
        return schema.model_validate_json(request.get_data(cache=True) or b"null")
    except ValidationError as error:
        wrong = [
            {"field": ".".join(str(part) for part in item["loc"]), "message": str(item["msg"])}
            for item in error.errors()
        ]
        raise Invalid("The JSON does not fit.", wrong) from error


def problem(status: int, title: str, **more: Any) -> Response:
    """An error as programs read it."""
    body = {"type": "about:blank", "status": status, "title": title, **more}
    answer = answer_json(body, status)
    answer.mimetype = "application/problem+json"
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def answer_json(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), status=status, mimetype="application/json")


def problem_of(error: DomainError) -> Response:
    """A refusal of the domain as problem+json, with its fields and gaps."""
    more: dict[str, Any] = {}
    if isinstance(error, Invalid):
        more["errors"] = error.errors
    if field := getattr(error, "field", None):
        more["errors"] = [{"field": field, "message": error.message}]
    if fix := getattr(error, "fix", ""):
        more["fix"] = fix
    return problem(error.status, error.message, **more)
