"""Pages of imports: upload, mapping shown, preview row by row, confirm, progress; and where a system came from."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, Text, select
from sqlalchemy import cast as sql_cast

from governance.access import queries as people
from governance.access.policy import may
from governance.access.verbs import refusal
from governance.core import records, tables
from governance.core.errors import DomainError, Forbidden, Refused
from governance.core.tables import Layout
from governance.jobs import service as jobs
from governance.jobs.models import Job
from governance.systems import imports, lifecycle, queries
from governance.systems.import_jobs import PREVIEW, RUN, files, store_in
from governance.systems.import_models import ImportRow, ImportRun, RowOutcome, SourceRow
from governance.systems.mapping_files import Explanation, explain, load_mapping, mapping_names, recognise
from governance.systems.models import Stage
from governance.web.application import Application

blueprint = Blueprint("imports", __name__)
_PAGE = 100


def _app() -> Application:
    return cast(Application, current_app)


@blueprint.route("/imports")
def listing() -> ResponseReturnValue:
    """Earlier imports, and a new one."""
    statement = select(ImportRun).order_by(ImportRun.created_at.desc()).limit(100)
    return render_template(
        "systems/imports.html",
        runs=list(g.session.scalars(statement)),
        names=people.names(g.session),
        mappings=mapping_names(),
    )


@blueprint.route("/imports", methods=["POST"])
def upload() -> ResponseReturnValue:
    """Receive a file, recognise its mapping, and have it compared with the register."""
    if not may(g.actor, "imports.upload"):
        # Before a byte is kept; the verb would say the same afterwards.
        raise Forbidden(refusal(g.actor, "imports.upload"))
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused("Choose an inventory file (CSV, XLSX or JSON) first.", fix="/imports")
    stored = files(_app().settings).put(cast(BinaryIO, file.stream), limit=_app().settings.upload_limit)
    wanted = request.form.get("mapping", "")
    if wanted:
        mapping = load_mapping(wanted)
    else:
        data = files(_app().settings).read_verified(stored.sha256)
        found = recognise(tables.read(data, name=file.filename).columns)
        if not found:
            raise Refused(
                "No mapping knows these columns. Choose one, or write a mapping file (docs/importing.md).",
                fix="/imports",
            )
        mapping = found[0][0]
    run = imports.upload(g.session, mapping, filename=file.filename, sha256=stored.sha256, size=stored.size)
    _enqueue(run, PREVIEW)
    return redirect(run.path, 303)


def _enqueue(run: ImportRun, kind: str, total: int = 1) -> None:
    run.job_id = jobs.enqueue(g.session, kind, {"import": run.reference}, record_id=run.id, total=total).id


def _run(reference: str) -> ImportRun:
    return records.get(g.session, ImportRun, reference)


@blueprint.route("/imports/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One import: mapping, preview, progress, result."""
    run = _run(reference)
    outcome = request.args.get("outcome", "")
    after = request.args.get("after", 0, type=int)
    found = list(g.session.scalars(_rows(run, outcome, after).limit(_PAGE + 1)))
    rows = found[:_PAGE]
    return render_template(
        "systems/import.html",
        run=run,
        job=g.session.get(Job, run.job_id) if run.job_id else None,
        rows=rows,
        outcome=outcome,
        outcomes=list(RowOutcome),
        more=rows[-1].record_number if len(found) > _PAGE else None,
        mapping=_explained(run),
        mappings=mapping_names(),
        references=_references({row.system_id for row in rows if row.system_id}),
    )


def _rows(run: ImportRun, outcome: str, after: int) -> Select[ImportRow]:
    rows = select(ImportRow).where(ImportRow.import_id == run.id, ImportRow.record_number > after)
    if outcome == "problems":
        rows = rows.where(sql_cast(ImportRow.problems, Text) != "[]")
    elif outcome in set(RowOutcome):
        rows = rows.where(ImportRow.outcome == RowOutcome(outcome))
    return rows.order_by(ImportRow.record_number)


def _references(ids: set[int]) -> dict[int, str]:
    table = records.Record.__table__
    return {
        row.id: row.reference
        for row in g.session.execute(select(table.c.id, table.c.reference).where(table.c.id.in_(ids)))
    }


def _explained(run: ImportRun) -> Explanation | None:
    try:
        mapping = load_mapping(run.mapping)
        layout = mapping.source.layout()
        return explain(mapping, _columns(_app().settings.data_dir, run.sha256, layout, run.filename))
    except DomainError:
        # The mapping or the file is no longer there, or they do not fit: the page says so in other words.
        return None


@lru_cache(maxsize=32)
def _columns(data_dir: Path, sha256: str, layout: Layout, filename: str) -> tuple[str, ...]:
    # Reading a whole inventory for its header costs a second; the content behind a hash never changes.
    return tables.read(store_in(data_dir).read_verified(sha256), layout, name=filename).columns


@blueprint.route("/imports/<reference>/mapping", methods=["POST"])
def change_mapping(reference: str) -> ResponseReturnValue:
    """Choose another mapping and compare again."""
    run = imports.choose_mapping(g.session, _run(reference), load_mapping(request.form.get("mapping", "")))
    _enqueue(run, PREVIEW)
    return redirect(run.path, 303)


@blueprint.route("/imports/<reference>/confirm", methods=["POST"])
def confirm(reference: str) -> ResponseReturnValue:
    """Bring it in."""
    run = _run(reference)
    imports.confirm(g.session, run, load_mapping(run.mapping))
    _enqueue(run, RUN, total=sum(run.counts.get(outcome.value, 0) for outcome in RowOutcome))
    return redirect(run.path, 303)


@blueprint.route("/imports/<reference>/cancel", methods=["POST"])
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel; what was brought in stays."""
    run = imports.cancel(g.session, _run(reference))
    flash(
        f"{run.reference} is cancelled. What was brought in so far stays; importing the file again brings the rest.",
        "warning",
    )
    return redirect(run.path, 303)


@blueprint.route("/imports/<reference>/report.csv")
def report(reference: str) -> ResponseReturnValue:
    """Every row and every problem as CSV."""
    run = _run(reference)
    rows = list(
        g.session.scalars(
            select(ImportRow).where(ImportRow.import_id == run.id).order_by(ImportRow.record_number)
        )
    )

    def lines() -> Iterator[list[str]]:
        for row in rows:
            yield [
                str(row.record_number),
                row.natural_key,
                row.name,
                row.outcome.value,
                "",
                "",
                row.reason or ", ".join(row.changed_fields),
            ]
            for problem in row.problems:
                yield [
                    str(row.record_number),
                    row.natural_key,
                    row.name,
                    "kept",
                    problem["column"],
                    problem["raw"],
                    problem["reason"],
                ]

    columns = ("record", "key", "name", "outcome", "column", "value", "reason")
    headers = {"Content-Disposition": f"attachment; filename={run.reference}.csv"}
    return Response(tables.csv_lines(columns, lines()), mimetype="text/csv", headers=headers)


@blueprint.route("/systems/<reference>/source")
def source(reference: str) -> ResponseReturnValue:
    """Where a system came from: the inventory's row beside what became of it."""
    system = queries.get(g.session, g.actor, reference)
    sources = queries.sources(g.session, system)
    return render_template(
        "systems/source.html",
        system=system,
        sources=[(item, _run_of(item), _beside(item)) for item in sources],
        claims=queries.claims(g.session, system),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )


def _run_of(item: SourceRow) -> ImportRun:
    run: ImportRun = g.session.get_one(ImportRun, item.import_id)
    return run


def _beside(item: SourceRow) -> list[tuple[str, str, list[tuple[str, object]]]]:
    """Each filled column of the row: its name, its text as it came, and what it became (field, value)."""
    run = _run_of(item)
    try:
        uses = {use.column: use.targets for use in explain(load_mapping(run.mapping), list(item.raw)).columns}
    except Refused:
        uses = {}
    read = {
        **item.mapped,
        **{f"claims.{topic}": answer for topic, (answer, *_) in item.mapped.get("claims", {}).items()},
        "links": [link.get("url", "") for link in item.mapped.get("links", [])],
    }
    return [
        (
            column,
            text,
            [(target, read[target]) for target in uses.get(column, ()) if _made(target, text, read)],
        )
        for column, text in item.raw.items()
        if text.strip()
    ]


def _made(target: str, text: str, read: dict[str, object]) -> bool:
    # A mapping mentions several columns for the name, in case the first is blank; one of them became it.
    return bool(read.get(target)) and (target != "name" or str(read[target])[:20] in " ".join(text.split()))
