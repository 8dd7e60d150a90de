"""What a gate or an auditor asks about third parties (A.10)."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from governance.core.checks import check
from governance.core.records import Record
from governance.systems.checks import failing
from governance.systems.models import AiSystem, Status
from governance.systems.supplier_models import (
    RELIED_ON,
    Criticality,
    Supplier,
    SupplierDocument,
    SupplierState,
    SystemSupplier,
)

_OF_SYSTEM = "/systems/{reference}/suppliers"
_OWN = "/third-parties/{reference}"


def _failing(condition: ColumnElement[bool]) -> Select[Any]:
    columns: Any = select(Supplier.id, Record.reference, literal("").label("detail"))
    statement: Select[Any] = columns.select_from(Supplier).where(
        Record.kind == "supplier", Supplier.state.in_(RELIED_ON), condition
    )
    return statement


@check(
    "systems.suppliers_approved",
    clause="A.10.3",
    severity="critical",
    title="Third parties approved",
    fix=_OF_SYSTEM,
)
def relies_on_unapproved(today: date) -> Select[Any]:
    """A part comes from a third party that is a candidate, suspended or ended (INV-SUP1)."""
    spine = aliased(Record.__table__)
    first = (
        select(func.min(spine.c.reference))
        .join(SystemSupplier.__table__, SystemSupplier.supplier_id == spine.c.id)
        .where(SystemSupplier.system_id == AiSystem.id, spine.c.state.not_in(RELIED_ON))
        .correlate(AiSystem)
        .scalar_subquery()
    )
    return failing(first.is_not(None), first + literal(" is not approved"))


@check(
    "systems.supplier_documents",
    clause="A.10.3",
    severity="minor",
    title="Documents of third parties",
    fix=_OF_SYSTEM,
)
def without_documents(today: date) -> Select[Any]:
    """A system in operation has a third party of which no document ever came."""
    spine = aliased(Record.__table__)
    came = exists().where(
        SupplierDocument.supplier_id == SystemSupplier.supplier_id, SupplierDocument.received_on.is_not(None)
    )
    first = (
        select(func.min(spine.c.reference))
        .join(SystemSupplier.__table__, SystemSupplier.supplier_id == spine.c.id)
        .where(SystemSupplier.system_id == AiSystem.id, spine.c.state != SupplierState.ENDED, ~came)
        .correlate(AiSystem)
        .scalar_subquery()
    )
    return failing(
        AiSystem.state.in_((Status.ACTIVE, Status.SUSPENDED)) & first.is_not(None),
        literal("No document came from ") + first,
    )


@check(
    "third_parties.reviewed",
    clause="A.10.3",
    severity="major",
    title="Third parties reviewed in time",
    fix=_OWN,
    about="supplier",
)
def review_overdue(today: date) -> Select[Any]:
    """We rely on a third party whose review is past, or has no date."""
    return _failing(Supplier.review_due_on.is_(None) | (Supplier.review_due_on < today))


@check(
    "third_parties.critical_complete",
    clause="A.10.2, A.10.3",
    severity="major",
    title="Duties of critical third parties",
    fix=_OWN,
    about="supplier",
)
def critical_incomplete(today: date) -> Select[Any]:
    """We rely on a critical third party without split, incident duty, notice of changes or exit plan (INV-SUP2)."""
    lacking = or_(
        cast(Supplier.split, String).in_(("{}", "null")),
        Supplier.incident_duty == "",
        Supplier.change_notice == "",
        Supplier.exit_plan == "",
    )
    return _failing((Supplier.criticality == Criticality.CRITICAL) & lacking)
