"""People affected in the demonstration: the stakeholder register, a consultation that is open to the public, and grave concerns."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from governance.access.actor import PUBLIC
from governance.consultations import participation, queries, service, stakeholders
from governance.consultations.models import Consultation, key_of
from governance.consultations.participation_models import (
    Invitation,
    InvitationKind,
    Relation,
    Stakeholder,
    StakeholderKind,
)
from governance.consultations.participation_schemas import (
    EditStakeholder,
    IdentifyStakeholder,
    Invite,
    TakePart,
    Triage,
)
from governance.consultations.schemas import GiveFeedback, Merge, RecordConcern, RecordGroup, Respond
from governance.core import clock, records
from governance.demo_people import ADVOCATE, Tale, advocates, together
from governance.demo_story import Story
from governance.systems.models import AiSystem

_SIZES = {
    "Patients in intensive care": 2600, "Relatives": 5200, "Ward nurses": 340, "Patients with chest complaints": 9100,
    "Radiographers": 48, "Patients": 61000, "Radiologists": 22, "Patients and visitors": 240000, "Inpatients": 38000,
    "Nursing staff": 1900, "Outpatients": 74000, "Pharmacists": 11, "Technicians": 3,
}  # fmt: skip
_VULNERABLE = ("Patients in intensive care", "Inpatients")
_STAFF = ("nurses", "staff", "graphers", "logists", "macists", "Technicians", "managers")
_SAID = (
    ("German", "Dass keiner mehr selbst hinsieht, wenn die Maschine schweigt.", "Einmal am Tag erklären, was sie misst."),
    ("German", "Nachts kommt der Alarm, und mein Mann erschrickt jedes Mal.", ""),
    ("German", "Was passiert mit den Daten, wenn ich entlassen bin?", "Ein Blatt zum Mitnehmen."),
    ("Turkish", "Babama ne olduğunu bize kimse Türkçe anlatmadı.", "Türkçe bir bilgi kâğıdı isteriz."),
    ("Turkish", "Makine yanlış söylerse kim sorumlu?", ""),
    ("Turkish", "Gece alarm çalınca çok korkuyoruz.", "Odada değil, hemşirede çalsın."),
    ("German", "Ich möchte das lieber doch nicht gesagt haben.", ""),
)  # fmt: skip


def identify(story: Story, system: str) -> None:
    """Asha enters the groups of a system; Olivia confirms those that she has looked at."""
    with story.acting("asha") as session:
        record = records.get(session, AiSystem, system)
        names = (*record.affected_groups, *advocates(record.tier))
        waiting = [reference for name in names if (reference := _entered(session, name, system))]
    with story.acting("olivia") as session:
        for reference in waiting:
            stakeholders.confirm(session, records.get(session, Stakeholder, reference))


def _entered(session: Any, name: str, system: str) -> str:
    """Enter one group, or add the system to it; returns its reference if it is to be confirmed."""
    there = session.scalars(select(Stakeholder).where(Stakeholder.name_key == key_of(name))).first()
    if there is not None:
        values = {
            field: getattr(there, field) for field in EditStakeholder.model_fields if field != "systems"
        }
        known = [link.system.reference for link in there.systems]
        stakeholders.edit(session, there, EditStakeholder(**values, systems=[*known, system]))
        return ""
    is_staff = any(word in name for word in _STAFF)
    kind = StakeholderKind.EMPLOYEES if is_staff else StakeholderKind.AFFECTED_PEOPLE
    data = IdentifyStakeholder(
        title=name,
        party=StakeholderKind.INDEPENDENT_ADVOCATE if name == ADVOCATE else kind,
        relation=Relation.SPEAKS_FOR_OTHERS if name == ADVOCATE else Relation.DIRECTLY_AFFECTED,
        description="Named by the owner of the system and checked with the wards.",
        size=_SIZES.get(name),
        vulnerable=name in _VULNERABLE,
        representative="Works council" if is_staff else "Patients' council",
        contact="Patients' council, room E 12, Thursdays"
        if not is_staff
        else "Works council, extension 4100",
        systems=[system],
    )
    return stakeholders.identify(session, data).reference


def tell_consultations(story: Story, today: date, report: Callable[[str], None]) -> Tale[None]:
    """What goes on now: one consultation open to everybody with the link, one that waits for the board, one that came late."""
    yield from together(
        _came_late(story, today),
        _open_now(story, today, report),
        _others(story, today),
        _waits_for_the_board(story, today),
    )


def _others(story: Story, today: date) -> Tale[None]:
    """Groups that nobody asked yet."""
    yield today - timedelta(days=5)
    with story.acting("asha") as session:
        for title, systems, relation in (
            ("People without health insurance", ["SYS-0001", "SYS-0004"], Relation.INDIRECTLY_AFFECTED),
            ("Deaf and hard-of-hearing visitors", ["SYS-0004"], Relation.DIRECTLY_AFFECTED),
            ("Applicants for nursing posts", ["SYS-0009"], Relation.DIRECTLY_AFFECTED),
        ):
            data = IdentifyStakeholder(title=title, relation=relation, vulnerable=True, systems=systems)
            stakeholders.identify(session, data)


def _invite(story: Story, reference: str, group: str, language: str, note: str) -> str:
    with story.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        data = Invite(
            group=next(row.id for row in item.groups if row.name == group),
            kind=InvitationKind.GROUP,
            uses_allowed=200,
            expires_on=item.ends_on,
            language=language,
            note=note,
        )
        return participation.invite(session, item, data)[1]


def _take_part(story: Story, token: str, worry: str, wish: str) -> str:
    """Somebody answers by a link; returns the receipt code."""
    with story.database.transaction(PUBLIC, source="web") as session:
        invitation: Invitation = participation.invitation_of(session, token)
        answers = {"0": worry} | ({"2": wish} if wish else {})
        return participation.take_part(session, invitation, TakePart(answers=answers, consent=True))[1]


def _open_now(story: Story, today: date, report: Callable[[str], None]) -> Tale[None]:
    """A year with the sepsis warning: asked in German and Turkish; the German link is said to whoever loads it."""
    yield today - timedelta(days=10)
    reference = story.plan_consultation(
        "SYS-0001",
        "A year with the sepsis warning",
        "How do you live with the warning, and what should change?",
        method="survey",
        days=40,
        material="A screen at the bed watches your values. It calls a nurse when they change in a dangerous way. People decide.",
        known_limits="It sees less in the first hours of a stay, and it can raise a false alarm.",
        compensation="None; parking is paid at the two meetings",
        retention_until=today + timedelta(days=365),
        consent_version="2",
    )
    with story.acting("asha") as session:
        service.open_(session, records.get(session, Consultation, reference))
    german = _invite(story, reference, "Relatives", "German", "Poster in the waiting room")
    turkish = _invite(story, reference, "Relatives", "Turkish", "Poster in the waiting room, Turkish")
    codes = []
    for days, (language, worry, wish) in enumerate(_SAID, start=2):
        yield today - timedelta(days=10 - days)
        codes.append(_take_part(story, german if language == "German" else turkish, worry, wish))
    yield today - timedelta(days=1)
    with story.database.transaction(PUBLIC, source="web") as session:
        item = participation.by_receipt(session, codes[-1])
        assert item is not None
        participation.withdraw(session, item)
    _triage(story, reference, 1, new_concern="People stop looking for themselves", severity=3)
    _triage(story, reference, 2, new_concern="The alarm in the room frightens patients at night", severity=2)
    _triage(story, reference, 6, concerns=[2])
    _triage(story, reference, 4, new_concern="Nothing is explained in Turkish", severity=3)
    report(f"      the public may take part at /take-part/{german}")


def _triage(story: Story, reference: str, number: int, **values: Any) -> None:
    with story.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        row = queries.contribution(session, item, number)
        participation.triage(session, item, row, Triage.model_validate(values))


def _concern(story: Story, reference: str, said_by: str, summary: str, **values: Any) -> int:
    with story.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        data = RecordConcern(said_by=said_by, summary=summary, version=item.version, **values)
        return service.record_concern(session, item, data).number


def _came(story: Story, reference: str, name: str, invited: int, took_part: int) -> None:
    with story.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        data = RecordGroup(
            name=name, how_reached="Invitation by letter", invited=invited, took_part=took_part, version=item.version
        )  # fmt: skip
        service.record_group(session, item, data)


def _answer(story: Story, reference: str, number: int, disposition: str, reason: str) -> None:
    with story.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        concern = next(row for row in item.concerns if row.number == number)
        data = Respond.model_validate({"disposition": disposition, "reason": reason, "version": item.version})
        service.respond(session, item, concern, data)


def _waits_for_the_board(story: Story, today: date) -> Tale[None]:
    """After the chatbot lied: two who said the same, and a grave concern turned down that Eve must know of."""
    yield today - timedelta(days=4)
    reference = story.plan_consultation(
        "SYS-0004", "May Lina come back?", "Under which conditions may the chatbot return?", days=2
    )
    with story.acting("asha") as session:
        service.open_(session, records.get(session, Consultation, reference))
    _came(story, reference, "Patients and visitors", 60, 23)
    _came(story, reference, "Reception staff", 12, 3)
    first = _concern(
        story, reference, "Patients and visitors", "It must say at once that it is a machine", severity=3
    )
    twin = _concern(story, reference, "Reception staff", "Visitors believe they write with us", severity=2)
    grave = _concern(
        story, reference, "Patients and visitors", "Never let it answer questions about medicines", severity=5,
        touches_red_line=True, minority_view=True,
    )  # fmt: skip
    with story.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        row = next(row for row in item.concerns if row.number == twin)
        service.merge(session, item, row, Merge(into=first, version=item.version))
    _answer(story, reference, first, "accepted", "A fixed line above the chat says so in every language")
    _answer(story, reference, grave, "deferred", "Decided with the supplier's next version in spring")


def _came_late(story: Story, today: date) -> Tale[None]:
    """Asked about a release that had been decided: flagged, and no gate counts it."""
    yield today - timedelta(days=30)
    reference = story.plan_consultation(
        "SYS-0008", "Suppliers on the invoice score", "Was the release right?", days=7, informs_gate="G3"
    )
    with story.acting("asha") as session:
        service.open_(session, records.get(session, Consultation, reference))
    _came(story, reference, "Suppliers of the hospital", 40, 9)
    with story.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        told = GiveFeedback(
            feedback_told="The release was decided before you were asked; your notes go into the re-evaluation",
            feedback_channel="E-mail",
            feedback_on=clock.today(),
            version=item.version,
        )
        service.give_feedback(session, item, told)
