"""Plans that are signed, grave concerns that top management must know, merged concerns, and consultations that came too late."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.consultations import decisions, queries, service
from governance.consultations.models import Consultation, ConsultationConcern, Disposition, is_small
from governance.consultations.schemas import EditPlan, GiveFeedback, Merge, PlanConsultation
from governance.core import checks, clock, records
from governance.core.errors import Refused
from governance.signoffs import service as signoffs
from governance.signoffs.models import SignOff
from governance.signoffs.schemas import Reject
from tests.cast import PASSWORD
from tests.consultations.build import answered, heard, of_tier, opened, planned, told_back
from tests.house_fixtures import House
from tests.systems.build import a_system, requested, sign, state_of

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with clock.held_at(MORNING):
        yield


def asked(house: House, reference: str) -> str:
    with house.acting("asha") as session:
        return decisions.ask_plan_approval(session, records.get(session, Consultation, reference)).reference


def open_it(house: House, reference: str) -> None:
    with house.acting("asha") as session:
        service.open_(session, records.get(session, Consultation, reference))


def edited(house: House, reference: str, **changes: object) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        values = {name: getattr(item, name) for name in PlanConsultation.model_fields if name != "groups"}
        values |= {"groups": [group.name for group in item.groups], "version": item.version}
        service.edit_plan(session, item, EditPlan.model_validate(values | changes))


def decision_of(house: House, reference: str) -> str:
    with house.reading() as session:
        return queries.decisions(session, records.get(session, Consultation, reference))[0].reference


def failing(house: House, name: str) -> list[str]:
    with house.reading() as session:
        return [row.reference for row in session.execute(checks.named(name).missing(clock.today()))]


def test_a_critical_system_asks_nobody_before_its_plan_is_signed(house: House) -> None:
    reference = planned(house, of_tier(house, "critical"))
    with pytest.raises(Refused, match="must be signed before anybody is asked"):
        open_it(house, reference)
    decision = asked(house, reference)
    sign(house, "olivia", requested(house, decision)["compliance_lead"])
    assert (state_of(house, decision), state_of(house, reference)) == ("approved", "approved")
    open_it(house, reference)
    assert state_of(house, reference) == "open"


def test_a_plan_without_questions_and_facilitator_is_not_sent_to_be_signed(house: House) -> None:
    reference = planned(house, of_tier(house, "high"), questions=[], facilitator_outside="")
    with pytest.raises(Refused, match="not complete") as refused:
        asked(house, reference)
    assert [gap.title for gap in refused.value.gaps] == ["The questions, word for word", "A facilitator"]


def test_changing_an_approved_plan_makes_the_approval_void(house: House) -> None:
    reference = planned(house, of_tier(house, "critical"))
    decision = asked(house, reference)
    sign(house, "olivia", requested(house, decision)["compliance_lead"])
    edited(house, reference, questions=["What else?"], groups=["Ward nurses"])
    assert (state_of(house, decision), state_of(house, reference)) == ("void", "planned")
    with house.reading() as session:
        item = records.get(session, Consultation, reference)
        assert ([group.name for group in item.groups], item.questions) == (["Ward nurses"], ["What else?"])
    with pytest.raises(Refused, match="must be signed"):
        open_it(house, reference)


def test_an_open_consultation_keeps_its_plan(house: House) -> None:
    with pytest.raises(Refused, match="is open"):
        edited(house, opened(house, a_system(house)), purpose="Something else")


@pytest.mark.parametrize(("tier", "refused"), [("critical", True), ("high", True), ("moderate", False)])
def test_the_owner_does_not_lead_the_consultation_of_a_critical_or_high_system(
    house: House, tier: str, refused: bool
) -> None:
    """CON-9."""
    system = of_tier(house, tier)
    for facilitator in ({"facilitator_id": house.id_of("owen")}, {"facilitator_outside": " owen  OWNER "}):
        if refused:
            with pytest.raises(Refused, match="somebody else must lead"):
                planned(house, system, **({"facilitator_outside": ""} | facilitator))
        else:
            assert planned(house, system, **facilitator)


@pytest.mark.parametrize(
    ("concern", "disposition", "escalated"),
    [
        ({"severity": 4}, "declined", True),
        ({"touches_red_line": True}, "deferred", True),
        ({"severity": 3}, "declined", False),
        ({"severity": 5, "touches_red_line": True}, "accepted", False),
        ({"severity": 5}, "out_of_scope", False),
    ],
)
def test_a_grave_concern_turned_down_waits_for_top_management(
    house: House, concern: dict[str, object], disposition: str, escalated: bool
) -> None:
    """CON-6."""
    reference = opened(house, a_system(house))
    heard(house, reference, **concern)
    answered(house, reference, disposition=disposition)
    if not escalated:
        told_back(house, reference)
        return
    assert failing(house, "consultations.escalations_signed") == [reference]
    with pytest.raises(Refused, match="top management must sign"):
        told_back(house, reference)
    sign(house, "eve", requested(house, decision_of(house, reference))["top_management"])
    assert failing(house, "consultations.escalations_signed") == []
    told_back(house, reference)


def test_what_top_management_refuses_waits_for_another_answer(house: House) -> None:
    """CON-6."""
    reference = opened(house, a_system(house))
    heard(house, reference, severity=5)
    answered(house, reference, disposition="declined")
    decision = decision_of(house, reference)
    with house.acting("eve") as session:
        item = records.get(session, SignOff, requested(house, decision)["top_management"])
        signoffs.reject(
            session, item, Reject.model_validate({"reason": "We follow it", "password": PASSWORD})
        )
    assert state_of(house, decision) == "refused"
    with pytest.raises(Refused, match="Concern 1 has no disposition"):
        told_back(house, reference)
    answered(house, reference, disposition="accepted")
    told_back(house, reference)


def test_another_answer_makes_the_escalation_void(house: House) -> None:
    reference = opened(house, a_system(house))
    heard(house, reference, severity=5)
    answered(house, reference, disposition="declined")
    first = decision_of(house, reference)
    answered(house, reference, disposition="accepted")
    assert state_of(house, first) == "void" and requested(house, first) == {}
    told_back(house, reference)


def merged(house: House, reference: str, number: int, into: int | None) -> None:
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        service.merge(session, item, item.concerns[number - 1], Merge(into=into, version=item.version))


def test_duplicates_are_answered_once_and_the_graver_view_counts(house: House) -> None:
    """CON-1, CON-6."""
    reference = opened(house, a_system(house))
    heard(house, reference, severity=1)
    heard(house, reference, "It scares patients", severity=4)
    merged(house, reference, 2, into=1)
    with pytest.raises(Refused, match="merged into 1"):
        answered(house, reference, 2)
    answered(house, reference, 1, "declined")
    with pytest.raises(Refused, match="top management must sign"):
        told_back(house, reference)
    merged(house, reference, 2, into=None)
    with pytest.raises(Refused, match="Concern 2 has no disposition"):
        told_back(house, reference)
    with pytest.raises(Refused, match="Choose another concern"):
        merged(house, reference, 1, into=1)
    with pytest.raises(Refused, match="has no concern 9"):
        merged(house, reference, 1, into=9)


def test_feedback_has_words_or_a_reason_why_not() -> None:
    """CON-2."""
    with pytest.raises(ValidationError, match="CON-2"):
        GiveFeedback(feedback_on=date(2026, 11, 20), version=1)
    with pytest.raises(ValidationError, match="by which channel"):
        GiveFeedback(feedback_told="All of it", feedback_on=date(2026, 11, 20), version=1)
    assert GiveFeedback(feedback_exception="One anonymous survey", feedback_on=date(2026, 11, 20), version=1)


@given(st.integers(0, 5), st.booleans(), st.sampled_from([None, *Disposition]))
def test_exactly_grave_concerns_turned_down_are_escalated(
    severity: int, red_line: bool, disposition: Disposition | None
) -> None:
    """CON-6."""
    concern = ConsultationConcern(severity=severity, touches_red_line=red_line, disposition=disposition)
    turned_down = disposition in (Disposition.DECLINED, Disposition.DEFERRED)
    assert concern.must_escalate == (turned_down and (red_line or severity >= 4))


@given(st.integers(0, 1000))
def test_small_numbers_of_people_are_never_said(people: int) -> None:
    """CON-5."""
    assert (queries.said(people) == "fewer than 5") == is_small(people) == (1 <= people <= 4)
