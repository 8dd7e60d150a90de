"""Verbs of an import: upload, choose a mapping, keep the preview, confirm, bring a portion in, finish, fail, cancel."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.core import records, tables
from governance.core.errors import Refused
from governance.core.hidden import safe_file_name
from governance.systems import import_compare
from governance.systems.import_compare import PlannedRow
from governance.systems.import_models import ImportRow, ImportRun, ImportState, RowOutcome
from governance.systems.import_write import Writer
from governance.systems.mapped_rows import MappedRow, apply
from governance.systems.mapping import Mapping
from governance.trail import bound

BATCH = 200


def read_rows(mapping: Mapping, data: bytes, filename: str) -> Iterator[MappedRow]:
    """The mapped rows of an inventory file. Raises Refused if it cannot be read as the mapping says."""
    table = tables.read(data, mapping.source.layout(), name=filename)
    for row in table.rows if table.format == "json" else ():
        # JSON can spell what is no text: PostgreSQL keeps no NUL, and no database half a surrogate pair.
        if any("\0" in cell or not _is_text(cell) for cell in row.cells):
            raise Refused(f"Record {row.record} holds a character that is no text (NUL or half a pair).")
    return apply(mapping, table)


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in cell)


def plan(session: Session, mapping: Mapping, rows: Sequence[MappedRow]) -> list[PlannedRow]:
    """What an import of these rows would do: new, changed (which fields), unchanged or rejected (why)."""
    return import_compare.plan(session, mapping.source_name, rows)


def counts(planned: Sequence[PlannedRow]) -> dict[str, int]:
    """Rows per outcome, and the number of values that could not be mapped."""
    found = {outcome.value: 0 for outcome in RowOutcome}
    for item in planned:
        found[item.outcome.value] += 1
    found["problems"] = sum(len(item.row.problems) for item in planned)
    return found


def batches(rows: Iterator[MappedRow], size: int = BATCH) -> Iterator[list[MappedRow]]:
    """Rows in portions that are committed one by one."""
    while portion := list(islice(rows, size)):
        yield portion


@verb("imports.upload")
def upload(session: Session, mapping: Mapping, *, filename: str, sha256: str, size: int) -> ImportRun:
    """Record an uploaded inventory file and the mapping chosen for it."""
    run = ImportRun(
        title=f"Import of {safe_file_name(filename)}",
        state=ImportState.READING,
        owner_id=actor_of(session).person_id,
        mapping=mapping.name,
        mapping_hash=mapping.content_hash(),
        filename=safe_file_name(filename),
        sha256=sha256,
        size=size,
    )
    session.add(run)
    session.flush()
    return run


@verb("imports.map")
def choose_mapping(session: Session, run: ImportRun, mapping: Mapping) -> ImportRun:
    """Have the file read again by another mapping, or by the same one after its file was changed."""
    if run.state not in (ImportState.READING, ImportState.PREVIEWED, ImportState.FAILED):
        raise Refused(f"{run.reference} is {run.state} already; upload the file again.", fix="/imports")
    run.mapping, run.mapping_hash = mapping.name, mapping.content_hash()
    run.state, run.state_reason, run.counts = ImportState.READING, "", {}
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
    _bind(session, run)
    return run


def _bind(session: Session, run: ImportRun) -> None:
    """Have the run hold the digests of its rows as they stand now, so that its next event binds them."""
    for name, found in bound.digests(session, ImportRow, run.id).items():
        setattr(run, name, found)


def _alone(session: Session, run: ImportRun) -> None:
    """Wait for a portion that is being brought in, so that its rows do not change after they are bound."""
    session.flush()
    session.refresh(run, with_for_update=True)


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
        "system_id": item.known.system_id if item.known else None,
    }


@verb("imports.confirm")
def confirm(session: Session, run: ImportRun, mapping: Mapping) -> ImportRun:
    """Confirm a previewed import; the worker brings it in. `mapping` is the mapping as its file stands now."""
    if run.state != ImportState.PREVIEWED:
        raise Refused(f"{run.reference} is {run.state}; only a previewed import is confirmed.")
    if not run.counts.get("new") and not run.counts.get("changed"):
        raise Refused("There is nothing to import: no row is new or changed.")
    refuse_other_mapping(run, mapping)
    run.state, run.rows_digest = ImportState.IMPORTING, None
    return run


def refuse_other_mapping(run: ImportRun, mapping: Mapping) -> None:
    """What is imported is what was previewed. Raises Refused if the mapping file changed in between."""
    if mapping.content_hash() != run.mapping_hash:
        raise Refused(
            f"The mapping {run.mapping} was changed after this preview was made. Preview the file again.",
            fix=run.path,
        )


@verb("imports.cancel")
def cancel(session: Session, run: ImportRun) -> ImportRun:
    """Cancel an import; what was brought in so far stays."""
    _alone(session, run)
    if run.state in (ImportState.DONE, ImportState.CANCELLED):
        raise Refused(f"{run.reference} is {run.state} already.")
    if run.state == ImportState.IMPORTING:
        _bind(session, run)
    run.state = ImportState.CANCELLED
    return run


@verb("imports.finish")
def finish(session: Session, run: ImportRun) -> ImportRun:
    """Note that every row was brought in; a run that was cancelled meanwhile stays cancelled."""
    _alone(session, run)
    if run.state == ImportState.IMPORTING:
        run.state = ImportState.DONE
        _bind(session, run)
    return run


@verb("imports.fail")
def fail(session: Session, run: ImportRun, reason: str) -> ImportRun:
    """Note why an import could not go on; what was brought in so far stays."""
    _alone(session, run)
    if run.state == ImportState.IMPORTING:
        _bind(session, run)
    if run.state in (ImportState.READING, ImportState.PREVIEWED, ImportState.IMPORTING):
        run.state, run.state_reason = ImportState.FAILED, reason
    return run


@verb("imports.run")
def bring_in(session: Session, run: ImportRun, mapping: Mapping, rows: Sequence[MappedRow]) -> dict[str, int]:
    """Bring one portion of rows into the register. Doing it again changes nothing, so a crash loses and doubles nothing.

    A changed row sets only fields whose value in the inventory changed; what people edited in the registry since then
    is kept and reported. Returns the number of rows per outcome.
    """
    _alone(session, run)
    if run.state != ImportState.IMPORTING:
        raise Refused(f"{run.reference} is {run.state}; only a confirmed import is brought in.")
    session.info["reason"] = (
        f"{run.reference}: {run.filename} (SHA-256 {run.sha256[:12]}…) by mapping {run.mapping}"
    )
    planned = plan(session, mapping, rows)
    writer = Writer(session, run, mapping, planned)
    done = {outcome.value: 0 for outcome in RowOutcome}
    made = []
    for item in planned:
        done[item.outcome.value] += 1
        if item.outcome is RowOutcome.NEW:
            made.append((item.row.record, writer.create(item.row)))
        elif item.outcome is RowOutcome.CHANGED and item.known is not None:
            writer.update(item.known, item.row)
    session.flush()
    _note(session, run, [(record, {"system_id": system.id}) for record, system in made])
    _note(
        session,
        run,
        [(item.row.record, {"reason": item.reason}) for item in planned if item.known and item.reason],
    )
    return done


def _note(session: Session, run: ImportRun, notes: list[tuple[int, dict[str, Any]]]) -> None:
    rows = records.table_of(ImportRow)
    for record, values in notes:
        here = (rows.c.import_id == run.id) & (rows.c.record_number == record)
        session.connection().execute(update(rows).where(here).values(**values))
