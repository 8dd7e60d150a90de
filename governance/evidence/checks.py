"""What a gate or an auditor asks about evidence: is there an approved item of a kind, in date, for the system."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select

from governance.core.checks import Missing, check
from governance.core.records import Link, Record
from governance.evidence.models import Evidence, EvidenceKind, EvidenceState
from governance.evidence.service import LINK_ROLE

# (kind, clause, title) of the documents that life-cycle gates ask for.
DOCUMENTS = (
    (EvidenceKind.REQUIREMENTS_SPEC, "A.6.2.2", "Approved requirements specification"),
    (EvidenceKind.DESIGN_RECORD, "A.6.2.3", "Approved design record"),
    (EvidenceKind.TEST_PLAN, "A.6.2.4", "Approved test plan with its thresholds"),
    (EvidenceKind.TEST_REPORT, "A.6.2.4", "Approved test report"),
    (EvidenceKind.MONITORING_PLAN, "A.6.2.6", "Approved monitoring plan"),
    (EvidenceKind.USER_INFORMATION, "A.8.2", "Approved information for users"),
    (EvidenceKind.INCIDENT_PLAN, "A.8.4", "Approved incident plan with contacts"),
    (EvidenceKind.REHEARSAL, "A.6.2.5", "Rehearsed deployment and rollback"),
    (EvidenceKind.OVERSEER_TRAINING, "7.2", "Trained overseers"),
    (EvidenceKind.RETIREMENT_PLAN, "A.6.2.5", "Approved retirement plan"),
)

_NO_DETAIL = literal("").label("detail")


def _systems() -> Any:
    # The register stands above this room: its systems are seen here as records of the spine.
    return Record.__table__.alias("system_record")


def _links(system: Any, *conditions: Any) -> Any:
    items = select(Link.id).join(Evidence, Evidence.id == Link.target_id)
    return exists(items.where(Link.source_id == system.c.id, Link.role == LINK_ROLE, *conditions))


def proves_from() -> ColumnElement[date]:
    """The first day that an item proves: what it says, else the day on which it was collected."""
    return func.coalesce(Evidence.covers_from, Evidence.collected_on)


def _document(kind: EvidenceKind) -> Missing:
    def missing(today: date) -> Select[Any]:
        system = _systems()
        # It counts in the time that it proves, and outside it not (INV-EVI3).
        now = (
            or_(Evidence.valid_until.is_(None), Evidence.valid_until >= today),
            proves_from() <= today,
            or_(Evidence.covers_to.is_(None), Evidence.covers_to >= today),
        )
        proved = _links(
            system, Evidence.evidence_kind == kind, Evidence.state == EvidenceState.APPROVED, *now
        )
        statement = select(system.c.id, system.c.reference, _NO_DETAIL)
        return statement.where(system.c.kind == "ai_system", ~proved)

    return missing


for _kind, _clause, _title in DOCUMENTS:
    check(
        f"evidence.{_kind.value}",
        clause=_clause,
        severity="major",
        title=_title,
        fix="/evidence/new?for={reference}&kind=" + _kind.value,
    )(_document(_kind))


@check(
    "evidence.not_expired",
    clause="7.5.3",
    severity="minor",
    title="No expired evidence",
    fix="/systems/{reference}/evidence",
)
def expired(today: date) -> Select[Any]:
    """Evidence of the system ran out and was not superseded."""
    system = _systems()
    standing = Evidence.state.in_((EvidenceState.APPROVED, EvidenceState.IN_REVIEW))
    ran_out = _links(system, standing, Evidence.valid_until < today)
    return select(system.c.id, system.c.reference, _NO_DETAIL).where(system.c.kind == "ai_system", ran_out)


@check(
    "evidence.kept_here",
    clause="7.5.3",
    severity="minor",
    title="Evidence kept here, not only linked",
    fix="/systems/{reference}/evidence",
)
def only_linked(today: date) -> Select[Any]:
    """Approved evidence is a bare link: what it points to can change or vanish (INV-EVI2)."""
    system = _systems()
    bare = _links(system, Evidence.state == EvidenceState.APPROVED, Evidence.sha256 == "")
    return select(system.c.id, system.c.reference, _NO_DETAIL).where(system.c.kind == "ai_system", bare)
