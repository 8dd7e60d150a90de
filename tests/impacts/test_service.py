"""Impact assessments: what they must contain, who approves them, and what a material change does to them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.assessments.scales import LEVELS
from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.impacts import completeness, queries, rating, service
from governance.impacts.catalogue import rules
from governance.impacts.models import ImpactAssessment, Triage
from governance.impacts.schemas import CarryOut, RateImpact, RemoveImpact
from governance.systems import lifecycle
from governance.systems import service as systems
from governance.systems.models import AiSystem, Status
from governance.systems.schemas import AddVersion, AskWaiver
from governance.trail.models import TrailEvent
from tests.house_fixtures import House
from tests.impacts import build
from tests.systems.build import requested, sign, state_of

APPROVERS = {
    "low": {"compliance_lead"},
    "moderate": {"system_owner", "compliance_lead"},
    "high": {"system_owner", "compliance_lead", "independent_reviewer", "top_management"},
    "critical": {"system_owner", "compliance_lead", "independent_reviewer", "top_management"},
}
SIGNERS = {
    "system_owner": "owen",
    "compliance_lead": "olivia",
    "independent_reviewer": "prue",
    "top_management": "eve",
}


def approved(house: House, tier: str = "high") -> tuple[str, str]:
    system = build.a_tiered_system(house, tier)
    impact = build.complete(house, system)
    build.submit(house, impact)
    for slot, reference in requested(house, impact).items():
        sign(house, SIGNERS[slot], reference)
    return system, impact


def gaps(house: House, system: str, *ids: str) -> set[str]:
    with house.reading() as session:
        return {gap.check for gap in checks.gaps_of(session, records.get(session, AiSystem, system).id, ids)}


def missing(house: House, impact: str) -> str:
    with house.reading() as session:
        return " ".join(completeness.missing(session, records.get(session, ImpactAssessment, impact)))


@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from(["person", "mass"]),
    st.sampled_from(["at_once", "irreversible"]),
)
def test_scale_and_irreversibility_never_make_a_harm_lighter(
    severity: int, likelihood: int, scale: str, reversibility: str
) -> None:
    plain = rating.level(rules(), severity, likelihood, "person", "at_once")
    found = rating.level(rules(), severity, likelihood, scale, reversibility)
    assert LEVELS.index(found) >= LEVELS.index(plain)


def test_a_new_assessment_begins_with_what_the_register_knows(house: House) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    with house.reading() as session:
        answers = records.get(session, ImpactAssessment, impact).answers
    assert answers["S2_purpose"] == "Warn of sepsis six hours ahead"
    assert answers["S6_directly_affected"] == "Patients in intensive care, Ward nurses"


def test_one_yes_in_the_triage_makes_the_whole_assessment_necessary(house: House) -> None:
    system = build.a_tiered_system(house)
    with pytest.raises(Refused, match="whole assessment is needed"):
        build.begin(house, system, triage_result=Triage.SCREENING_ONLY, triage_reason="small")
    with pytest.raises(Refused, match="Say why"):
        build.begin(house, system, sensitive=[], triage_result=Triage.NOT_REQUIRED)


def test_a_screening_is_not_enough_from_tier_moderate_on(house: House) -> None:
    system = build.a_tiered_system(house, "moderate")
    screening = {"sensitive": [], "triage_result": Triage.SCREENING_ONLY, "triage_reason": "Advice only"}
    with pytest.raises(Refused, match="needs the whole assessment"):
        build.submit(house, build.begin(house, system, **screening))


def test_inv_ia2_each_affected_group_has_an_impact_or_a_reason(house: House) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    build.answer(house, impact)
    build.rate(house, impact)
    assert "“Ward nurses”" in missing(house, impact) and "INV-IA2" in missing(house, impact)
    build.unaffected(house, impact, "Ward nurses")
    assert missing(house, impact) == ""


def test_inv_ia3_a_grave_harm_needs_a_measure_or_a_risk(house: House) -> None:
    impact = build.complete(house, build.a_tiered_system(house))
    number = build.rate(house, impact, severity=3)
    assert "INV-IA3" in missing(house, impact)
    build.measure(house, impact, number)
    assert missing(house, impact) == ""
    with pytest.raises(Refused, match="has no risk"):
        build.rate(house, impact, severity=3, risk_reference="RSK-0099.1")


def test_inv_ia4_personal_data_in_a_sensitive_use_needs_the_facet(house: House) -> None:
    impact = build.begin(house, build.a_tiered_system(house), facets=[])
    assert "INV-IA4" in missing(house, impact)


def test_misuse_may_not_stay_blank_from_tier_moderate_on(house: House) -> None:
    for tier, needed in (("moderate", True), ("low", False)):
        impact = build.begin(house, build.a_tiered_system(house, tier))
        build.answer(house, impact, without=("S8_misuse",))
        assert ("How could it be misused?" in missing(house, impact)) is needed


@pytest.mark.parametrize("tier", APPROVERS)
def test_the_tier_says_who_approves(house: House, tier: str) -> None:
    system = build.a_tiered_system(house, tier)
    impact = build.complete(house, system)
    build.submit(house, impact)
    assert set(requested(house, impact)) == APPROVERS[tier]


def test_inv_ia1_the_reviewer_is_outside_the_team_and_the_gate_asks_for_the_approval(house: House) -> None:
    system = build.a_tiered_system(house)
    impact = build.complete(house, system)
    ids = ("impacts.screened", "impacts.assessment_approved", "impacts.assessment_current")
    assert gaps(house, system, *ids) == {"impacts.assessment_approved", "impacts.assessment_current"}
    build.submit(house, impact)
    slots = requested(house, impact)
    with pytest.raises(Refused, match="is for"):
        sign(house, "asha", slots["independent_reviewer"])
    for slot, reference in slots.items():
        sign(house, SIGNERS[slot], reference)
    assert state_of(house, impact) == "approved" and gaps(house, system, *ids) == set()


def test_the_approval_cannot_be_waived_for_a_high_tier(house: House) -> None:
    system = build.a_tiered_system(house)
    ask = AskWaiver(
        check_id="impacts.assessment_approved", reason="No time", compensating_measure="Later", expires_on=clock.today() + timedelta(days=30)
    )  # fmt: skip
    with house.acting("asha") as session, pytest.raises(Refused, match="cannot be waived"):
        lifecycle.ask_waiver(session, records.get(session, AiSystem, system), "G3", ask)


def test_an_approved_assessment_is_immutable_and_its_revision_supersedes_it(house: House) -> None:
    _, impact = approved(house, "low")
    with pytest.raises(Refused, match="immutable"):
        build.rate(house, impact)
    with house.acting("asha") as session:
        copy = service.revise(session, records.get(session, ImpactAssessment, impact))
        second, rows = copy.reference, [row.description for row in copy.impacts]
    assert rows == ["Treated too late"]
    build.submit(house, second)
    sign(house, "olivia", requested(house, second)["compliance_lead"])
    assert (state_of(house, impact), state_of(house, second)) == ("superseded", "approved")


def test_an_impact_is_taken_out_with_a_reason_that_the_trail_keeps(house: House) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    number = build.rate(house, impact)
    with house.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        data = RemoveImpact(reason="Entered twice", version=item.version)
        service.remove(session, item, item.impacts[number - 1], data)
    with house.reading() as session:
        assert records.get(session, ImpactAssessment, impact).impacts == []
        event = (
            session.query(TrailEvent)
            .filter(TrailEvent.verb == "impacts.remove")
            .order_by(TrailEvent.seq)
            .all()
        )
        assert any("Entered twice" in item.body for item in event)


def test_a_measure_is_carried_out_after_approval_and_voids_nothing(house: House) -> None:
    system = build.a_tiered_system(house, "low")
    impact = build.complete(house, system)
    build.measure(house, impact, 1)
    build.submit(house, impact)
    sign(house, "olivia", requested(house, impact)["compliance_lead"])
    with house.acting("asha") as session:
        item = records.get(session, ImpactAssessment, impact)
        done = CarryOut(done_on=clock.today(), effect="In force")
        service.carry_out(session, item, item.impacts[0].measures[0], done)
    assert state_of(house, impact) == "approved"
    with house.reading() as session:
        subject = records.get(session, ImpactAssessment, impact)
        from governance.signoffs import queries as signatures

        assert all(signatures.holds(item) for item in signatures.of_record(session, subject))


def test_a_viewer_may_not_rate(house: House) -> None:
    impact = build.begin(house, build.a_tiered_system(house))
    with house.acting("victor") as session, pytest.raises(Forbidden, match="assessor"):
        item = records.get(session, ImpactAssessment, impact)
        data = RateImpact.model_construct(version=item.version)
        service.rate(session, item, data)


def registered(house: House, system: str) -> None:
    """Stands for gate G0, which has tests of its own."""
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = Status.ACTIVE


def test_inv_sys5_a_material_version_marks_what_was_approved_and_opens_the_reassessment(house: House) -> None:
    system, impact = approved(house)
    registered(house, system)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        data = AddVersion(label="2.0", what_changed="New model", material=True, version=record.version)
        systems.add_version(session, record, data)
    assert state_of(house, impact) == "to_reconfirm"
    assert "impacts.assessment_current" in gaps(house, system, "impacts.assessment_current")
    with house.reading() as session:
        record = records.get(session, AiSystem, system)
        newest, *_ = queries.of_system(session, record.id)
        assert (newest.state, newest.trigger) == ("draft", "Material change: version 2.0")
        assert newest.owner_id == house.id_of("asha") and record.under_reassessment == newest.trigger
        reference = newest.reference
    build.submit(house, reference)
    for slot, item in requested(house, reference).items():
        sign(house, SIGNERS[slot], item)
    with house.reading() as session:
        assert records.get(session, AiSystem, system).under_reassessment == ""


def test_an_immaterial_version_opens_nothing(house: House) -> None:
    system, impact = approved(house, "low")
    registered(house, system)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        data = AddVersion(label="1.1", what_changed="Typo", material=False, version=record.version)
        systems.add_version(session, record, data)
    assert state_of(house, impact) == "approved"
