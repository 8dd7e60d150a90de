"""Which records evidence which control: of one system for its pack and page, counted over all for the overview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.controls.frameworks import Requirement, iso42001
from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.evidence.models import Evidence, EvidenceState
from governance.systems import queries as systems
from governance.systems.models import AiSystem

# States in which a record shows nothing (any more).
_WORTHLESS = frozenset(
    {"draft", "rejected", "cancelled", "withdrawn", "superseded", "expired", "void", "refused", "declared"}
)


@dataclass(frozen=True)
class Trace:
    """A requirement and the records that evidence it; `gap` says in words why there is none."""

    requirement: Requirement
    records: tuple[Record, ...]
    gap: str


def of_system(session: Session, system: AiSystem) -> tuple[Trace, ...]:
    """Clauses and controls that each system answers, with what evidences them for this one."""
    by_kind = _records_by_kind(session, system)
    framework = iso42001()
    asked = [item for item in (*framework.clauses, *framework.controls) if item.concerns_systems]
    return tuple(_trace(item, by_kind) for item in asked)


def _records_by_kind(session: Session, system: AiSystem) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {"ai_system": [system]}
    subjects: dict[int, Record] = {system.id: system}
    for kind, rows in systems.related(session, system):
        found[kind] = [row for row in rows if row.state not in _WORTHLESS]
        subjects |= {row.id: row for row in rows}
    found["supplier"] = [item.supplier for item in system.supplied]
    for _, item in evidence.of_subjects(session, set(subjects)):
        if item.state == EvidenceState.APPROVED:
            found.setdefault(f"evidence:{item.evidence_kind.value}", []).append(item)
    return found


def _trace(item: Requirement, by_kind: Mapping[str, Sequence[Record]]) -> Trace:
    rows = {row.id: row for kind in item.evidenced_by for row in by_kind.get(kind, ())}
    if rows:
        return Trace(item, tuple(sorted(rows.values(), key=lambda row: row.reference)), "")
    if not item.evidenced_by:
        return Trace(item, (), "This registry does not keep records for it yet.")
    wanted = ", ".join(kind.split(":")[-1].replace("_", " ") for kind in item.evidenced_by)
    return Trace(item, (), f"None recorded: {wanted}.")


def counts(session: Session) -> dict[str, int]:
    """Number of records that can evidence something, per kind, over the whole registry."""
    table = Record.__table__
    rows = session.execute(
        select(table.c.kind, func.count()).where(table.c.state.not_in(_WORTHLESS)).group_by(table.c.kind)
    )
    found = {key: total for key, total in rows}  # noqa: C416 - rows are typed as rows, not pairs
    approved = select(Evidence.evidence_kind, func.count()).where(Evidence.state == EvidenceState.APPROVED)
    for kind, total in session.execute(approved.group_by(Evidence.evidence_kind)):
        found[f"evidence:{kind.value}"] = total
    return found
