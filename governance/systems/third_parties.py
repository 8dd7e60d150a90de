"""Verbs on third parties: what is known of them, what is divided, documents, reviews, and whether we rely on them (A.10)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access.verbs import verb
from governance.core import clock, records
from governance.core.errors import Refused
from governance.evidence.models import Evidence
from governance.systems.service import assign
from governance.systems.supplier_models import (
    RELIED_ON,
    Criticality,
    Holder,
    Supplier,
    SupplierDocument,
    SupplierReview,
    SupplierState,
)
from governance.systems.third_party_rules import rules
from governance.systems.third_party_schemas import (
    EditSupplier,
    GiveReason,
    RecordDocument,
    RecordSplit,
    ReviewSupplier,
)


@verb("suppliers.edit")
def edit_supplier(session: Session, supplier: Supplier, data: EditSupplier) -> Supplier:
    """Record what the organisation knows about a third party.

    Raises Refused for a name that another one has, and where one relied on would lack what its criticality asks (INV-SUP2).
    """
    values = data.model_dump(exclude={"version"})
    key = " ".join(data.title.split()).casefold()
    other = session.scalars(
        select(Supplier).where(Supplier.name_key == key, Supplier.id != supplier.id)
    ).first()
    if other is not None:
        raise Refused(f"{other.reference} has this name already.", field="title")
    assign(supplier, {**values, "name_key": key})
    if supplier.state in RELIED_ON:
        _refuse_incomplete(supplier)
    return supplier


@verb("suppliers.record_split")
def record_split(session: Session, supplier: Supplier, data: RecordSplit) -> Supplier:
    """Record who answers for which activity. Raises Refused unless each activity stands in exactly one list (A.10.2)."""
    split: dict[str, str] = {}
    for holder in Holder:
        for activity in getattr(data, holder.value):
            if activity not in rules().activities:
                raise Refused("Choose activities of the list.", field=holder.value)
            if activity in split:
                raise Refused(
                    f"“{rules().activities[activity]}” is chosen twice; choose Both if both answer for it.",
                    field=holder.value,
                )
            split[activity] = holder.value
    left = [name for activity, name in rules().activities.items() if activity not in split]
    if left:
        raise Refused(f"Nobody answers for: {'; '.join(left)}.", field="us")
    supplier.split = split
    return supplier


@verb("suppliers.record_document")
def record_document(session: Session, supplier: Supplier, data: RecordDocument) -> SupplierDocument:
    """Record that a document was asked for, or that it came; again for the same document replaces what was said."""
    if data.document not in rules().documents:
        raise Refused("Choose a document of the list.", field="document")
    if data.requested_on is None and data.received_on is None:
        raise Refused("Say when it was asked for, or when it came.", field="requested_on")
    if data.received_on and data.received_on > clock.today():
        raise Refused("A document cannot have come in the future.", field="received_on")
    if data.requested_on and data.received_on and data.received_on < data.requested_on:
        raise Refused("It came before it was asked for; check the dates.", field="received_on")
    if data.evidence and data.received_on is None:
        raise Refused("A file of it is here, so say when it came.", field="received_on")
    evidence = _evidence(session, data.evidence)
    item = next((item for item in supplier.documents if item.document == data.document), None)
    if item is None:
        item = SupplierDocument(document=data.document)
        supplier.documents.append(item)
    item.requested_on, item.received_on = data.requested_on, data.received_on
    item.evidence, item.note = evidence, data.note
    supplier.touch()
    session.flush()
    return item


def _evidence(session: Session, reference: str) -> Evidence | None:
    if not reference:
        return None
    found = records.find(session, reference)
    if not isinstance(found, Evidence):
        raise Refused(f"There is no evidence {reference}.", field="evidence")
    return found


@verb("suppliers.review")
def review(session: Session, supplier: Supplier, data: ReviewSupplier) -> SupplierReview:
    """Record a review and the date of the next. An unsatisfactory one suspends a third party that was relied on."""
    if data.result not in rules().results:
        raise Refused("Choose a result of the list.", field="result")
    if supplier.state == SupplierState.ENDED:
        raise Refused(f"{supplier.title} is ended and needs no review.")
    if data.next_on <= clock.today():
        raise Refused("The next review is after today.", field="next_on")
    actor = session.info["actor"]
    item = SupplierReview(
        done_on=clock.today(),
        by_id=actor.person_id,
        result=data.result,
        found=data.found,
        next_on=data.next_on,
    )
    supplier.reviews.append(item)
    supplier.review_due_on = data.next_on
    if data.result == "unsatisfactory" and supplier.state in RELIED_ON:
        supplier.state, supplier.state_reason = SupplierState.SUSPENDED, data.found
    session.flush()
    return item


@verb("suppliers.approve")
def approve_supplier(session: Session, supplier: Supplier) -> Supplier:
    """Approve a third party. Raises Refused with all that is missing (INV-SUP1, INV-SUP2)."""
    _rely(supplier, SupplierState.APPROVED, "")
    return supplier


@verb("suppliers.approve_conditionally")
def approve_conditionally(session: Session, supplier: Supplier, data: GiveReason) -> Supplier:
    """Rely on a third party under a condition that everybody can read."""
    _rely(supplier, SupplierState.CONDITIONAL, data.reason)
    return supplier


@verb("suppliers.suspend")
def suspend_supplier(session: Session, supplier: Supplier, data: GiveReason) -> Supplier:
    """Rely on it no longer for now: release gates of its systems say no."""
    if supplier.state not in RELIED_ON:
        raise Refused(f"{supplier.title} is {supplier.state}; only one that we rely on can be suspended.")
    supplier.state, supplier.state_reason = SupplierState.SUSPENDED, data.reason
    return supplier


@verb("suppliers.end")
def end_supplier(session: Session, supplier: Supplier, data: GiveReason) -> Supplier:
    """The relation is over."""
    if supplier.state == SupplierState.ENDED:
        raise Refused(f"{supplier.title} is ended already.")
    supplier.state, supplier.state_reason = SupplierState.ENDED, data.reason
    supplier.review_due_on = None
    return supplier


def _rely(supplier: Supplier, state: SupplierState, reason: str) -> None:
    if supplier.state == SupplierState.ENDED:
        raise Refused(f"The relation with {supplier.title} is ended.")
    if supplier.state == state:
        raise Refused(f"{supplier.title} is {state} already.")
    _refuse_incomplete(supplier)
    supplier.state, supplier.state_reason = state, reason


def _refuse_incomplete(supplier: Supplier) -> None:
    missing = missing_for_approval(supplier)
    if missing:
        where = "split" if missing == [_SPLIT] else "edit"
        raise Refused(f"Approval still needs: {'; '.join(missing)}.", fix=f"{supplier.path}/{where}")


_SPLIT = "who answers for which activity (A.10.2)"


def missing_for_approval(supplier: Supplier) -> list[str]:
    """What must be recorded before the organisation relies on it; more of a critical one (INV-SUP2)."""
    asked: list[tuple[bool, str]] = [
        (bool(supplier.responsibilities or supplier.split), "the division of responsibilities (A.10.2)"),
        (supplier.review_due_on is not None, "a date for the next review (A.10.3)"),
    ]
    if supplier.criticality is Criticality.CRITICAL:
        asked += [
            (bool(supplier.split), _SPLIT),
            (bool(supplier.incident_duty), "its duty to report incidents"),
            (bool(supplier.change_notice), "its notice of changes"),
            (bool(supplier.exit_plan), "an exit plan"),
        ]
    return [name for is_there, name in asked if not is_there]
