"""Builders of what is told: real verbs of the rooms that tell it."""

from datetime import date

from sqlalchemy import select

from governance.access.actor import SCHEDULER
from governance.audits import making
from governance.audits import service as audits
from governance.audits.models import Audit
from governance.audits.schemas import ScheduleAudits
from governance.core import clock, records
from governance.improvement import service as improvement
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.notifications import service
from governance.notifications.models import Delivery, How, Notification
from governance.notifications.schemas import ChooseTopics
from governance.notifications.service import News
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.systems.build import a_system


def told(house: House, who: str | None = None) -> list[Notification]:
    """What stands in the outbox, oldest first, of all or of one person."""
    with house.reading() as session:
        statement = select(Notification).order_by(Notification.id)
        if who is not None:
            statement = statement.where(Notification.person_id == house.id_of(who))
        return list(session.scalars(statement))


def tell(
    house: House, *who: str, topic: str = "audit", key: str = "audit:1", subject: str = "An audit is near"
) -> None:
    """Tell persons something, as the scheduler."""
    with house.database.transaction(SCHEDULER, source="test") as session:
        news = News(topic, subject, key, path="/audits", text="")
        service.tell(session, [house.id_of(item) for item in who], news)


def a_finding(house: House, title: str = "No sample sizes") -> str:
    system = a_system(house)
    with house.acting("ada") as session:
        data = RecordFinding(
            title=title, grade=Grade.MINOR, criterion="A.7.4", evidence_statement="Table 3", gap="No n"
        )
        return improvement.record_finding(session, records.get(session, AiSystem, system), data).reference


def an_audit(house: House, due: date, *, lead_days: int = 30, leader: str | None = "ada") -> str:
    """An audit that is due on a day, made by its schedule."""
    system = a_system(house)
    with house.acting("olivia") as session:
        data = ScheduleAudits(
            audit_type="fairness", every=12, unit="months", starts_on=due, lead_days=lead_days, grace_days=90,
            lead_auditor_id=house.id_of(leader) if leader else None,
        )  # fmt: skip
        schedule = audits.schedule(session, records.get(session, AiSystem, system), data)
        return making.make_occurrence(session, schedule, due, clock.today()).reference


def audit(house: House, reference: str) -> Audit:
    with house.reading() as session:
        return records.get(session, Audit, reference)


def states(house: House) -> list[Delivery]:
    """State of each row of the outbox, oldest first."""
    return [item.state for item in told(house)]


def choose(house: House, who: str, language: str = "en", **choices: How) -> None:
    """A person chooses how they are told."""
    with house.acting(who) as session:
        service.choose(session, ChooseTopics(choices=choices, language=language))
