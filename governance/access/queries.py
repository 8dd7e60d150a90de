"""Reads about people."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from governance.access.actor import Actor
from governance.access.models import Person, RoleGrant
from governance.core.errors import NotFound


def people(session: Session) -> tuple[Person, ...]:
    """Everybody, by name, with their roles."""
    return tuple(session.scalars(select(Person).options(selectinload(Person.grants)).order_by(Person.name)))


def person(session: Session, person_id: int) -> Person:
    """One person. Raises NotFound."""
    found = session.get(Person, person_id, options=[selectinload(Person.grants)])
    if found is None:
        raise NotFound("There is no such person.")
    return found


def by_email(session: Session, email: str) -> Person | None:
    """The person with this address, or None."""
    return session.scalars(select(Person).where(Person.email == email.strip().lower())).first()


def with_role(session: Session, *roles: str) -> tuple[Person, ...]:
    """Active persons who hold one of the roles, by name."""
    holders = select(RoleGrant.person_id).where(RoleGrant.role.in_(roles), RoleGrant.revoked_at.is_(None))
    statement = select(Person).where(Person.id.in_(holders), Person.left_on.is_(None)).order_by(Person.name)
    return tuple(person for person in session.scalars(statement) if person.is_active)


def names(session: Session) -> dict[int, str]:
    """Name by person id, for showing."""
    return {row.id: row.name for row in session.execute(select(Person.id, Person.name))}


def granted(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Person id and role by the id of the grant."""
    wanted = select(RoleGrant.id, RoleGrant.person_id, RoleGrant.role).where(RoleGrant.id.in_(ids))
    return {row.id: (row.person_id, row.role) for row in session.execute(wanted)}


def choices(session: Session, *roles: str) -> list[tuple[str, str]]:
    """Active persons as choices of a form: (id, "Name, position"), those with one of the roles, or the whole house."""
    inside = (item for item in people(session) if item.is_active and "external_auditor" not in item.roles)
    found = with_role(session, *roles) if roles else tuple(inside)
    return [(str(item.id), f"{item.name}, {item.position}" if item.position else item.name) for item in found]


def is_empty(session: Session) -> bool:
    """Whether nobody is registered yet: the first start."""
    return session.execute(select(func.count()).select_from(Person)).scalar_one() == 0


def actor_for(found: Person) -> Actor:
    """The frozen actor of a person as they are now."""
    return Actor(found.id, found.name, found.roles, found.email)
