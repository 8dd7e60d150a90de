"""The audits in a system's pack: who held them, what was drawn, and audits by rule, which are about others too."""

from governance.audits import samples, service
from governance.audits.models import Audit, Verdict
from governance.audits.schemas import AnswerQuestion, DrawSample
from governance.core import records
from governance.improvement import service as improvement
from governance.improvement.models import Grade
from governance.improvement.schemas import RecordFinding
from governance.packs.collect import system as collect
from governance.packs.content.order import Order
from governance.packs.content.system_pack import SystemPack
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from tests.audits.build import an_audit, begin
from tests.house_fixtures import House
from tests.systems.build import a_system


def gathered(house: House, system: str) -> SystemPack:
    actor = house.actor("olivia")
    order = Order(reference=system, system=system, asked_by="Olivia", confidentiality="internal")
    with house.database.transaction(actor, readonly=True) as session:
        return collect.gather(session, order, actor, "House")


def test_an_audit_of_several_systems_stands_in_the_pack_of_each_with_its_answers_as_numbers(
    house: House,
) -> None:
    first, second, third = (a_system(house, name) for name in ("One", "Two", "Three"))
    audit = an_audit(house, first, second)
    begin(house, audit)
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        samples.draw(session, item, DrawSample(purpose="Entries", kind="ai_system", seed="7"))
        answer = AnswerQuestion(verdict=Verdict.CONFORMS, note="Seen", evidence_references=[first])
        service.answer(session, item, item.answers[0].question_id, answer)
        questions = len(item.answers)
    for system in (first, second):
        pack = gathered(house, system)
        assert [item.reference for item in pack.audits] == [audit]
        (block,) = [item for item in pack.blocks if item.section == 16]
        assert block.state == "in progress" and f"about 2 systems chosen, {system} among them" in block.note
        facts = {fact.label: fact.value for fact in block.facts}
        assert facts["Answers"] == f"conforms 1, not answered {questions - 1}"
        assert "“7:reference”" in facts["Sample 1"] and "with the same result" in facts["Sample 1"]
        assert [table.caption for table in block.tables] == ["Team", "Sample 1: what was drawn"]
        assert block.tables[0].rows[0].cells[:3] == ("Ada Auditor", "lead auditor", "I had no part in it.")
        assert pack.to_json().count(b'"Seen"') <= 1, "an answer stands nowhere but in the trail"
    assert gathered(house, third).audits == ()


def test_no_record_of_a_system_is_left_out_however_many_there_are(house: House) -> None:
    """A pack that shows the last hundred of a kind only would lack the history of the others."""
    system = a_system(house)
    with house.acting("ada") as session:
        item = records.get(session, AiSystem, system)
        found = [
            improvement.record_finding(
                session, item, RecordFinding(title=f"Number {number}", grade=Grade.OPPORTUNITY)
            ).id
            for number in range(101)
        ]
    with house.reading() as session:
        item = records.get(session, AiSystem, system)
        assert collect.ids_around(session, item) >= set(found)
        (kept,) = [rows for kind, rows in systems.related(session, item, most=100) if kind == "finding"]
        assert [row.id for row in kept] == found[:0:-1]
