"""Tokens with which pipelines deliver measurements: issued once, kept as a hash, bound to a scope, revocable."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.actor import Actor
from governance.access.models import ApiToken
from governance.access.schemas import IssueToken
from governance.access.verbs import actor_of, verb
from governance.core import clock, records
from governance.core.errors import Refused

MEASUREMENTS = "measurements:write"
_PREFIX = "aims_"
_LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Issued:
    """A token just issued: the secret is shown once and kept nowhere."""

    token: ApiToken
    secret: str


@dataclass(frozen=True)
class Bearer:
    """Who stands behind a token: an actor without a person, and the one system it may be used for, if it is bound."""

    actor: Actor
    scope: str
    system_id: int | None


@verb("tokens.issue")
def issue(session: Session, data: IssueToken) -> Issued:
    """Issue a token for delivering measurements."""
    if not clock.today() <= data.expires_on <= clock.today() + _LONGEST:
        raise Refused("A token ends between today and a year from now.", field="expires_on")
    system = records.find(session, data.system) if data.system else None
    if data.system and (system is None or system.kind != "ai_system"):
        raise Refused(f"There is no AI system {data.system}.", field="system")
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=data.name,
        shown=secret[:10],
        token_hash=_hash(secret),
        scope=MEASUREMENTS,
        system_id=system.id if system else None,
        issued_by_id=actor_of(session).person_id or 0,
        expires_on=data.expires_on,
    )
    session.add(token)
    session.flush()
    return Issued(token, secret)


@verb("tokens.revoke")
def revoke(session: Session, token: ApiToken) -> ApiToken:
    """Take a token back at once."""
    if token.revoked_at is not None:
        raise Refused(f"The token {token.name} is revoked already.")
    token.revoked_at = clock.now()
    return token


def every(session: Session) -> list[ApiToken]:
    """All tokens, newest first."""
    return list(session.scalars(select(ApiToken).order_by(ApiToken.id.desc())))


def bearer(session: Session, secret: str) -> Bearer | None:
    """Who stands behind a secret; None if it opens nothing."""
    token = session.scalars(select(ApiToken).where(ApiToken.token_hash == _hash(secret))).first()
    if token is None or not token.is_live:
        return None
    actor = Actor(None, f"Pipeline {token.name}", frozenset({"pipeline"}))
    return Bearer(actor, token.scope, token.system_id)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
