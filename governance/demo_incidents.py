"""What went wrong in the demonstration: a near miss, and a concern that somebody reported without a name."""

from datetime import date, timedelta

from governance.access.actor import PUBLIC
from governance.core import clock, records
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.incidents import concerns, service
from governance.incidents.models import Concern, Incident
from governance.incidents.schemas import (
    AnswerConcern,
    AssessConcern,
    Contain,
    RecordStep,
    ReportConcern,
    ReportIncident,
    Resolve,
    Tell,
    Triage,
)
from governance.systems.models import AiSystem


def tell_incidents(story: Story, today: date) -> Tale[None]:
    """A near miss that is closed, the breach of the chatbot with one clock settled, a concern answered and one waiting."""
    yield today - timedelta(days=48)
    reference = _near_miss(story)
    yield today - timedelta(days=44)
    with story.acting("olivia") as session:
        item = records.get(session, Incident, reference)
        end = Resolve(
            cause="A firmware update of the monitors changed a unit.",
            lessons="Units are checked at each start; the supplier announces firmware updates.",
            communication="The ward was told the same day; no patient was affected, so nobody else need be.",
            version=item.version,
        )
        service.resolve(session, item, end)
        session.flush()
        service.ask_to_close(session, item)
    story.sign_all(reference, olivia="compliance_lead", eve="top_management")
    yield today - timedelta(days=12)
    _concern_answered(story)
    yield today - timedelta(days=6)
    _breach_told(story)
    yield today - timedelta(days=2)
    _reported(
        story,
        "The applicant filter",
        "Friends of mine were turned down within a minute. Does a computer decide this alone?",
    )


def _near_miss(story: Story) -> str:
    now = clock.now()
    with story.acting("tess") as session:
        data = ReportIncident(
            title="Scores ten times too high for an hour, seen before anybody acted",
            incident_kind="near_miss",
            description="Lactate arrived in another unit; the nurse in charge saw that every patient was red.",
            affected="Eleven patients, none treated otherwise",
            aware_on=now.date(),
            aware_time=f"{now:%H:%M}",
        )
        item = service.report(session, records.get(session, AiSystem, "SYS-0001"), data)
        reference = item.reference
    with story.acting("olivia") as session:
        item = records.get(session, Incident, reference)
        service.triage(session, item, Triage(severity="S4", version=item.version))
    with story.acting("tess") as session:
        item = records.get(session, Incident, reference)
        service.contain(
            session, item, Contain(containment="Score switched off, rounds by hand", version=item.version)
        )
        session.flush()
        service.record_step(
            session,
            item,
            RecordStep(text="Unit check built in, replayed on the day's data", version=item.version),
        )
    return reference


def _breach_told(story: Story) -> None:
    with story.acting("olivia") as session:
        item = records.get(session, Incident, "INC-0002")
        for notice in item.notices:
            told = Tell(told=True, note="Medical director and board, by telephone", version=item.version)
            service.tell(session, item, notice, told)
    with story.acting("tess") as session:
        item = records.get(session, Incident, "INC-0002")
        service.contain(
            session, item, Contain(containment="Chatbot switched off on all pages", version=item.version)
        )


def _reported(story: Story, about: str, text: str) -> str:
    with story.database.transaction(PUBLIC, source="public") as session:
        return concerns.report(
            session, ReportConcern(about=about, text=text), channel="web page"
        ).concern.reference


def _concern_answered(story: Story) -> None:
    reference = _reported(
        story,
        "The sepsis warning",
        "On our ward we are told to confirm every alert within a minute. That is no decision any more.",
    )
    with story.acting("olivia") as session:
        item = records.get(session, Concern, reference)
        look = AssessConcern(
            system="SYS-0001",
            assessment="Pressure of time would undo human oversight; asked the ward management.",
            handler_id=story.id("prue"),
            version=item.version,
        )
        concerns.assess(session, item, look)
    with story.acting("prue") as session:
        item = records.get(session, Concern, reference)
        concerns.handle(session, item)
        session.flush()
        said = "You are right. The one-minute rule is withdrawn; confirming takes as long as looking takes."
        concerns.answer(session, item, AnswerConcern(outcome=said, version=item.version))
