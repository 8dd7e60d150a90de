"""What tests of consultations build on: a plan with everything in it, a system of a tier, a link and an answer by it."""

from datetime import date

from governance.access.actor import PUBLIC
from governance.consultations import participation, service, stakeholders
from governance.consultations.models import Consultation
from governance.consultations.participation_models import Contribution
from governance.consultations.participation_schemas import IdentifyStakeholder, Invite, TakePart
from governance.consultations.schemas import (
    GiveFeedback,
    PlanConsultation,
    RecordConcern,
    RecordGroup,
    Respond,
)
from governance.core import clock, records
from governance.systems import tiers
from governance.systems.models import AiSystem
from governance.systems.schemas import OverrideTier
from tests.house_fixtures import House
from tests.systems.build import a_classification, a_system

PATIENTS = "Patients in intensive care"


def of_tier(house: House, tier: str) -> str:
    """A classified system of this tier; returns its reference."""
    system = a_system(house)
    a_classification(house, system)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        if record.tier != tier:
            data = OverrideTier(tier=tier, reason="Acts on people in danger", version=record.version)
            tiers.override_tier(session, record, data)
    return system


def a_plan(**changes: object) -> PlanConsultation:
    """A whole plan, from today on."""
    values: dict[str, object] = {
        "title": "Sepsis warnings on the ward",
        "purpose": "What worries you about warnings made by a machine?",
        "decision_it_can_change": "Whether relatives see the warning",
        "level": 3,
        "method": "survey",
        "groups": [PATIENTS],
        "starts_on": clock.today(),
        "ends_on": date(2026, 12, 14),
        "questions": ["What worries you?", "What would help?"],
        "consent_text": "We keep what you say until the end of 2027.",
        "lawful_basis": "Consent",
        "facilitator_outside": "Bureau for participation",
    }
    return PlanConsultation.model_validate(values | changes)


def planned(house: House, system: str, **changes: object) -> str:
    """A planned consultation; returns its reference."""
    with house.acting("asha") as session:
        return service.plan(session, records.get(session, AiSystem, system), a_plan(**changes)).reference


def opened(house: House, system: str, **changes: object) -> str:
    """An open one, of a tier that needs no signed plan."""
    reference = planned(house, system, **changes)
    with house.acting("asha") as session:
        service.open_(session, records.get(session, Consultation, reference))
    return reference


def linked(house: House, reference: str, **changes: object) -> str:
    """A link for its first group; returns the token."""
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        values: dict[str, object] = {"group": item.groups[0].id, "expires_on": item.ends_on, "kind": "group"}
        return participation.invite(session, item, Invite.model_validate(values | changes))[1]


def sent(house: House, token: str, words: str = "The alarm frightens us at night") -> str:
    """An answer by a link, by somebody without an account; returns the receipt code."""
    with house.database.transaction(PUBLIC, source="web") as session:
        invitation = participation.invitation_of(session, token)
        return participation.take_part(session, invitation, TakePart(answers={"0": words}, consent=True))[1]


def taken_back(house: House, code: str) -> None:
    """The same person withdraws it."""
    with house.database.transaction(PUBLIC, source="web") as session:
        item = participation.by_receipt(session, code)
        assert isinstance(item, Contribution)
        participation.withdraw(session, item)


def came(house: House, reference: str, name: str = PATIENTS, took_part: int = 12) -> None:
    """People of a group came in person."""
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        data = RecordGroup(name=name, invited=40, took_part=took_part, version=item.version)
        service.record_group(session, item, data)


def heard(house: House, reference: str, summary: str = "It frightens us", **changes: object) -> int:
    """A concern; returns its number."""
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        values = {"said_by": PATIENTS, "summary": summary, "version": item.version}
        data = RecordConcern.model_validate(values | changes)
        return service.record_concern(session, item, data).number


def answered(house: House, reference: str, number: int = 1, disposition: str = "accepted") -> None:
    """The answer to a concern."""
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        concern = next(row for row in item.concerns if row.number == number)
        values = {"disposition": disposition, "reason": "Weighed with the ward", "version": item.version}
        service.respond(session, item, concern, Respond.model_validate(values))


def told_back(house: House, reference: str, **changes: object) -> None:
    """What was told back."""
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        values: dict[str, object] = {
            "feedback_told": "The screen stays dark",
            "feedback_channel": "Letter",
            "feedback_on": clock.today(),
            "version": item.version,
        }
        service.give_feedback(session, item, GiveFeedback.model_validate(values | changes))


def identified(house: House, title: str, *systems: str, **changes: object) -> str:
    """A stakeholder whom these systems concern; returns its reference."""
    with house.acting("asha") as session:
        data = IdentifyStakeholder.model_validate({"title": title, "systems": list(systems)} | changes)
        return stakeholders.identify(session, data).reference
