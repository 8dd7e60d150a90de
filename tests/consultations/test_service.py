"""People affected are asked, answered and told back before a consultation closes, and checks say when they were not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from governance.consultations import service
from governance.consultations.models import Consultation, Disposition
from governance.consultations.schemas import (
    AskToClose,
    Cancel,
    GiveFeedback,
    PlanConsultation,
    RecordConcern,
    RecordGroup,
    Respond,
)
from governance.core import checks, clock, records
from governance.core.errors import Conflict, Forbidden, Refused
from governance.systems.models import AiSystem
from governance.trail import queries as trail
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign, state_of

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
PATIENTS = "Patients in intensive care"


@pytest.fixture(autouse=True)
def _today():
    with clock.held_at(MORNING):
        yield


def a_plan(**changes: object) -> PlanConsultation:
    values: dict[str, object] = {
        "title": "Sepsis warnings on the ward",
        "purpose": "What worries you about warnings made by a machine?",
        "decision_it_can_change": "Whether relatives see the warning",
        "level": 2,
        "method": "workshop",
        "groups": [PATIENTS],
        "starts_on": date(2026, 11, 1),
        "ends_on": date(2026, 11, 14),
    }
    return PlanConsultation.model_validate(values | changes)


def planned(house: House, system: str, **changes: object) -> str:
    with house.acting("asha") as session:
        return service.plan(session, records.get(session, AiSystem, system), a_plan(**changes)).reference


def opened(house: House, system: str, **changes: object) -> str:
    reference = planned(house, system, **changes)
    with house.acting("asha") as session:
        service.open_(session, records.get(session, Consultation, reference))
    return reference


def came(house: House, reference: str, took_part: int = 12) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        data = RecordGroup(name=PATIENTS, invited=40, took_part=took_part, version=item.version)
        service.record_group(session, item, data)


def heard(house: House, reference: str) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        summary = "Relatives should not learn of it before a nurse comes"
        data = RecordConcern(said_by=PATIENTS, summary=summary, value="Privacy", version=item.version)
        service.record_concern(session, item, data)


def answered(house: House, reference: str, change: str = "", who: str = "asha") -> None:
    with house.acting(who) as session:
        item = records.get(session, Consultation, reference)
        data = Respond(
            disposition=Disposition.ACCEPTED,
            reason="The screen in the room stays dark",
            change_reference=change,
            version=item.version,
        )
        service.respond(session, item, item.concerns[0], data)


def told_back(house: House, reference: str) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        data = GiveFeedback(
            feedback_told="The screen in the room stays dark",
            feedback_channel="Letter",
            feedback_on=date(2026, 11, 18),
            version=item.version,
        )
        service.give_feedback(session, item, data)


def asked_to_close(house: House, reference: str) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        data = AskToClose(
            representativeness="Two of three wards",
            missing_voices="Nobody without German came",
            version=item.version,
        )
        service.ask_to_close(session, item, data)


def gaps(house: House, system: str) -> set[str]:
    ids = ("consultations.planned", "consultations.minimum_met", "consultations.concerns_answered")
    with house.reading() as session:
        found = checks.gaps_of(session, records.get(session, AiSystem, system).id, ids)
    return {gap.check.removeprefix("consultations.") for gap in found}


def test_from_plan_to_closed_with_a_signature_and_every_step_in_the_trail(house: House) -> None:
    system = a_system(house)
    reference = opened(house, system)
    came(house, reference)
    heard(house, reference)
    answered(house, reference, change=system.lower())
    told_back(house, reference)
    asked_to_close(house, reference)
    assert state_of(house, reference) == "feedback_given"
    sign(house, "olivia", requested(house, reference)["compliance_lead"])
    assert state_of(house, reference) == "closed"
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        assert item.concerns[0].change_reference == system
        assert item.concerns[0].decided_on == date(2026, 11, 20)
        verbs = {event.verb for event in trail.history(session, item)}
    steps = ("plan", "open", "record_group", "record_concern", "respond", "give_feedback", "ask_to_close")
    assert {f"consultations.{step}" for step in steps} <= verbs


def test_nothing_is_told_back_while_a_concern_is_unanswered(house: House) -> None:
    """CON-1."""
    reference = opened(house, a_system(house))
    heard(house, reference)
    with pytest.raises(Refused, match="Concern 1 has no disposition"):
        told_back(house, reference)
    assert state_of(house, reference) == "open"


def test_it_does_not_close_before_something_was_told_back(house: House) -> None:
    """CON-2."""
    reference = opened(house, a_system(house))
    came(house, reference)
    with pytest.raises(Refused, match="is open"):
        asked_to_close(house, reference)


def test_it_does_not_close_when_nobody_took_part(house: House) -> None:
    reference = opened(house, a_system(house))
    told_back(house, reference)
    with pytest.raises(Refused, match="Nobody took part"):
        asked_to_close(house, reference)


def test_missing_voices_must_be_named_to_close() -> None:
    """CON-8."""
    with pytest.raises(ValidationError, match="missing_voices"):
        AskToClose(representativeness="Two of three wards", missing_voices="  ", version=1)


def test_a_change_that_does_not_exist_is_no_answer(house: House) -> None:
    reference = opened(house, a_system(house))
    heard(house, reference)
    with pytest.raises(Refused, match="no record RSK-9999"):
        answered(house, reference, change="RSK-9999")


def test_a_closed_consultation_takes_no_more_concerns(house: House) -> None:
    reference = opened(house, a_system(house))
    came(house, reference)
    told_back(house, reference)
    asked_to_close(house, reference)
    sign(house, "olivia", requested(house, reference)["compliance_lead"])
    with pytest.raises(Refused, match="is closed"):
        heard(house, reference)


def test_a_cancelled_one_says_why_and_keeps_what_was_heard(house: House) -> None:
    reference = opened(house, a_system(house))
    heard(house, reference)
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        service.cancel(session, item, Cancel(reason="The ward was closed", version=item.version))
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        assert (item.state, item.state_reason, len(item.concerns)) == ("cancelled", "The ward was closed", 1)


@pytest.mark.parametrize("who", ["victor", "ada", "max", "xena"])
def test_who_only_looks_audits_or_administers_plans_nothing(house: House, who: str) -> None:
    system = a_system(house)
    with pytest.raises(Forbidden, match="It is for"), house.acting(who) as session:
        service.plan(session, records.get(session, AiSystem, system), a_plan())


def test_a_form_that_is_too_old_is_refused(house: House) -> None:
    """Beat list 9."""
    reference = opened(house, a_system(house))
    with house.reading() as session:
        old = records.get(session, Consultation, reference).version
    with clock.held_at(MORNING + timedelta(minutes=1)):
        heard(house, reference)
    with pytest.raises(Conflict), house.acting("asha") as session:
        data = RecordGroup(name=PATIENTS, invited=2, took_part=1, version=old)
        service.record_group(session, records.get(session, Consultation, reference), data)


def test_more_cannot_come_than_were_invited_and_no_end_is_before_the_start() -> None:
    with pytest.raises(ValidationError, match="More took part"):
        RecordGroup(name=PATIENTS, invited=3, took_part=4, version=1)
    with pytest.raises(ValidationError, match="ends before"):
        a_plan(ends_on=date(2026, 10, 31))


def test_checks_follow_a_consultation_until_it_counts(house: House) -> None:
    system = a_system(house)
    assert gaps(house, system) == {"planned", "minimum_met"}
    reference = opened(house, system)
    assert gaps(house, system) == {"minimum_met"}
    came(house, reference)
    heard(house, reference)
    assert gaps(house, system) == {"minimum_met", "concerns_answered"}
    answered(house, reference)
    told_back(house, reference)
    assert gaps(house, system) == set()


def test_telling_people_is_too_little_where_the_tier_asks_for_an_answer(house: House) -> None:
    system = a_system(house)
    reference = opened(house, system, level=1)
    came(house, reference)
    told_back(house, reference)
    assert gaps(house, system) == {"minimum_met"}


def test_a_consultation_grows_too_old_to_count(house: House) -> None:
    """A moderate tier asks every 36 months."""
    system = a_system(house)
    reference = opened(house, system)
    came(house, reference)
    told_back(house, reference)
    with clock.held_at(datetime(2029, 11, 14, 8, tzinfo=UTC)):
        assert gaps(house, system) == set()
    with clock.held_at(datetime(2029, 11, 15, 8, tzinfo=UTC)):
        assert gaps(house, system) == {"minimum_met"}
