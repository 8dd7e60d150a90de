"""Reads about the management system itself."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from governance.access.models import Person, RoleGrant
from governance.core import clock
from governance.core.records import Record
from governance.organisation.catalogue import rules
from governance.organisation.models import (
    Acknowledgement,
    DocumentState,
    ManagementReview,
    Objective,
    Policy,
    ReviewDecision,
    TrainingRecord,
)


def policies(session: Session) -> list[Policy]:
    """All versions of all policies, by number, the newest first."""
    statement = select(Policy).where(Record.kind == "policy").order_by(Policy.number, Policy.revision.desc())
    return list(session.scalars(statement))


def versions_of(session: Session, number: str) -> list[Policy]:
    """Versions of one policy, newest first."""
    return list(
        session.scalars(select(Policy).where(Policy.number == number).order_by(Policy.revision.desc()))
    )


def active_people(session: Session) -> list[Person]:
    """Everybody who is here, with their roles."""
    statement = (
        select(Person)
        .where(Person.left_on.is_(None))
        .options(selectinload(Person.grants))
        .order_by(Person.name)
    )
    return list(session.scalars(statement))


def audience_of(session: Session, item: Policy) -> list[Person]:
    """Who is asked to acknowledge a policy: everybody with one of its roles, or everybody if it names none."""
    return [
        person for person in active_people(session) if not item.audience or person.roles & set(item.audience)
    ]


def acknowledged(session: Session, item: Policy) -> dict[int, Acknowledgement]:
    """Who acknowledged this version, by person."""
    rows = session.scalars(select(Acknowledgement).where(Acknowledgement.policy_id == item.id))
    return {row.person_id: row for row in rows}


def objectives(session: Session) -> list[Objective]:
    """All objectives with their results, those due first."""
    statement = select(Objective).where(Record.kind == "objective").options(selectinload(Objective.results))
    return list(session.scalars(statement.order_by(Objective.due_on)))


def trainings(session: Session, person_id: int | None = None) -> list[TrainingRecord]:
    """Training records of everybody or of one person, newest first."""
    statement = select(TrainingRecord).where(Record.kind == "training_record")
    if person_id is not None:
        statement = statement.where(TrainingRecord.owner_id == person_id)
    return list(
        session.scalars(statement.order_by(TrainingRecord.completed_on.desc(), TrainingRecord.id.desc()))
    )


def reviews(session: Session) -> list[ManagementReview]:
    """All management reviews with their decisions, newest first."""
    statement = (
        select(ManagementReview)
        .where(Record.kind == "management_review")
        .options(selectinload(ManagementReview.decisions))
    )
    return list(session.scalars(statement.order_by(ManagementReview.planned_on.desc())))


def open_decisions(session: Session) -> list[ReviewDecision]:
    """Decisions that nobody carried out yet, the most urgent first."""
    statement = select(ReviewDecision).where(ReviewDecision.done_on.is_(None))
    return list(
        session.scalars(
            statement.options(selectinload(ReviewDecision.review)).order_by(ReviewDecision.due_on)
        )
    )


def owned_by(session: Session, person_id: int) -> list[Record]:
    """Every record that a person owns, by reference; signatures follow their record."""
    statement = select(Record).where(Record.owner_id == person_id, Record.kind != "sign_off")
    return list(session.scalars(statement.order_by(Record.reference).limit(2000)))


@dataclass(frozen=True)
class Standing:
    """How somebody stands to a competence that a role of theirs needs: valid, ending soon, expired or missing."""

    person: Person
    competence: str
    state: str
    until: date | None


def matrix(session: Session) -> list[Standing]:
    """Everybody who is here against every competence their roles need."""
    newest: dict[tuple[int, str], date] = {}
    for item in trainings(session):
        key = (item.owner_id or 0, item.competence)
        newest[key] = max(newest.get(key, item.expires_on), item.expires_on)
    found = []
    for person in active_people(session):
        needed = {name for role in person.roles for name in rules().roles.get(role, ())}
        for name in rules().competences:
            if name in needed:
                until = newest.get((person.id, name))
                found.append(Standing(person, name, _standing(until), until))
    return found


def _standing(until: date | None) -> str:
    if until is None:
        return "missing"
    days = (until - clock.today()).days
    return "expired" if days < 0 else "ends_soon" if days <= 60 else "valid"


def competence_gaps(session: Session, person_id: int, role: str) -> tuple[str, ...]:
    """Titles of the competences that a role needs and a person cannot show today (INV-ROL3)."""
    shown = {item.competence for item in trainings(session, person_id) if item.expires_on >= clock.today()}
    return tuple(rules().competences[name].title for name in rules().roles.get(role, ()) if name not in shown)


def shows(session: Session, person_id: int, competence: str) -> bool:
    """Whether a person can show a competence today: a training or another proof that has not expired."""
    today = clock.today()
    return any(
        item.competence == competence and item.expires_on >= today for item in trainings(session, person_id)
    )


def who_shows(session: Session, competence: str) -> list[Person]:
    """Everybody in the house who can show a competence today, by name."""
    shown = select(TrainingRecord.owner_id).where(
        Record.kind == "training_record",
        TrainingRecord.competence == competence,
        TrainingRecord.expires_on >= clock.today(),
    )
    statement = select(Person).where(Person.id.in_(shown), Person.left_on.is_(None))
    return list(session.scalars(statement.order_by(Person.name)))


def empty_roles(session: Session) -> tuple[str, ...]:
    """Roles that are never to be empty and are (INV-ROL1)."""
    held = select(RoleGrant.role).join(Person, Person.id == RoleGrant.person_id)
    filled = set(session.scalars(held.where(RoleGrant.revoked_at.is_(None), Person.left_on.is_(None))))
    return tuple(role for role in rules().always_filled if role not in filled)


def to_acknowledge(session: Session, person_id: int | None, roles: frozenset[str]) -> list[Policy]:
    """Policies in force that a person is asked to acknowledge and has not."""
    done = select(Acknowledgement.policy_id).where(Acknowledgement.person_id == person_id)
    statement = select(Policy).where(
        Record.kind == "policy", Policy.state == DocumentState.EFFECTIVE, Policy.id.not_in(done)
    )
    return [item for item in session.scalars(statement) if not item.audience or roles & set(item.audience)]
