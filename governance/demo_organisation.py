"""The management system of the demonstration: policies, an objective at risk, trainings, a review, and somebody who left."""

from datetime import date, timedelta

from governance.core import clock, records
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.organisation import reviews, service
from governance.organisation.models import ManagementReview, Objective, Policy
from governance.organisation.schemas import (
    AnswerInputs,
    Decide,
    DraftPolicy,
    HoldReview,
    PlanReview,
    RecordResult,
    RecordTraining,
    SetObjective,
)

_AI_POLICY = """1. We use AI where it helps patients and staff, and never to replace the judgement of a person about a person.
2. Ten red lines are never crossed; whoever sees one crossed may stop the system at once.
3. People affected are heard before we decide, and told what became of what they said.
4. Each system has one accountable owner, is measured, audited and can be switched off.
5. We meet what law and contracts ask, and get better every year."""
_SCOPE = """The management system covers all AI systems that the Sankt Elin group develops or uses in its hospitals in Hesse and Bavaria, in care and in
administration, from inception to retirement. Left out: medical devices without software that learns, and research under its own ethics votes."""


def tell_organisation(story: Story, today: date) -> Tale[None]:
    """What clauses 4 to 7 and 9.3 ask for, with one thing missing of each."""
    yield today - timedelta(days=300)
    for number, kind, title, text in (
        ("POL-AI", "policy", "AI policy", _AI_POLICY),
        ("SCOPE", "scope", "Scope of the AI management system", _SCOPE),
    ):
        reference = _policy(story, number, kind, title, text)
        for key in ("olivia", "owen", "tess", "asha", "prue", "ada", "eve"):
            with story.acting(key) as session:
                service.acknowledge(session, records.get(session, Policy, reference))
    _trainings(story)
    yield today - timedelta(days=270)
    objective = _objective(story, today)
    for days, value in ((180, 41.0), (90, 52.0), (15, 55.0)):
        yield today - timedelta(days=days)
        with story.acting("olivia") as session:
            item = records.get(session, Objective, objective)
            service.record_result(session, item, RecordResult(on=clock.today(), value=value))


def review_the_year(story: Story, today: date) -> Tale[None]:
    """Top management looks at what was found, once everything before has happened."""
    yield today - timedelta(days=4)
    _review(story, today)


def _policy(story: Story, number: str, kind: str, title: str, text: str) -> str:
    today = clock.today()
    with story.acting("olivia") as session:
        data = DraftPolicy.model_validate(
            {
                "number": number,
                "policy_kind": kind,
                "title": title,
                "text": text,
                "owner_id": story.id("eve"),
                "effective_from": today,
                "review_due_on": today + timedelta(days=360),
            }
        )
        item = service.draft_policy(session, data)
        reference = item.reference
        service.submit_policy(session, item)
    story.sign_all(reference, eve="top_management", olivia="compliance_lead")
    return reference


def _trainings(story: Story) -> None:
    done = clock.today()
    held = (
        ("owen", "oversight", 350), ("rana", "oversight", 60), ("tess", "oversight", 60), ("asha", "risk_method", 100),
        ("olivia", "risk_method", 100), ("olivia", "aims_basics", 30), ("eve", "signing", 20), ("prue", "signing", 20),
    )  # fmt: skip
    for key, competence, before in held:
        with story.acting("olivia") as session:
            data = RecordTraining(
                person_id=story.id(key),
                competence=competence,
                completed_on=done - timedelta(days=before),
                proof="Stop drill on the ward; case worked through and discussed",
            )
            service.record_training(session, data)


def _objective(story: Story, today: date) -> str:
    with story.acting("olivia") as session:
        data = SetObjective(
            title="Nine in ten overseers have done a stop drill this year",
            measure="Overseers with a drill in the last twelve months, of all overseers",
            unit="%",
            baseline=35,
            target=90,
            starts_on=clock.today(),
            due_on=today + timedelta(days=60),
            owner_id=story.id("olivia"),
            plan="One drill a month and ward, with the night shift first",
            resources="Two days of the simulation centre each month",
        )
        item = service.set_objective(session, data)
        reference = item.reference
        service.submit_objective(session, item)
    story.sign_all(reference, eve="top_management")
    return reference


def _review(story: Story, today: date) -> None:
    with story.acting("olivia") as session:
        data = PlanReview(
            title="Management review of the year",
            planned_on=clock.today(),
            period_from=clock.today() - timedelta(days=365),
        )
        reference = reviews.plan(session, data).reference
    with story.acting("eve") as session:
        item = records.get(session, ManagementReview, reference)
        held = HoldReview(
            held_on=clock.today(),
            attendees="Medical director (chair), board, compliance, quality, works council",
            version=item.version,
        )
        reviews.hold(session, item, held)
    with story.acting("olivia") as session:
        item = records.get(session, ManagementReview, reference)
        answers = {str(row["id"]): "Noted; nothing further to report." for row in item.inputs}
        answers["resources"] = "Two more days of the simulation centre are needed."
        said = AnswerInputs(
            answers=answers,
            conclusions="The system works; oversight on nights is its weakest part.",
            version=item.version,
        )
        reviews.answer(session, item, said)
    for text, key, days in (
        ("Pay two more days of drills a month", "eve", 60),
        ("Bring the objective back on track", "olivia", -1),
    ):
        with story.acting("eve") as session:
            item = records.get(session, ManagementReview, reference)
            due = today + timedelta(days=days)
            reviews.decide(
                session, item, Decide(text=text, owner_id=story.id(key), due_on=due, version=item.version)
            )
    with story.acting("olivia") as session:
        reviews.submit(session, records.get(session, ManagementReview, reference))
    story.sign_all(reference, eve="top_management")
