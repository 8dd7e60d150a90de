"""The decorator that makes a service function a verb: permission, version, trail name, flush."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.policy import may
from governance.core.errors import Conflict, Forbidden
from governance.core.records import Record

_verbs: dict[str, str] = {}


P = ParamSpec("P")
R = TypeVar("R")


def verb(
    action: str,
) -> Callable[[Callable[Concatenate[Session, P], R]], Callable[Concatenate[Session, P], R]]:
    """Declare a verb such as `systems.register`.

    The outermost verb of a transaction is asked for permission and names the trail events; a verb called by another
    is not asked again. If the data carries the record's `version`, it must be the present one. Raises Forbidden and
    Conflict.
    """

    def declare(function: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
        _verbs[action] = (function.__doc__ or "").strip().split("\n")[0]

        @wraps(function)
        def guarded(session: Session, *args: P.args, **kwargs: P.kwargs) -> R:
            if session.info.get("verb"):
                return function(session, *args, **kwargs)
            given = [*args, *kwargs.values()]
            record = next((item for item in given if isinstance(item, Record)), None)
            actor: Actor | None = session.info.get("actor")
            if not may(actor, action, record):
                raise Forbidden(refusal(actor, action))
            _refuse_stale(record, given)
            session.info["verb"] = action
            try:
                result = function(session, *args, **kwargs)
                session.flush()
            finally:
                session.info["verb"] = ""
                session.info["last_verb"] = action
            return result

        return cast(Callable[Concatenate[Session, P], R], guarded)

    return declare


def refusal(actor: Actor | None, action: str) -> str:
    """The sentence that says who may do it instead."""
    from governance.access.policy import policy

    words = action.replace(".", ": ").replace("_", " ")
    rules = [rule.replace("_", " ") for rule in policy().value.actions.get(action, ())]
    who = f"{actor.name} may" if actor else "Nobody may"
    return f"{who} not do this ({words}). It is for: {', '.join(rules) or 'nobody'}."


def _refuse_stale(record: Record | None, given: list[Any]) -> None:
    if record is None:
        return
    for item in given:
        version = getattr(item, "version", None)
        if (
            item is not record
            and not isinstance(item, Record)
            and isinstance(version, int)
            and version != record.version
        ):
            raise Conflict(
                f"{record.reference} was changed by somebody else after you opened it.",
                reference=record.reference,
            )


def verbs() -> dict[str, str]:
    """All declared verbs with the first line of their docstring."""
    return dict(_verbs)


def actor_of(session: Session) -> Actor:
    """Who acts in this session."""
    actor = session.info.get("actor")
    if not isinstance(actor, Actor):
        raise Forbidden("Nobody is signed in.")
    return actor
