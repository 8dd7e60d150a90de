"""Looking back: who chose a day sees every page as it was at its end, and changes nothing meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g, has_request_context, request, session, url_for

from governance.access.actor import Actor
from governance.core.database import Database
from governance.core.errors import DomainError
from governance.trail.moments import Moment, Moments

_KEY = "then"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# These are about the present whatever day is looked at: oneself, the choice of the day, what runs, and the whole trail.
PRESENT = frozenset(
    {
        "static",
        "bootstrap.static",
        "access.sign_in",
        "access.sign_out",
        "access.choose_password",
        "language.choose",
        "past.choose",
        "past.leave",
        "changes.page",
        "jobs.status",
        "jobs.cancel",
        "home.alive",
        "packs.verify_page",
        # A pack is asked for today, also one of an earlier day, and a sealed one is what it is.
        *(
            f"{room}.{page}"
            for room in ("packs", "audit_packs", "system_packs")
            for page in ("new", "record", "download")
        ),
    }
)


class InThePast(DomainError):
    """Somebody tried to change something while they look at the past (HTTP 409)."""

    status = 409


class NotReady(Exception):
    """The file of the moment is not there (any more)."""


@dataclass(frozen=True)
class LookingBack:
    """How pages are shown as they were: the rebuilt files, and who may see them."""

    moments: Moments
    allowed: Callable[[Actor], bool]

    def database(self, live: Database, actor: Actor | None) -> Database:
        """The database that this request reads. Raises InThePast for a change, NotReady if the past must be rebuilt first."""
        found = chosen(actor)
        g.then = None
        if found is None or actor is None or request.endpoint in PRESENT or not self.allowed(actor):
            return live
        if request.method not in SAFE:
            g.then = found
            raise InThePast(
                "You look at the registry as it was at the end of {day}; nothing can be changed there. Go back to today first, "
                "then open the page again.",
                day=found.day.isoformat(),
            )
        with live.transaction(actor, readonly=True) as reading:
            if not self.moments.is_ready(reading, found):
                raise NotReady
        g.then = found
        return self.moments.database(found)


def chosen(actor: Actor | None) -> Moment | None:
    """The moment that somebody chose in this browser; None for the present."""
    kept: Any = session.get(_KEY)
    if actor is None or not kept or kept["person"] != actor.person_id:
        return None
    return Moment(date.fromisoformat(kept["day"]), int(kept["size"]))


def choose(actor: Actor, moment: Moment) -> None:
    """Look back from now on."""
    session[_KEY] = {"day": moment.day.isoformat(), "size": moment.size, "person": actor.person_id}


def leave() -> None:
    """Look at the present again."""
    session.pop(_KEY, None)


def shown() -> Moment | None:
    """The moment that the page of this request shows; None for the present."""
    return g.get("then") if has_request_context() else None


def way_there(day: str, target: str) -> str:
    """The address that chooses a day and goes on to a page."""
    return url_for("past.choose", day=day, next=target)
