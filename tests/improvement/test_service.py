"""Findings keep their grade and corrective actions their first date, unless the right person says why."""

from datetime import timedelta

import pytest

from governance.core import clock, records
from governance.core.errors import Forbidden, Refused
from governance.improvement import service
from governance.improvement.models import CorrectiveAction, Finding, Grade
from governance.improvement.schemas import ExtendAction, PlanAction, RecordFinding, Regrade
from governance.systems.models import AiSystem
from tests.house_fixtures import House
from tests.systems.build import a_system


@pytest.fixture
def finding(house: House) -> str:
    system = a_system(house)
    with house.acting("ada") as session:
        data = RecordFinding(
            title="No sample sizes", grade=Grade.MINOR, criterion="A.7.4", evidence_statement="Table 3", gap="No n"
        )  # fmt: skip
        return service.record_finding(session, records.get(session, AiSystem, system), data).reference


def an_action(house: House, finding: str) -> str:
    with house.acting("owen") as session:
        plan = PlanAction(
            title="New template", correction="Verdicts changed", root_cause="The template had no place for sizes",
            action="Template with sizes", effectiveness_criterion="Next report", owner_id=house.id_of("tess"),
            verifier_id=house.id_of("prue"), due_on=clock.today() + timedelta(days=30),
        )  # fmt: skip
        return service.plan_action(session, records.get(session, Finding, finding), plan).reference


def extend(house: House, who: str, action: str, days: int) -> None:
    with house.acting(who) as session:
        item = records.get(session, CorrectiveAction, action)
        due = item.original_due_on + timedelta(days=days)
        service.extend(session, item, ExtendAction(due_on=due, reason="supplier late", version=item.version))


def regrade(house: House, who: str, finding: str, grade: Grade) -> None:
    with house.acting(who) as session:
        item = records.get(session, Finding, finding)
        service.regrade(session, item, Regrade(grade=grade, reason="seen again", version=item.version))


def test_a_nonconformity_needs_criterion_evidence_and_gap(house: House) -> None:
    system = a_system(house)
    with pytest.raises(Refused, match="criterion"), house.acting("ada") as session:
        data = RecordFinding(title="Something is wrong", grade=Grade.MINOR, criterion="A.7.4")
        service.record_finding(session, records.get(session, AiSystem, system), data)


def test_a_due_date_moves_twice_at_most_and_the_first_is_kept(house: House, finding: str) -> None:
    """INV-COR2."""
    action = an_action(house, finding)
    with pytest.raises(Forbidden):
        extend(house, "owen", action, 5)
    extend(house, "olivia", action, 10)
    with pytest.raises(Refused, match="not later"):
        extend(house, "olivia", action, 5)
    extend(house, "olivia", action, 20)
    with pytest.raises(Refused, match="INV-COR2"):
        extend(house, "olivia", action, 30)
    with house.reading() as session:
        item = records.get(session, CorrectiveAction, action)
        assert item.due_on - item.original_due_on == timedelta(days=20)


def test_the_auditee_cannot_give_another_grade(house: House, finding: str) -> None:
    """INV-AUD4."""
    with pytest.raises(Forbidden):
        regrade(house, "owen", finding, Grade.OBSERVATION)
