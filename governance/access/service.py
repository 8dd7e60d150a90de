"""Verbs about people and signing in."""

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.access import passwords, queries
from governance.access.actor import Actor
from governance.access.models import Person, RoleGrant, SignInAttempt, SignInSession
from governance.access.policy import policy
from governance.access.schemas import AddPerson, ChangeLine, ChangeRoles, ChoosePassword, Leave
from governance.access.verbs import actor_of, verb
from governance.core import clock
from governance.core.errors import Conflict, DomainError, Refused

THROTTLE_WINDOW = timedelta(minutes=15)
TRIES_PER_ADDRESS_OF_A_PERSON = 5
TRIES_PER_MACHINE = 30


class TooManyTries(DomainError):
    """Guessing is slowed down (HTTP 429)."""

    status = 429


class WrongCredentials(DomainError):
    """Address or password is wrong; which of them is not said (HTTP 401)."""

    status = 401


@dataclass(frozen=True)
class SignedIn:
    """A session just opened: the token goes into the cookie and is kept nowhere else."""

    token: str
    actor: Actor
    must_change_password: bool


@verb("people.add")
def add_person(session: Session, data: AddPerson, *, password: str | None = None) -> Person:
    """Add a person with their roles; without a password they cannot sign in until one is set."""
    if queries.by_email(session, data.email) is not None:
        raise Refused("Somebody with this address is registered already.", field="email")
    _refuse_unknown_roles(data.roles)
    person = Person(
        name=data.name,
        email=data.email,
        unit=data.unit,
        position=data.position,
        access_until=data.access_until,
    )
    if password is not None:
        person.password_hash = passwords.hashed(password)
    person.grants = [RoleGrant(role=role) for role in data.roles]
    session.add(person)
    session.flush()
    return person


@verb("people.change_roles")
def change_roles(session: Session, person: Person, data: ChangeRoles) -> Person:
    """Grant and take back roles. Nobody changes their own (INV-ROL2)."""
    _refuse_stale(person, data.version)
    if person.id == actor_of(session).person_id:
        raise Refused("Nobody grants a role to themselves (INV-ROL2); ask another administrator.")
    _refuse_unknown_roles(data.roles)
    session.info["reason"] = data.reason
    for grant in person.grants:
        if grant.revoked_at is None and grant.role not in data.roles:
            grant.revoked_at = clock.now()
    person.grants.extend(RoleGrant(role=role) for role in data.roles if role not in person.roles)
    return person


@verb("people.change_line")
def change_line(session: Session, person: Person, data: ChangeLine) -> Person:
    """Record whom a person reports to; nobody reports to themselves, not by a detour either."""
    _refuse_stale(person, data.version)
    above = data.reports_to_id
    while above is not None:
        if above == person.id:
            raise Refused("Nobody reports to themselves, not by a detour either.", field="reports_to_id")
        above = queries.person(session, above).reports_to_id
    session.info["reason"] = data.reason
    person.reports_to_id = data.reports_to_id
    return person


@verb("people.leave")
def leave(session: Session, person: Person, data: Leave) -> Person:
    """Record that a person leaves: they can no longer sign in; what they did and signed stays theirs."""
    _refuse_stale(person, data.version)
    if person.id == actor_of(session).person_id:
        raise Refused("Nobody records their own leaving; ask another administrator.")
    session.info["reason"] = data.reason
    person.left_on = data.left_on
    return person


@verb("people.reset_password")
def reset_password(session: Session, person: Person) -> str:
    """Give a person a one-time password, to be changed at the next sign-in. Returns it; it is kept nowhere."""
    one_time = secrets.token_urlsafe(12)
    person.password_hash = passwords.hashed(one_time)
    person.must_change_password = True
    return one_time


@verb("people.choose_password")
def choose_password(session: Session, data: ChoosePassword) -> Person:
    """Choose one's own password, knowing the present one."""
    person = queries.person(session, actor_of(session).person_id or 0)
    if not passwords.matches(person.password_hash, data.current.get_secret_value()):
        raise Refused("This is not your present password.", field="current")
    if data.password.get_secret_value() == data.current.get_secret_value():
        raise Refused("The new password must differ from the present one.", field="password")
    person.password_hash = passwords.hashed(data.password.get_secret_value())
    person.must_change_password = False
    return person


def confirm(session: Session, password: str) -> Person:
    """Make sure that the person who is signed in is at the keyboard (SO-05). Raises Refused.

    The check runs inside the signing transaction: fifty milliseconds of lock buy that no path leads around it.
    """
    person = queries.person(session, actor_of(session).person_id or 0)
    if not person.is_active or not passwords.matches(person.password_hash, password):
        raise Refused("This is not your password; nothing was signed.", field="password")
    return person


def refuse_guessing(session: Session, email: str, address: str) -> None:
    """Raise TooManyTries after too many failed tries for one person or from one machine."""
    since = clock.now() - THROTTLE_WINDOW
    failed = (
        select(func.count())
        .select_from(SignInAttempt)
        .where(SignInAttempt.at > since, SignInAttempt.succeeded.is_(False))
    )
    of_person = session.execute(failed.where(SignInAttempt.email == email)).scalar_one()
    of_machine = session.execute(failed.where(SignInAttempt.address == address)).scalar_one()
    if of_person >= TRIES_PER_ADDRESS_OF_A_PERSON or of_machine >= TRIES_PER_MACHINE:
        raise TooManyTries("Too many failed tries. Wait a quarter of an hour, or ask an administrator.")


def record_attempt(session: Session, email: str, address: str, *, succeeded: bool) -> None:
    """Note a try to sign in."""
    session.add(SignInAttempt(email=email, address=address, at=clock.now(), succeeded=succeeded))


def open_session(session: Session, person: Person, hours: int) -> SignedIn:
    """Open a signed-in session of at most `hours` and return its token."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    expires_at = now + timedelta(hours=hours)
    if person.access_until is not None:
        # So that no session outlives the access it was opened with, also if access is given again later.
        midnight = datetime.combine(person.access_until + timedelta(days=1), time.min, now.tzinfo)
        expires_at = min(expires_at, midnight)
    session.add(
        SignInSession(
            token_hash=_token_hash(token), person_id=person.id, started_at=now, expires_at=expires_at
        )
    )
    return SignedIn(token, queries.actor_for(person), person.must_change_password)


def signed_in(session: Session, token: str) -> tuple[Actor, bool] | None:
    """The actor behind a session token and whether they must change their password; None if it is over."""
    found = session.get(SignInSession, _token_hash(token))
    if found is None or found.ended_at is not None or found.expires_at <= clock.now():
        return None
    person = queries.person(session, found.person_id)
    return (queries.actor_for(person), person.must_change_password) if person.is_active else None


def close_session(session: Session, token: str) -> None:
    """End a signed-in session."""
    found = session.get(SignInSession, _token_hash(token))
    if found is not None and found.ended_at is None:
        found.ended_at = clock.now()


def end_sessions(session: Session, person: Person) -> None:
    """End every session of a person, in whatever browser it is open."""
    there = select(SignInSession).where(
        SignInSession.person_id == person.id, SignInSession.ended_at.is_(None)
    )
    for found in session.scalars(there):
        found.ended_at = clock.now()


def _token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _refuse_unknown_roles(roles: list[str]) -> None:
    unknown = sorted(set(roles) - policy().value.roles.keys())
    if unknown:
        raise Refused(f"There is no role {', '.join(unknown)}.", field="roles")
    if "external_auditor" in roles and len(set(roles)) > 1:
        raise Refused(
            "An external auditor holds no other role: they see what is shared with them.", field="roles"
        )


def _refuse_stale(person: Person, version: int) -> None:
    if person.version != version:
        raise Conflict(f"{person.name} was changed by somebody else after you opened the page.")
