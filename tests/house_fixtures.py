"""The registry under test: a real database, its people, and sessions in which one of them acts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.access import service as access
from governance.access.actor import INSTALLER, Actor
from governance.access.schemas import AddPerson
from governance.core import clock
from governance.core.database import Database
from governance.organisation import service as organisation
from governance.organisation.schemas import RecordTraining
from tests.cast import CAST, PASSWORD


@dataclass(frozen=True)
class House:
    """A registry with the cast in it."""

    database: Database

    def actor(self, who: str) -> Actor:
        """The actor of a person of the cast."""
        with self.database.transaction(readonly=True) as session:
            found = people.by_email(session, CAST[who].email)
            assert found is not None
            return people.actor_for(found)

    def id_of(self, who: str) -> int:
        """A person's id."""
        person_id = self.actor(who).person_id
        assert person_id is not None
        return person_id

    @contextmanager
    def acting(self, who: str, reason: str = "") -> Iterator[Session]:
        """A transaction in which a person of the cast acts; it commits at the end."""
        with self.database.transaction(
            self.actor(who), source="test", request_id="test", reason=reason
        ) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only transaction."""
        with self.database.transaction(readonly=True) as session:
            yield session


def populate(database: Database) -> None:
    """Add the cast."""
    from governance.access import passwords

    with database.transaction(INSTALLER, source="test") as session:
        hashed = passwords.hashed(PASSWORD)
        for part in CAST.values():
            data = AddPerson(name=part.name, email=part.email, roles=list(part.roles), position=part.position)
            access.add_person(session, data).password_hash = hashed
        _train_the_auditor(session)


def _train_the_auditor(session: Session) -> None:
    """Nobody audits who cannot show how (7.2)."""
    ada = people.by_email(session, CAST["ada"].email)
    assert ada is not None
    for competence in ("audit_19011", "statistics", "security_testing", "data_engineering"):
        data = RecordTraining(
            person_id=ada.id, competence=competence, training_kind="examination", completed_on=clock.today(), proof="Examination passed",
        )  # fmt: skip
        organisation.record_training(session, data)
