"""Comparing the rows of an inventory with the register: inventory as it was, inventory as it is, system as it is here."""

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from governance.core.canonical import plain
from governance.systems.import_models import RowOutcome, SourceRow
from governance.systems.import_targets import TARGETS, Kind
from governance.systems.mapped_rows import MappedRow
from governance.systems.models import AiSystem, StageBasis, Status

_AT_ONCE = 500
# What these say is placed by rules of its own: as title, declared stage, declared claim, version.
_PLACED = frozenset({"name", "stage", "declared_tier", "version_label"})
_BLANK: dict[Kind, Any] = {Kind.LIST: [], Kind.CHOICES: [], Kind.CHOICE: None, Kind.FLAG: "unknown"}

SOURCE_VALUES = "source_values"
"""Stands among the changed fields when only columns changed that the mapping keeps as source values."""


@dataclass(frozen=True)
class PlannedRow:
    """A row of the file and what an import would do with it; `known` is where the system came from before."""

    row: MappedRow
    outcome: RowOutcome
    reason: str = ""
    changed_fields: tuple[str, ...] = ()
    known: SourceRow | None = None


@dataclass(frozen=True)
class Change:
    """What a changed row means for its system: columns to set, and fields that stay because people edited them here."""

    values: dict[str, Any]
    kept: tuple[str, ...]


def plan(session: Session, source: str, rows: Sequence[MappedRow]) -> list[PlannedRow]:
    """What an import of these rows would do: new, changed (which fields), unchanged or rejected (why).

    `source` is the name of the inventory whose systems are recognised again. Some eight statements per 500 rows.
    """
    planned: list[PlannedRow] = []
    for start in range(0, len(rows), _AT_ONCE):
        portion = rows[start : start + _AT_ONCE]
        known = _known(session, source, portion)
        planned += [_planned(row, known.get(row.key)) for row in portion]
    return planned


def _known(session: Session, source: str, rows: Sequence[MappedRow]) -> dict[str, SourceRow]:
    keys = [row.key for row in rows]
    statement = select(SourceRow).where(SourceRow.source == source, SourceRow.natural_key.in_(keys))
    found = {item.natural_key: item for item in session.scalars(statement)}
    differing = [
        item.id
        for row in rows
        if (item := found.get(row.key)) is not None and item.row_hash != row.content_hash
    ]
    # Loaded at once: SourceRow.system then costs no statement per row.
    system = selectinload(SourceRow.system)
    parts = system.selectinload(AiSystem.supplied), system.selectinload(AiSystem.versions)
    again = select(SourceRow).where(SourceRow.id.in_(differing)).options(*parts)
    session.scalars(again.execution_options(populate_existing=True)).all()
    return found


def _planned(row: MappedRow, known: SourceRow | None) -> PlannedRow:
    if row.rejected is not None:
        return PlannedRow(row, RowOutcome.REJECTED, row.rejected, known=known)
    if known is None:
        return PlannedRow(row, RowOutcome.NEW)
    if known.row_hash == row.content_hash:
        if _other_source_values(known.raw, row.raw):
            return PlannedRow(row, RowOutcome.CHANGED, changed_fields=(SOURCE_VALUES,), known=known)
        return PlannedRow(row, RowOutcome.UNCHANGED, known=known)
    system = known.system
    if system.state in AiSystem.FROZEN:
        reason = f"{system.reference} is {system.state}; its entry stays as it was."
        return PlannedRow(row, RowOutcome.REJECTED, reason, known=known)
    changed = differences(known.mapped, mapped(row)) or (SOURCE_VALUES,)
    kept = change(system, known.mapped, row).kept
    reason = f"Edited here and changed there; the registry's value stays: {_words(kept)}." if kept else ""
    return PlannedRow(row, RowOutcome.CHANGED, reason, changed, known)


def _words(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _other_source_values(before: Pairs[str, str], after: Pairs[str, str]) -> bool:
    # Another layout of the same inventory has other columns; that alone is no change of the system.
    return before.keys() == after.keys() and before != after


def mapped(row: MappedRow) -> dict[str, Any]:
    """What was read from a row, as it is kept to compare the next import with."""
    claims = {claim.topic: [claim.answer, claim.wording, list(claim.methods)] for claim in row.claims}
    values = {name: plain(value) for name, value in row.values.items()}
    links = [dict(link) for link in row.links]
    return {**values, "claims": claims, "suppliers": list(row.suppliers), "links": links}


def differences(before: Pairs[str, Any], after: Pairs[str, Any]) -> tuple[str, ...]:
    """Names of the mapped values that differ between two imports of a system."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


def columns(values: Pairs[str, Any]) -> dict[str, Any]:
    """Mapped values by the system's own columns, every column that an inventory can fill; blank where it says nothing."""
    found: dict[str, Any] = {}
    for name, target in TARGETS.items():
        if name not in _PLACED:
            value = values.get(name)
            blank = _BLANK.get(target.kind, "")
            found[name] = plain(value) if value else (list(blank) if isinstance(blank, list) else blank)
    # As AiSystem keeps a title, so that a long name does not look edited.
    found["title"] = " ".join(str(values.get("name") or "").split())[:400]
    found["links"] = list(values.get("links") or [])
    return found


def change(system: AiSystem, before: Pairs[str, Any], row: MappedRow) -> Change:
    """Compare three ways: only what changed in the inventory is set, and only where nobody edited it here since."""
    was, now = columns(before), columns(mapped(row))
    values: dict[str, Any] = {}
    kept: list[str] = []
    for name, value in now.items():
        present = plain(getattr(system, name))
        if value == was[name] or value == present:
            continue
        if present == was[name]:
            values[name] = value
        else:
            kept.append("name" if name == "title" else name)
    stage = row.values.get("stage")
    if stage and stage != before.get("stage") and stage != system.stage and not _takes_stage(system):
        kept.append("stage")
    return Change(values, tuple(kept))


def _takes_stage(system: AiSystem) -> bool:
    return system.stage_basis is StageBasis.DECLARED or system.state == Status.DRAFT


def declared_stage(system: AiSystem, before: Pairs[str, Any], row: MappedRow) -> str | None:
    """The stage to set as declared, or None: a passed gate outranks what an inventory says."""
    stage = row.values.get("stage")
    if not stage or stage == before.get("stage") or stage == system.stage or not _takes_stage(system):
        return None
    return str(stage)
