"""The own tier: computed, raised by one with a reason, lowered by two; and what a new classification does to it."""

import pytest

from governance.core import checks, clock, records
from governance.core.errors import Refused
from governance.systems import service, tiers
from governance.systems.models import AiSystem, EuClass, Tier
from governance.systems.schemas import Classify, OverrideTier, Suspend
from tests.house_fixtures import House
from tests.systems.build import MINIMAL_ANSWERS, a_classification, a_system, requested, sign, state_of

HIGH = {**MINIMAL_ANSWERS, "Q8": "yes", "Q9": "yes", "Q15": "no"}


@pytest.fixture
def system(house: House) -> str:
    """A system whose tier is computed as high."""
    reference = a_system(house)
    a_classification(house, reference, HIGH)
    return reference


def tier(house: House, reference: str) -> tuple[Tier | None, str]:
    with house.reading() as session:
        found = records.get(session, AiSystem, reference)
        return found.tier, found.tier_override


def asked(house: House, reference: str, wanted: str, who: str = "asha") -> str:
    with house.acting(who) as session:
        record = records.get(session, AiSystem, reference)
        data = OverrideTier(tier=wanted, reason="It runs beside the old rules", version=record.version)
        return tiers.ask_lower_tier(session, record, data).reference


def test_inv_sys7_a_lower_tier_takes_two_signatures_of_others(house: House, system: str) -> None:
    lowering = asked(house, system, "moderate")
    slots = requested(house, lowering)
    assert set(slots) == {"compliance_lead", "top_management"}
    sign(house, "olivia", slots["compliance_lead"])
    assert tier(house, system) == (Tier.HIGH, "")
    sign(house, "eve", slots["top_management"])
    assert tier(house, system) == (Tier.MODERATE, f"{lowering}: It runs beside the old rules")
    assert state_of(house, lowering) == "approved"


def test_inv_sys7_who_asked_does_not_sign(house: House, system: str) -> None:
    lowering = asked(house, system, "moderate", "olivia")
    with pytest.raises(Refused, match="SD-1"):
        sign(house, "olivia", requested(house, lowering)["compliance_lead"])


@pytest.mark.parametrize("wanted", ["high", "critical"])
def test_inv_sys7_what_is_not_lower_is_not_asked_for(house: House, system: str, wanted: str) -> None:
    with pytest.raises(Refused, match="below the present one"):
        asked(house, system, wanted)


def test_inv_sys7_one_request_at_a_time_and_none_that_is_out_of_date(house: House, system: str) -> None:
    lowering = asked(house, system, "moderate")
    with pytest.raises(Refused, match="waits for its signatures"):
        asked(house, system, "low")
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        tiers.override_tier(
            session, record, OverrideTier(tier="critical", reason="Children", version=record.version)
        )
    with pytest.raises(Refused, match="changed since this was asked"):
        sign(house, "eve", requested(house, lowering)["top_management"])


def test_inv_sys7_a_new_classification_never_leaves_the_tier_below_its_result(
    house: House, system: str
) -> None:
    lowering = asked(house, system, "low")
    for who, slot in (("olivia", "compliance_lead"), ("eve", "top_management")):
        sign(house, who, requested(house, lowering)[slot])
    assert tier(house, system)[0] == Tier.LOW
    a_classification(house, system, HIGH)
    assert tier(house, system) == (Tier.HIGH, "")


def test_inv_cla2_judging_an_annex_iii_system_not_high_risk_needs_the_reason(house: House) -> None:
    filtered = {**MINIMAL_ANSWERS, "Q8": "yes", "Q9": "no", "Q10": "yes"}
    reference = a_system(house)
    with pytest.raises(Refused, match="INV-CLA2"):
        a_classification(house, reference, filtered)
    with house.acting("asha") as session:
        record = records.get(session, AiSystem, reference)
        data = Classify(answers=filtered, reasons="It only sorts finished decisions by date (condition b).")
        decision = service.classify(session, record, data).reference
        assert record.eu_class == EuClass.NOT_HIGH_RISK_BY_FILTER

    def missing(check: str) -> set[str]:
        with house.reading() as session:
            return {row[1] for row in session.execute(checks.named(check).missing(clock.today()))}

    assert missing("systems.filter_documented") == {reference}, "nobody has approved it yet"
    sign(house, "olivia", requested(house, decision)["compliance_lead"])
    assert missing("systems.filter_documented") == set()
    assert missing("systems.filter_registered") == {reference}


def test_inv_sys4_a_prohibited_system_is_rejected_and_then_final(house: House) -> None:
    reference = a_system(house)
    a_classification(house, reference, {**MINIMAL_ANSWERS, "Q6": "yes"})
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, reference)
        service.reject(session, record, Suspend(reason="A prohibited practice", version=record.version))
    assert state_of(house, reference) == "rejected"
    with pytest.raises(Refused, match="INV-G2"), house.acting("olivia") as session:
        records.get(session, AiSystem, reference).intended_purpose = "Something else"
