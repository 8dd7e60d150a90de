"""`aims import`: bring an inventory file in by a mapping, or say that nothing changed."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import click

from governance.access.actor import Actor
from governance.core import records, tables
from governance.core.database import Database
from governance.core.settings import load
from governance.systems import imports
from governance.systems.import_compare import PlannedRow
from governance.systems.import_jobs import files
from governance.systems.import_models import ImportRun, RowOutcome
from governance.systems.mapping_files import load_mapping

_SHOWN = 12


def bring_in(
    database: Database, actor: Actor, file: Path, mapping_name: str, *, dry_run: bool, report: Path | None
) -> None:
    """Read, compare and import a file, saying what happens to how many rows. An unchanged file writes nothing at all."""
    mapping = load_mapping(mapping_name)
    data = file.read_bytes()
    rows = list(imports.read_rows(mapping, data, file.name))
    with database.transaction(actor, readonly=True) as session:
        planned = imports.plan(session, mapping, rows)
    found = imports.counts(planned)
    click.echo(f"{file.name}, mapping {mapping.name}: {len(rows)} rows")
    click.echo("  " + ", ".join(f"{found[outcome.value]} {outcome.value}" for outcome in RowOutcome))
    click.echo(f"  {found['problems']} values could not be mapped; each is kept as it came")
    _say_problems(planned)
    if report is not None:
        write_report(planned, report)
        click.echo(f"  report: {report}")
    if dry_run:
        click.echo("Dry run: nothing was written.")
        return
    if not found["new"] and not found["changed"]:
        click.echo("Nothing to import: no row is new or changed. Nothing was written.")
        return
    stored = files(load()).put(BytesIO(data), limit=len(data))
    with database.transaction(actor, source="CLI", request_id="aims import") as session:
        run = imports.upload(session, mapping, filename=file.name, sha256=stored.sha256, size=stored.size)
        imports.keep_preview(session, run, planned)
        imports.confirm(session, run, mapping)
        reference = run.reference
    with click.progressbar(length=len(rows), label=f"{reference}") as bar:
        for portion in imports.batches(iter(rows)):
            with database.transaction(actor, source="import", request_id=reference) as session:
                imports.bring_in(session, records.get(session, ImportRun, reference), mapping, portion)
            bar.update(len(portion))
    with database.transaction(actor, source="import", request_id=reference) as session:
        imports.finish(session, records.get(session, ImportRun, reference))
    click.echo(f"{reference} is done: {found['new']} systems are new, {found['changed']} changed.")


def _say_problems(planned: list[PlannedRow]) -> None:
    lines = [
        f"  rejected, record {item.row.record}: {item.reason}"
        for item in planned
        if item.outcome is RowOutcome.REJECTED
    ]
    lines += [
        f"  record {problem.record}, {problem.column}: {problem.raw[:60]!r}: {problem.reason}"
        for item in planned
        for problem in item.row.problems
    ]
    for text in lines[:_SHOWN]:
        click.echo(text)
    if len(lines) > _SHOWN:
        click.echo(f"  … and {len(lines) - _SHOWN} more; --report FILE.csv has them all")


def write_report(planned: list[PlannedRow], path: Path) -> None:
    """Write every row's outcome and every problem as CSV."""
    columns = ("record", "key", "outcome", "column", "value", "reason")
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        file.writelines(tables.csv_lines(columns, _report(planned)))


def _report(planned: list[PlannedRow]) -> Iterator[tuple[str, ...]]:
    for item in planned:
        what = item.reason or ", ".join(item.changed_fields)
        yield str(item.row.record), item.row.key, item.outcome.value, "", "", what
        for problem in item.row.problems:
            kept = "kept as it came" if problem.kept_as == "raw" else f"kept as {problem.kept_as}"
            yield str(problem.record), item.row.key, kept, problem.column, problem.raw, problem.reason
