"""Importing an inventory: compare its rows with what is registered, and bring the differences in, batch by batch."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import records, tables
from governance.core.canonical import plain
from governance.core.errors import Refused
from governance.systems.import_models import (
    DeclaredClaim,
    ImportRow,
    ImportRun,
    ImportState,
    RowOutcome,
    SourceRow,
)
from governance.systems.mapped_rows import MappedRow, apply
from governance.systems.mapping import Mapping
from governance.systems.models import (
    AiSystem,
    Answer,
    Stage,
    StageBasis,
    Status,
    Supplier,
    SupplierState,
    SystemSupplier,
    SystemVersion,
    VersionState,
)

BATCH = 200
_DECLARATIONS = frozenset({"name", "stage", "declared_tier", "version_label"})


@dataclass(frozen=True)
class PlannedRow:
    """A row of the file and what an import would do with it."""

    row: MappedRow
    outcome: RowOutcome
    reason: str = ""
    changed_fields: tuple[str, ...] = ()


def read_rows(mapping: Mapping, data: bytes, filename: str) -> Iterator[MappedRow]:
    """The mapped rows of an inventory file. Raises Refused if it cannot be read as the mapping says."""
    return apply(mapping, tables.read(data, mapping.source.layout(), name=filename))


def plan(session: Session, mapping: Mapping, rows: Sequence[MappedRow]) -> list[PlannedRow]:
    """What an import of these rows would do: new, changed (which fields), unchanged or rejected (why)."""
    known = _known(session, mapping.source_name, [row.key for row in rows])
    return [_planned(row, known.get(row.key)) for row in rows]


def _known(session: Session, source: str, keys: Sequence[str]) -> dict[str, SourceRow]:
    found: dict[str, SourceRow] = {}
    for start in range(0, len(keys), 500):
        batch = keys[start : start + 500]
        statement = select(SourceRow).where(SourceRow.source == source, SourceRow.natural_key.in_(batch))
        found |= {item.natural_key: item for item in session.scalars(statement)}
    return found


def _planned(row: MappedRow, known: SourceRow | None) -> PlannedRow:
    if row.rejected is not None:
        return PlannedRow(row, RowOutcome.REJECTED, row.rejected)
    if known is None:
        return PlannedRow(row, RowOutcome.NEW)
    if known.row_hash == row.content_hash:
        return PlannedRow(row, RowOutcome.UNCHANGED)
    return PlannedRow(row, RowOutcome.CHANGED, changed_fields=_differences(known.mapped, _mapped(row)))


def _mapped(row: MappedRow) -> dict[str, Any]:
    """What was read from a row, as it is kept to compare the next import with."""
    claims = {claim.topic: [claim.answer, claim.wording, list(claim.methods)] for claim in row.claims}
    values = {name: plain(value) for name, value in row.values.items()}
    return {**values, "claims": claims, "suppliers": list(row.suppliers), "links": list(row.links)}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


def counts(planned: Sequence[PlannedRow]) -> dict[str, int]:
    """Rows per outcome, and the number of values that could not be mapped."""
    found = {outcome.value: 0 for outcome in RowOutcome}
    for item in planned:
        found[item.outcome.value] += 1
    found["problems"] = sum(len(item.row.problems) for item in planned)
    return found


@verb("imports.upload")
def upload(session: Session, mapping: Mapping, *, filename: str, sha256: str, size: int) -> ImportRun:
    """Record an uploaded inventory file and the mapping chosen for it."""
    run = ImportRun(
        title=f"Import of {filename}",
        state=ImportState.READING,
        owner_id=actor_of(session).person_id,
        mapping=mapping.name,
        mapping_hash=mapping.content_hash(),
        filename=filename[:255],
        sha256=sha256,
        size=size,
    )
    session.add(run)
    session.flush()
    return run


@verb("imports.preview")
def keep_preview(session: Session, run: ImportRun, planned: Sequence[PlannedRow]) -> ImportRun:
    """Keep the report of what an import would do, row by row; nothing is written to the register."""
    if run.state not in (ImportState.READING, ImportState.PREVIEWED):
        raise Refused(f"{run.reference} is {run.state} already.")
    connection = session.connection()
    rows = records.table_of(ImportRow)
    connection.execute(delete(rows).where(rows.c.import_id == run.id))
    for start in range(0, len(planned), 1000):
        connection.execute(insert(rows), [_report(run, item) for item in planned[start : start + 1000]])
    run.counts = counts(planned)
    run.state = ImportState.PREVIEWED
    return run


def _report(run: ImportRun, item: PlannedRow) -> dict[str, Any]:
    problems = [{key: str(value) for key, value in asdict(problem).items()} for problem in item.row.problems]
    return {
        "import_id": run.id,
        "record_number": item.row.record,
        "natural_key": item.row.key,
        "name": str(item.row.values.get("name", ""))[:400],
        "outcome": item.outcome,
        "reason": item.reason,
        "changed_fields": list(item.changed_fields),
        "problems": problems,
        "system_id": None,
    }


@verb("imports.confirm")
def confirm(session: Session, run: ImportRun) -> ImportRun:
    """Confirm a previewed import; the worker brings it in."""
    if run.state != ImportState.PREVIEWED:
        raise Refused(f"{run.reference} is {run.state}; only a previewed import is confirmed.")
    if not run.counts.get("new") and not run.counts.get("changed"):
        raise Refused("There is nothing to import: no row is new or changed.")
    run.state = ImportState.IMPORTING
    return run


@verb("imports.cancel")
def cancel(session: Session, run: ImportRun) -> ImportRun:
    """Cancel an import; what was brought in so far stays."""
    if run.state in (ImportState.DONE, ImportState.CANCELLED):
        raise Refused(f"{run.reference} is {run.state} already.")
    run.state = ImportState.CANCELLED
    return run


@verb("imports.finish")
def finish(session: Session, run: ImportRun) -> ImportRun:
    """Note that every row was brought in."""
    run.state = ImportState.DONE
    return run


def batches(rows: Iterator[MappedRow], size: int = BATCH) -> Iterator[list[MappedRow]]:
    """Rows in portions that are committed one by one."""
    while portion := list(islice(rows, size)):
        yield portion


@verb("imports.run")
def bring_in(session: Session, run: ImportRun, mapping: Mapping, rows: Sequence[MappedRow]) -> dict[str, int]:
    """Bring one portion of rows into the register. Doing it again changes nothing, so a crash loses and doubles nothing.

    A changed row sets only fields whose value in the inventory changed; what people edited in the registry since then
    is kept and reported.
    """
    session.info["reason"] = (
        f"{run.reference}: {run.filename} (SHA-256 {run.sha256[:12]}…) by mapping {run.mapping}"
    )
    known = _known(session, mapping.source_name, [row.key for row in rows])
    suppliers = _Suppliers(session, rows)
    done = {outcome.value: 0 for outcome in RowOutcome}
    new: list[tuple[MappedRow, AiSystem]] = []
    for row in rows:
        outcome = _planned(row, known.get(row.key)).outcome
        done[outcome.value] += 1
        if outcome is RowOutcome.NEW:
            new.append((row, _new_system(session, run, mapping, row, suppliers)))
        elif outcome is RowOutcome.CHANGED:
            _change(session, run, known[row.key], row, mapping, suppliers)
    session.flush()
    _link_report(session, run, [(row.record, system.id) for row, system in new])
    return done


def _link_report(session: Session, run: ImportRun, made: list[tuple[int, int]]) -> None:
    rows = records.table_of(ImportRow)
    for record_number, system_id in made:
        statement = rows.update().where(rows.c.import_id == run.id, rows.c.record_number == record_number)
        session.connection().execute(statement.values(system_id=system_id))


class _Suppliers:
    """Third parties by name, looked up once per portion and made when new."""

    def __init__(self, session: Session, rows: Sequence[MappedRow]) -> None:
        self.session = session
        keys = {_name_key(name) for row in rows for name in row.suppliers}
        found = session.scalars(select(Supplier).where(Supplier.name_key.in_(keys))) if keys else ()
        self.by_key = {item.name_key: item for item in found}

    def named(self, name: str) -> Supplier:
        key = _name_key(name)
        if key not in self.by_key:
            made = Supplier(title=" ".join(name.split())[:200], name_key=key, state=SupplierState.CANDIDATE)
            self.session.add(made)
            self.by_key[key] = made
        return self.by_key[key]


def _name_key(name: str) -> str:
    return " ".join(name.split())[:200].casefold()


def _register_values(row: MappedRow) -> dict[str, Any]:
    """Values of a row by the register's own columns."""
    values = {name: value for name, value in row.values.items() if name not in _DECLARATIONS}
    for name in ("personal_data", "special_category_data"):
        if name in values:
            values[name] = Answer(str(values[name])) if values[name] else Answer.UNKNOWN
    return {**values, "title": row.values.get("name", ""), "links": list(row.links)}


def _new_system(
    session: Session, run: ImportRun, mapping: Mapping, row: MappedRow, suppliers: _Suppliers
) -> AiSystem:
    stage = row.values.get("stage")
    system = AiSystem(
        **{name: value for name, value in _register_values(row).items() if value is not None},
        state=Status.DRAFT,
    )
    if stage:
        system.stage, system.stage_basis = Stage(str(stage)), StageBasis.DECLARED
    session.add(system)
    if label := row.values.get("version_label"):
        system.versions.append(
            SystemVersion(
                number=1,
                label=str(label)[:100],
                state=VersionState.DRAFT,
                what_changed="As declared by the inventory",
            )
        )
    for supplier in {suppliers.named(name) for name in row.suppliers}:
        system.supplied.append(SystemSupplier(supplier=supplier))
    for topic, (answer, wording, methods) in _claims(row).items():
        session.add(_claim(system, topic, answer, wording, methods, mapping, row))
    session.add(
        SourceRow(
            source=mapping.source_name,
            natural_key=row.key,
            system=system,
            **_source_values(run, mapping, row),
        )
    )
    return system


def _source_values(run: ImportRun, mapping: Mapping, row: MappedRow) -> dict[str, Any]:
    return {
        "import_id": run.id,
        "record_number": row.record,
        "row_hash": row.content_hash,
        "mapping_hash": mapping.content_hash(),
        "raw": dict(row.raw),
        "mapped": _mapped(row),
        "problems": [{key: str(value) for key, value in asdict(item).items()} for item in row.problems],
    }


def _claims(row: MappedRow) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    found = {claim.topic: (claim.answer, claim.wording, claim.methods) for claim in row.claims}
    if tier := row.values.get("declared_tier"):
        found["risk_tier"] = (str(tier), str(row.values.get("declared_class", "")), ())
    return found


def _claim(
    system: AiSystem,
    topic: str,
    answer: str,
    wording: str,
    methods: Sequence[str],
    mapping: Mapping,
    row: MappedRow,
) -> DeclaredClaim:
    return DeclaredClaim(
        title=f"Declared {topic.replace('_', ' ')}: {answer.replace('_', ' ')}",
        state="declared",
        system=system,
        topic=topic,
        answer=answer,
        wording=wording,
        methods=list(methods),
        source=f"{mapping.name}, record {row.record}",
    )


def _change(
    session: Session,
    run: ImportRun,
    source: SourceRow,
    row: MappedRow,
    mapping: Mapping,
    suppliers: _Suppliers,
) -> None:
    system = source.system
    if system.state in AiSystem.FROZEN:
        _note(session, run, row, f"{system.reference} is {system.state}; its entry stays as it was.")
        return
    before, kept = source.mapped, []
    for name, value in _register_values(row).items():
        key = "name" if name == "title" else name
        if before.get(key) == plain(value):
            continue
        present = plain(getattr(system, name))
        if key in before and present not in (before[key], "", [], None, "unknown"):
            kept.append(name)
        elif present != plain(value):
            setattr(system, name, value)
    kept += _change_stage(system, before.get("stage"), row.values.get("stage"))
    _change_parts(session, system, row, mapping, suppliers)
    for name, value in _source_values(run, mapping, row).items():
        setattr(source, name, value)
    if kept:
        _note(
            session,
            run,
            row,
            "Edited here and changed there; the registry's value is kept: " + ", ".join(kept),
        )


def _change_stage(system: AiSystem, before: Any, after: Any) -> list[str]:
    if not after or before == after:
        return []
    if system.stage_basis is StageBasis.GATE and system.state != Status.DRAFT:
        return ["stage"]
    system.stage, system.stage_basis = Stage(str(after)), StageBasis.DECLARED
    return []


def _change_parts(
    session: Session, system: AiSystem, row: MappedRow, mapping: Mapping, suppliers: _Suppliers
) -> None:
    there = {
        item.topic: item
        for item in session.scalars(select(DeclaredClaim).where(DeclaredClaim.system_id == system.id))
    }
    for topic, (answer, wording, methods) in _claims(row).items():
        claim = there.get(topic)
        if claim is None:
            session.add(_claim(system, topic, answer, wording, methods, mapping, row))
        elif (claim.answer, claim.wording, claim.methods) != (answer, wording, list(methods)):
            claim.answer, claim.wording, claim.methods = answer, wording, list(methods)
    recorded = {item.supplier_id for item in system.supplied}
    for name in row.suppliers:
        supplier = suppliers.named(name)
        session.flush()
        if supplier.id not in recorded:
            system.supplied.append(SystemSupplier(supplier=supplier))
            recorded.add(supplier.id)


def _note(session: Session, run: ImportRun, row: MappedRow, reason: str) -> None:
    rows = records.table_of(ImportRow)
    statement = rows.update().where(rows.c.import_id == run.id, rows.c.record_number == row.record)
    session.connection().execute(statement.values(reason=reason))
