"""Third parties: what is missing before we rely on one, documents, reviews, and gates that say no (A.10)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.core import checks, clock, records
from governance.core.errors import Forbidden, Refused
from governance.systems import service as systems
from governance.systems import third_parties
from governance.systems.models import AiSystem, Status
from governance.systems.schemas import AddSupplier
from governance.systems.stages import lifecycle
from governance.systems.supplier_models import Criticality, Supplier, SupplierState
from governance.systems.third_party_rules import rules
from governance.systems.third_party_schemas import (
    EditSupplier,
    GiveReason,
    RecordDocument,
    RecordSplit,
    ReviewSupplier,
)
from governance.trail import queries as trail
from tests.house_fixtures import House
from tests.systems.build import a_system, state_of

DUTIES = {
    "incident_duty": "within 24 h",
    "change_notice": "four weeks before",
    "exit_plan": "by hand; data back",
}


def a_third_party(house: House) -> tuple[str, str]:
    """A system and the candidate that supplies it."""
    system = a_system(house)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        found = systems.add_supplier(
            session, record, AddSupplier(name="MedTech GmbH", version=record.version)
        )
        return system, found.reference


def edit(house: House, reference: str, **changes: Any) -> None:
    with house.acting("olivia") as session:
        item = records.get(session, Supplier, reference)
        values = {name: getattr(item, name) for name in EditSupplier.model_fields}
        third_parties.edit_supplier(session, item, EditSupplier.model_validate({**values, **changes}))


def do(
    house: House, verb: Any, reference: str, schema: Any = None, *, who: str = "olivia", **values: Any
) -> None:
    with house.acting(who) as session:
        item = records.get(session, Supplier, reference)
        verb(session, item, *([schema(**values, version=item.version)] if schema else []))


def split(house: House, reference: str) -> None:
    do(house, third_parties.record_split, reference, RecordSplit, both=list(rules().activities))


def an_approved_one(house: House, **changes: Any) -> tuple[str, str]:
    system, reference = a_third_party(house)
    due = clock.today() + timedelta(days=30)
    edit(house, reference, **{"responsibilities": "They build, we use", "review_due_on": due, **changes})
    do(house, third_parties.approve_supplier, reference)
    return system, reference


def failing(house: House, check: str) -> list[str]:
    with house.reading() as session:
        return [row[1] for row in session.execute(checks.named(check).missing(clock.today()))]


def test_a_simple_third_party_needs_a_division_and_a_review(house: House) -> None:
    _, reference = a_third_party(house)
    with pytest.raises(Refused, match=r"division of responsibilities.*next review"):
        do(house, third_parties.approve_supplier, reference)
    edit(house, reference, responsibilities="They build, we use", review_due_on=clock.today())
    do(house, third_parties.approve_supplier, reference)
    assert state_of(house, reference) == "approved"
    with house.reading() as session:
        said = trail.history(session, records.get(session, Supplier, reference))[0]
    assert (said.verb, said.actor) == ("suppliers.approve", "Olivia Officer")


@pytest.mark.parametrize("left_out", [*DUTIES, "split"])
def test_a_critical_one_is_refused_until_each_duty_is_recorded(house: House, left_out: str) -> None:
    """INV-SUP2."""
    _, reference = a_third_party(house)
    known = {name: value for name, value in DUTIES.items() if name != left_out}
    edit(
        house,
        reference,
        criticality="critical",
        responsibilities="As agreed",
        review_due_on=clock.today(),
        **known,
    )
    if left_out != "split":
        split(house, reference)
    said = {
        "incident_duty": "duty to report incidents", "change_notice": "notice of changes",
        "exit_plan": "an exit plan", "split": "who answers for which activity",
    }  # fmt: skip
    with pytest.raises(Refused) as refusal:
        do(house, third_parties.approve_supplier, reference)
    assert refusal.value.message.removeprefix("Approval still needs: ").count(";") == 0
    assert said[left_out] in refusal.value.message
    assert refusal.value.fix.endswith("/split" if left_out == "split" else "/edit")
    with pytest.raises(Refused, match="still needs"):
        do(house, third_parties.approve_conditionally, reference, GiveReason, reason="for now")
    edit(house, reference, **DUTIES)
    split(house, reference)
    do(house, third_parties.approve_supplier, reference)
    assert (
        state_of(house, reference) == "approved" and failing(house, "third_parties.critical_complete") == []
    )


def test_one_that_is_relied_on_cannot_become_critical_without_its_duties(house: House) -> None:
    """INV-SUP2: an edit is no way around the approval."""
    _, reference = an_approved_one(house)
    with pytest.raises(Refused, match="exit plan"):
        edit(house, reference, criticality="critical")
    with house.reading() as session:
        assert records.get(session, Supplier, reference).criticality is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    criticality=st.sampled_from([None, *Criticality]),
    there=st.sets(st.sampled_from([*DUTIES, "split", "responsibilities"])),
)
def test_what_approval_needs_is_empty_exactly_where_all_is_recorded(
    criticality: Criticality | None, there: set[str]
) -> None:
    """INV-SUP2 for every mixture of what is recorded."""
    item = Supplier(
        criticality=criticality,
        review_due_on=clock.today(),
        split={"data": "us"} if "split" in there else {},
        **{name: "x" if name in there else "" for name in (*DUTIES, "responsibilities")},
    )
    needed = {*DUTIES, "split"} if criticality is Criticality.CRITICAL else set()
    divided = bool(there & {"split", "responsibilities"})
    assert (third_parties.missing_for_approval(item) == []) == (divided and needed <= there)


@pytest.mark.parametrize("state", list(SupplierState))
def test_gates_ask_for_third_parties_that_are_relied_on(house: House, state: SupplierState) -> None:
    """INV-SUP1: a candidate, suspended or ended third party keeps its systems from release."""
    assert all("systems.suppliers_approved" in lifecycle().gate(gate).required for gate in ("G3", "G4"))
    system, reference = an_approved_one(house)
    a_system(house, "Without any third party")
    with house.acting("olivia") as session:
        records.get(session, Supplier, reference).state = state
    expected = [] if state in ("approved", "conditional") else [system]
    assert failing(house, "systems.suppliers_approved") == expected
    with house.reading() as session:
        gaps = checks.gaps_of(
            session, records.get(session, AiSystem, system).id, ["systems.suppliers_approved"]
        )
    assert [gap.detail for gap in gaps] == [f"{reference} is not approved"] * len(expected)


def test_no_waiver_opens_a_release_for_an_unapproved_third_party() -> None:
    """INV-SUP1."""
    assert "systems.suppliers_approved" in lifecycle().waivers.not_waivable


def test_the_split_names_each_activity_once(house: House) -> None:
    _, reference = a_third_party(house)
    first, *rest = rules().activities
    for lists in ({"us": [first]}, {"us": [first, *rest], "them": [first]}, {"us": ["tea", first, *rest]}):
        with pytest.raises(Refused):
            do(house, third_parties.record_split, reference, RecordSplit, **lists)
    do(house, third_parties.record_split, reference, RecordSplit, us=[first], them=rest)
    with house.reading() as session:
        held = records.get(session, Supplier, reference).split
    assert held[first] == "us" and {held[item] for item in rest} == {"them"}


def test_documents_are_asked_for_and_come(house: House) -> None:
    today = clock.today()
    system, reference = an_approved_one(house)
    with house.acting("olivia") as session:
        records.get(session, AiSystem, system).state = Status.ACTIVE
    assert failing(house, "systems.supplier_documents") == [system]
    wrong: tuple[dict[str, Any], ...] = (
        {"document": "poem", "requested_on": today},
        {"document": "terms"},
        {"document": "terms", "received_on": today + timedelta(days=1)},
        {"document": "terms", "requested_on": today, "received_on": today - timedelta(days=1)},
        {"document": "terms", "received_on": today, "evidence": "EVD-9999"},
        {"document": "terms", "received_on": today, "evidence": system},
        {"document": "terms", "requested_on": today, "evidence": "EVD-0001"},
    )
    for values in wrong:
        with pytest.raises(Refused):
            do(house, third_parties.record_document, reference, RecordDocument, **values)
    do(house, third_parties.record_document, reference, RecordDocument, document="terms", requested_on=today)
    assert failing(house, "systems.supplier_documents") == [system]
    do(
        house, third_parties.record_document, reference, RecordDocument,
        document="terms", requested_on=today, received_on=today,
    )  # fmt: skip
    assert failing(house, "systems.supplier_documents") == []
    with house.reading() as session:
        assert len(records.get(session, Supplier, reference).documents) == 1


def test_an_unsatisfactory_review_suspends(house: House) -> None:
    system, reference = an_approved_one(house)
    later = clock.today() + timedelta(days=90)
    with pytest.raises(Refused, match="after today"):
        do(
            house,
            third_parties.review,
            reference,
            ReviewSupplier,
            result="satisfactory",
            found="fine",
            next_on=clock.today(),
        )
    do(
        house,
        third_parties.review,
        reference,
        ReviewSupplier,
        result="satisfactory",
        found="fine",
        next_on=later,
    )
    assert state_of(house, reference) == "approved"
    do(
        house,
        third_parties.review,
        reference,
        ReviewSupplier,
        result="unsatisfactory",
        found="data kept",
        next_on=later,
    )
    assert state_of(house, reference) == "suspended" and failing(house, "systems.suppliers_approved") == [
        system
    ]
    do(house, third_parties.approve_supplier, reference)
    assert failing(house, "systems.suppliers_approved") == []


def test_reviews_are_due(house: House) -> None:
    """The day itself is in time, the day after is late."""
    _, reference = an_approved_one(house, review_due_on=clock.today())
    assert failing(house, "third_parties.reviewed") == []
    edit(house, reference, review_due_on=clock.today() - timedelta(days=1))
    assert failing(house, "third_parties.reviewed") == [reference]


def test_a_critical_one_that_came_to_lack_a_duty_is_found(house: House) -> None:
    """INV-SUP2."""
    _, reference = an_approved_one(house)
    assert failing(house, "third_parties.critical_complete") == []
    with house.acting("olivia") as session:
        records.get(session, Supplier, reference).criticality = Criticality.CRITICAL
    assert failing(house, "third_parties.critical_complete") == [reference]


def test_an_ended_one_stays_ended(house: House) -> None:
    _, reference = an_approved_one(house)
    do(house, third_parties.end_supplier, reference, GiveReason, reason="contract is over")
    for verb, schema in (
        (third_parties.approve_supplier, None),
        (third_parties.end_supplier, GiveReason),
        (third_parties.suspend_supplier, GiveReason),
    ):
        with pytest.raises(Refused, match="ended"):
            do(house, verb, reference, schema, **({"reason": "again"} if schema else {}))


@pytest.mark.parametrize("who", ["victor", "max", "ada", "owen"])
def test_only_compliance_decides_whom_we_rely_on(house: House, who: str) -> None:
    _, reference = a_third_party(house)
    with pytest.raises(Forbidden):
        do(house, third_parties.approve_supplier, reference, who=who)
    with pytest.raises(Forbidden):
        do(house, third_parties.end_supplier, reference, GiveReason, who=who, reason="because")
