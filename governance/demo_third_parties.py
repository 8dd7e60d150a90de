"""Third parties of the demonstration: one critical and complete, one under a condition without documents, one suspended, one candidate."""

from datetime import date, timedelta

from sqlalchemy import select

from governance.core.records import Record
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.systems import service as systems
from governance.systems import third_parties
from governance.systems.models import AiSystem
from governance.systems.schemas import AddSupplier
from governance.systems.supplier_models import Supplier
from governance.systems.third_party_rules import rules
from governance.systems.third_party_schemas import (
    EditSupplier,
    GiveReason,
    RecordDocument,
    RecordSplit,
    ReviewSupplier,
)

_THEIRS = ("data", "design", "testing", "changes")
_SHARED = ("monitoring", "incidents")


def tell_third_parties(story: Story, today: date) -> Tale[None]:
    """What was asked of the third parties after the first inventory, and what came."""
    yield today - timedelta(days=90)
    _complete(story, "Lumen Imaging GmbH", today)
    yield today - timedelta(days=30)
    _without_documents(story, "Plauder AI SE", today)
    yield today - timedelta(days=20)
    _unsatisfactory(story, "Nordtext AB", today)
    with story.acting("olivia") as session:
        filter_for_nurses = session.scalars(
            select(AiSystem).where(Record.title == "Applicant filter for nursing")
        ).one()
        offer = AddSupplier(
            name="Talentwerk AG", supplies="Ranking of applicants", version=filter_for_nurses.version
        )
        systems.add_supplier(session, filter_for_nurses, offer)


def _known(supplier: Supplier, **changes: object) -> EditSupplier:
    values = {name: getattr(supplier, name) for name in EditSupplier.model_fields}
    return EditSupplier.model_validate({**values, **changes})


def _complete(story: Story, name: str, today: date) -> None:
    with story.acting("olivia") as session:
        supplier = systems.supplier_named(session, name)
        ours = [item for item in rules().activities if item not in (*_THEIRS, *_SHARED)]
        split = RecordSplit(us=ours, them=list(_THEIRS), both=list(_SHARED), version=supplier.version)
        third_parties.record_split(session, supplier, split)
        data = _known(
            supplier,
            criticality="critical",
            contract_reference="Framework contract 2025/118",
            incident_duty="Within 24 hours to the compliance officer, by telephone and in writing",
            change_notice="Four weeks before a new model, with its test report",
            exit_plan="Reading in order of arrival; data back within 30 days, deletion certified",
            information_gaps="Does not name the hospitals whose images trained the model",
        )
        third_parties.edit_supplier(session, supplier, data)
        asked = today - timedelta(days=120)
        for document in rules().wanted_of(supplier.criticality):
            came = None if document == "data_sheet" else today - timedelta(days=100)
            note = "Refused: trade secret" if came is None else ""
            wanted = RecordDocument(
                document=document, requested_on=asked, received_on=came, note=note, version=supplier.version
            )
            third_parties.record_document(session, supplier, wanted)
        seen = ReviewSupplier(
            result="satisfactory",
            found="Two changes, both announced in time; one incident told within nine hours.",
            next_on=today + timedelta(days=275),
            version=supplier.version,
        )
        third_parties.review(session, supplier, seen)


def _without_documents(story: Story, name: str, today: date) -> None:
    with story.acting("olivia") as session:
        supplier = systems.supplier_named(session, name)
        third_parties.edit_supplier(session, supplier, _known(supplier, criticality="moderate"))
        for document in ("model_card", "terms"):
            wanted = RecordDocument(
                document=document, requested_on=today - timedelta(days=30), version=supplier.version
            )
            third_parties.record_document(session, supplier, wanted)
        why = GiveReason(
            reason="Only while each change of the language model is announced two weeks before",
            version=supplier.version,
        )
        third_parties.approve_conditionally(session, supplier, why)


def _unsatisfactory(story: Story, name: str, today: date) -> None:
    with story.acting("olivia") as session:
        supplier = systems.supplier_named(session, name)
        seen = ReviewSupplier(
            result="unsatisfactory",
            found="Dictations were kept longer than agreed; deletion is not shown yet.",
            next_on=today + timedelta(days=40),
            version=supplier.version,
        )
        third_parties.review(session, supplier, seen)
