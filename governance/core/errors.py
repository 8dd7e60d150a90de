"""What the domain says when it says no. Each surface (page, API, command line) translates these in one place."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: which check says so, its clause, and the path of the page that mends it."""

    check: str
    clause: str
    severity: str
    title: str
    fix: str
    detail: str = ""


class DomainError(Exception):
    """Base of all refusals; `message` is a whole sentence for the person who reads it."""

    status = 400

    def __init__(self, message: str, **values: Any) -> None:
        self.message = message.format(**values) if values else message
        super().__init__(self.message)


class Interrupted(Exception):
    """Work ended from outside, such as a process that was killed: worth another attempt. The message is a sentence."""


class NotFound(DomainError):
    """There is no such record, or it is not for this actor to see (HTTP 404)."""

    status = 404


class Forbidden(DomainError):
    """The actor lacks the permission (HTTP 403)."""

    status = 403


class Conflict(DomainError):
    """Somebody else changed the record since it was read (HTTP 409)."""

    status = 409

    def __init__(self, message: str, *, reference: str = "", **values: Any) -> None:
        super().__init__(message, **values)
        self.reference = reference


class Refused(DomainError):
    """A rule of the domain says no (HTTP 422); `gaps` list what is missing, `field` names the input at fault."""

    status = 422

    def __init__(
        self,
        message: str,
        *,
        gaps: tuple[Gap, ...] = (),
        field: str | None = None,
        fix: str = "",
        **values: Any,
    ) -> None:
        super().__init__(message, **values)
        self.gaps = gaps
        self.field = field
        self.fix = fix
