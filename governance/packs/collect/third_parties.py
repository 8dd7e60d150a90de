"""Section 14 of a pack: who answers for what, which documents came, what reviews found (A.10)."""

from datetime import date

from governance.core.canonical import content_hash
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.systems.models import AiSystem
from governance.systems.supplier_models import Supplier, SupplierDocument
from governance.systems.third_party_rules import rules

SECTION = 14
_WHO = {"us": "the organisation", "them": "the third party", "both": "both"}


def blocks(system: AiSystem, names: dict[int, str]) -> tuple[RecordBlock, ...]:
    """One block for each third party of the system."""
    return tuple(_block(item.supplier, names) for item in system.supplied)


def _block(supplier: Supplier, names: dict[int, str]) -> RecordBlock:
    facts = (
        ("Criticality", say(supplier.criticality) if supplier.criticality else "not judged yet"),
        ("Condition or reason", supplier.state_reason),
        ("Duty to report incidents", supplier.incident_duty),
        ("Notice of changes", supplier.change_notice),
        ("Exit plan", supplier.exit_plan),
        ("What it does not disclose", supplier.information_gaps),
    )
    tables = (_split(supplier), _documents(supplier), _reviews(supplier, names))
    absent = [table.caption.lower() for table in tables if not table.rows]
    return RecordBlock(
        section=SECTION,
        title=f"Duties, documents and reviews: {supplier.title}",
        reference=supplier.reference,
        state=say(supplier.state),
        note=f"None recorded: {', '.join(absent)}." if absent else "",
        facts=tuple(Fact(label=label, value=value) for label, value in facts if value),
        tables=tuple(table for table in tables if table.rows),
        content_sha256=content_hash(supplier.signed_content()),
    )


def _split(supplier: Supplier) -> Table:
    # In the order of the rules, as the trail keeps no other; what they do not name any more comes last.
    known = list(rules().activities)
    order = sorted(
        supplier.split, key=lambda name: (known.index(name) if name in known else len(known), name)
    )
    return Table(
        caption="Who answers for what",
        columns=("Activity", "Who"),
        rows=tuple(
            Row(cells=(rules().activities.get(activity, activity), _WHO[supplier.split[activity]]))
            for activity in order
        ),
        widths=(65, 35),
    )


def _documents(supplier: Supplier) -> Table:
    here = {item.document for item in supplier.documents}
    never = [name for name in rules().wanted_of(supplier.criticality) if name not in here]
    rows = [_document(item) for item in supplier.documents]
    rows += [Row(cells=(_named(name), "never", "missing: a gap", "")) for name in never]
    return Table(
        caption="Documents",
        columns=("Document", "Asked for", "Received", "Note"),
        rows=tuple(rows),
        widths=(34, 16, 20, 30),
    )


def _document(item: SupplierDocument) -> Row:
    came = _day(item.received_on) or "missing: a gap"
    if item.evidence:
        came += f", {item.evidence.reference}"
    return Row(cells=(_named(item.document), _day(item.requested_on), came, item.note))


def _named(document: str) -> str:
    found = rules().documents.get(document)
    return found.say if found else document


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _reviews(supplier: Supplier, names: dict[int, str]) -> Table:
    return Table(
        caption="Reviews",
        columns=("On", "Result", "What was found", "By"),
        rows=tuple(
            Row(cells=(_day(item.done_on), say(item.result), item.found, names.get(item.by_id or 0, "")))
            for item in supplier.reviews
        ),
        widths=(14, 18, 50, 18),
    )
