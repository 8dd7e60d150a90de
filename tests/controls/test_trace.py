"""What evidences a control for one system: records that hold, and a gap in words where there is none."""

from governance.consultations import service as consultations
from governance.consultations.models import Consultation
from governance.consultations.schemas import Cancel, PlanConsultation
from governance.controls import trace
from governance.controls.trace import Trace
from governance.core import clock, records
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.systems.build import a_system


def traced(house: House, system: str) -> dict[str, Trace]:
    with house.reading() as session:
        item = records.get(session, AiSystem, system)
        found = trace.of_system(trace.evidencing(session, item, systems.related(session, item)))
        for item in found:
            for row in item.records:
                assert row.reference
        return {item.requirement.id: item for item in found}


def references(item: Trace) -> list[str]:
    return [row.reference for row in item.records]


def a_consultation(house: House, system: str) -> str:
    with house.acting("asha") as session:
        data = PlanConsultation(
            title="Sepsis warnings on the ward",
            purpose="What worries you?",
            decision_it_can_change="Whether relatives see the warning",
            level=2,
            method="workshop",
            groups=["Patients"],
            starts_on=clock.today(),
            ends_on=clock.today(),
        )
        return consultations.plan(session, records.get(session, AiSystem, system), data).reference


def test_only_requirements_that_concern_systems_are_asked_of_one(house: House) -> None:
    found = traced(house, a_system(house))
    assert "8.2" in found
    assert "A.9.2" not in found
    assert all(item.requirement.concerns_systems for item in found.values())


def test_each_requirement_has_records_or_says_why_not(house: House) -> None:
    found = traced(house, a_system(house))
    assert all(bool(item.records) != bool(item.gap) for item in found.values())
    assert found["8.2"].gap.startswith("None recorded: risk assessment")
    assert found["A.7.5"].gap == "None recorded: data set."


def test_the_records_of_one_system_evidence_nothing_about_another(house: House) -> None:
    mine, other = a_system(house), a_system(house, "Bed planning")
    reference = a_consultation(house, mine)
    asking = [id for id, item in traced(house, mine).items() if reference in references(item)]
    assert asking
    assert all(reference not in references(item) for item in traced(house, other).values())


def test_a_cancelled_consultation_evidences_nothing(house: House) -> None:
    system = a_system(house)
    reference = a_consultation(house, system)
    with house.reading() as session:
        before = trace.counts(session)["consultation"]
    with house.acting("asha") as session:
        item = records.get(session, Consultation, reference)
        consultations.cancel(session, item, Cancel(reason="The ward was closed", version=item.version))
    assert all(reference not in references(item) for item in traced(house, system).values())
    with house.reading() as session:
        assert trace.counts(session).get("consultation", 0) == before - 1
