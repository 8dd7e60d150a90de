"""Pages of imports: upload, mapping shown, preview row by row, confirm, progress; and where a system came from."""

from collections.abc import Iterator
from typing import cast

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from governance.access import queries as people
from governance.core import records, tables
from governance.core.errors import Refused
from governance.jobs import service as jobs
from governance.jobs.models import Job
from governance.systems import imports, lifecycle, queries
from governance.systems.import_jobs import PREVIEW, RUN, files
from governance.systems.import_models import ImportRow, ImportRun, ImportState, RowOutcome
from governance.systems.mapping_files import explain, load_mapping, mapping_names, recognise
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
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused("Choose an inventory file (CSV, XLSX or JSON) first.", fix="/imports")
    stored = files(_app().settings).put(cast("object", file.stream), limit=_app().settings.upload_limit)  # type: ignore[arg-type]  # werkzeug's stream is binary
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
    run.job_id = jobs.enqueue(g.session, PREVIEW, {"import": run.reference}, record_id=run.id, total=2).id
    return redirect(run.path, 303)


def _run(reference: str) -> ImportRun:
    return records.get(g.session, ImportRun, reference)


@blueprint.route("/imports/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One import: mapping, preview, progress, result."""
    run = _run(reference)
    outcome = request.args.get("outcome", "")
    after = request.args.get("after", 0, type=int)
    rows = select(ImportRow).where(ImportRow.import_id == run.id, ImportRow.record_number > after)
    if outcome == "problems":
        rows = rows.where(func.length(func.cast(ImportRow.problems, ImportRow.reason.type)) > 2)
    elif outcome:
        rows = rows.where(ImportRow.outcome == RowOutcome(outcome)) if outcome in set(RowOutcome) else rows
    found = list(g.session.scalars(rows.order_by(ImportRow.record_number).limit(_PAGE)))
    return render_template(
        "systems/import.html",
        run=run,
        job=g.session.get(Job, run.job_id) if run.job_id else None,
        rows=found,
        outcome=outcome,
        outcomes=list(RowOutcome),
        more=found[-1].record_number if len(found) == _PAGE else None,
        mapping=_explained(run),
        references=_references({row.system_id for row in found if row.system_id}),
    )


def _references(ids: set[int]) -> dict[int, str]:
    table = records.Record.__table__
    return {
        row.id: row.reference
        for row in g.session.execute(select(table.c.id, table.c.reference).where(table.c.id.in_(ids)))
    }


def _explained(run: ImportRun) -> object:
    try:
        mapping = load_mapping(run.mapping)
        data = files(_app().settings).read_verified(run.sha256)
        return explain(mapping, tables.read(data, mapping.source.layout(), name=run.filename).columns)
    except Refused:
        return None


@blueprint.route("/imports/<reference>/mapping", methods=["POST"])
def change_mapping(reference: str) -> ResponseReturnValue:
    """Choose another mapping and compare again."""
    run = _run(reference)
    mapping = load_mapping(request.form.get("mapping", ""))
    if run.state not in (ImportState.READING, ImportState.PREVIEWED):
        raise Refused(f"{run.reference} is {run.state} already.")
    run.mapping, run.mapping_hash, run.state = mapping.name, mapping.content_hash(), ImportState.READING
    run.job_id = jobs.enqueue(g.session, PREVIEW, {"import": run.reference}, record_id=run.id, total=2).id
    return redirect(run.path, 303)


@blueprint.route("/imports/<reference>/confirm", methods=["POST"])
def confirm(reference: str) -> ResponseReturnValue:
    """Bring it in."""
    run = imports.confirm(g.session, _run(reference))
    total = sum(run.counts.get(outcome.value, 0) for outcome in RowOutcome)
    run.job_id = jobs.enqueue(g.session, RUN, {"import": run.reference}, record_id=run.id, total=total).id
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
    return render_template(
        "systems/source.html",
        system=system,
        sources=queries.sources(g.session, system),
        names=people.names(g.session),
        stages=list(Stage),
        passed=lifecycle.passed_gates(g.session, system),
    )
