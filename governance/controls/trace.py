"""Which records evidence which control: of one system for its pack and page, counted over all for the overview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.controls.frameworks import Requirement, iso42001
from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.evidence.models import Evidence, EvidenceState
from governance.systems.models import AiSystem

# States in which a record shows nothing (any more).
_WORTHLESS = frozenset(
    {"draft", "rejected", "cancelled", "withdrawn", "superseded", "expired", "void", "refused", "declared"}
)


_NEWEST = 5
# Kinds that are listed on the page of what they belong to.
_LISTED_AT = {
    "classification": "/systems",
    "interpretation": "/values",
    "lifecycle_gate": "/systems",
    "measurement": "/indicators",
    "norm": "/values",
    "red_line_check": "/red-lines",
    "risk_acceptance": "/risk-assessments",
    "training_record": "/competence",
    "waiver": "/systems",
}


# Records by kind; items of evidence by `evidence:` and their own kind.
Evidencing = Mapping[str, Sequence[Record]]
Belonging = Sequence[tuple[str, Sequence[Record]]]


@dataclass(frozen=True)
class Trace:
    """A requirement and the records that evidence it; `gap` says in words why there is none."""

    requirement: Requirement
    records: tuple[Record, ...]
    gap: str


def evidencing(session: Session, system: AiSystem, belonging: Belonging) -> Evidencing:
    """The records that can evidence something for a system, out of those that belong to it (`systems.queries.related`)."""
    found: dict[str, list[Record]] = {"ai_system": [system]}
    subjects = {system.id}
    for kind, rows in belonging:
        found[kind] = [row for row in rows if row.state not in _WORTHLESS]
        subjects |= {row.id for row in rows}
    found["supplier"] = [item.supplier for item in system.supplied]
    for _, item in evidence.of_subjects(session, subjects):
        if item.state == EvidenceState.APPROVED:
            found.setdefault(f"evidence:{item.evidence_kind.value}", []).append(item)
    return found


def of_system(found: Evidencing) -> tuple[Trace, ...]:
    """Clauses and controls that each system answers, with what evidences them for this one."""
    return tuple(_trace(item, found) for item in iso42001().requirements if item.concerns_systems)


def list_of(kind: str) -> str:
    """The page that lists the records of a kind that evidences something, such as `policy` or `evidence:test_report`."""
    room, _, evidence_kind = kind.partition(":")
    if evidence_kind:
        return f"/evidence?evidence_kind={evidence_kind}"
    paths = {
        str(mapper.polymorphic_identity): mapper.class_.PATH
        for mapper in Record.__mapper__.self_and_descendants
        if mapper.class_ is not Record
    }
    return _LISTED_AT.get(room, f"/{paths[room]}")


def of_duties(session: Session, found: Evidencing, requirements: Sequence[Requirement]) -> tuple[Trace, ...]:
    """What evidences each requirement for a system: its own records, and those of the organisation as a whole."""
    kinds = {kind for item in requirements for kind in item.evidenced_by}
    by_kind = {**_of_the_organisation(session, kinds), **found}
    return tuple(_trace(item, by_kind) for item in requirements)


def _of_the_organisation(session: Session, kinds: set[str]) -> dict[str, list[Record]]:
    """The newest standing records of kinds that belong to no system."""
    found: dict[str, list[Record]] = {}
    for mapper in Record.__mapper__.self_and_descendants:
        kind = str(mapper.polymorphic_identity)
        if kind in kinds and "system_id" not in mapper.local_table.c and mapper.class_ is not AiSystem:
            standing = select(Record).where(Record.kind == kind, Record.state.not_in(_WORTHLESS))
            found[kind] = list(session.scalars(standing.order_by(Record.changed_at.desc()).limit(_NEWEST)))
    return found


def _trace(item: Requirement, by_kind: Mapping[str, Sequence[Record]]) -> Trace:
    rows = {row.id: row for kind in item.evidenced_by for row in by_kind.get(kind, ())}
    if rows:
        return Trace(item, tuple(sorted(rows.values(), key=lambda row: row.reference)), "")
    if not item.evidenced_by:
        return Trace(item, (), "No kind of record shows it by being there; attach a document as evidence.")
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
