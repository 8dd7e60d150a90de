"""`aims import`: bring an inventory file in by a mapping, or say that nothing changed."""

import csv
from pathlib import Path

import click

from governance.access.actor import Actor
from governance.core import records
from governance.core.canonical import sha256_hex
from governance.core.database import Database
from governance.systems import imports
from governance.systems.import_models import ImportRun, RowOutcome
from governance.systems.imports import PlannedRow
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
    with database.transaction(actor, source="CLI", request_id="aims import") as session:
        run = imports.upload(session, mapping, filename=file.name, sha256=sha256_hex(data), size=len(data))
        imports.keep_preview(session, run, planned)
        imports.confirm(session, run)
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
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(("record", "key", "outcome", "column", "value", "reason"))
        for item in planned:
            writer.writerow((item.row.record, item.row.key, item.outcome.value, "", "", item.reason))
            for problem in item.row.problems:
                writer.writerow(
                    (problem.record, item.row.key, "kept", problem.column, problem.raw, problem.reason)
                )
