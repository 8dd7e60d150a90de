"""Pages on which something is measured: figures by hand, or a table of predictions with its columns."""

import json
from typing import Any, cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.core import clock, records
from governance.core.errors import NotFound, Refused
from governance.evidence import service as evidence
from governance.evidence.models import EvidenceKind
from governance.evidence.schemas import SubmitEvidence
from governance.evidence.store import Store, Stored
from governance.indicators import service, tables
from governance.indicators.models import Indicator
from governance.indicators.schemas import MeasureBins, MeasureNumber, MeasurePart, MeasureTable
from governance.web.application import Application, attempt, form_page
from governance.web.forms import Form

blueprint = Blueprint("measuring", __name__)
_DIGITS = 64


def _store() -> Store:
    return Store(cast(Application, current_app).settings.evidence_dir)


def _indicator(reference: str) -> Indicator:
    return records.get(g.session, Indicator, reference)


def _posted() -> Any:
    return request.form if request.method == "POST" else None


@blueprint.route("/indicators/<reference>/measure", methods=["GET", "POST"])
def measure(reference: str) -> ResponseReturnValue:
    """Measure: a table for groups, figures for everything else."""
    item = _indicator(reference)
    takes = service.formula_of(item).takes
    if takes == "groups":
        return _upload(item)
    schema: Any = {"part": MeasurePart, "bins": MeasureBins, "number": MeasureNumber}[takes]
    if takes == "bins":
        return _bins(item)
    form = Form(schema, _posted(), initial={"period_to": clock.today()})
    if form.valid and (row := attempt(form, lambda: service.measure(g.session, item, form.value))):
        return _recorded(row)
    return form_page(f"Measure {item.title}", form, item.path, item.reference, submit="Record")


def _recorded(row: Any) -> ResponseReturnValue:
    flash(f"{row.reference}: {row.verdict}.", "success" if row.verdict == "pass" else "warning")
    return redirect(row.path, 303)


def _bins(item: Indicator) -> ResponseReturnValue:
    """Bins come as lines «bin: expected, actual», which people can paste from a sheet."""
    error, text = "", request.form.get("bins", "")
    if request.method == "POST":
        try:
            expected, actual = _read_bins(text)
            data = MeasureBins.model_validate(
                {
                    "expected": expected,
                    "actual": actual,
                    "period_from": request.form.get("period_from", ""),
                    "period_to": request.form.get("period_to", ""),
                    "tool": request.form.get("tool", ""),
                }
            )
            return _recorded(service.measure(g.session, item, data))
        except Refused as refusal:
            g.session.rollback()
            error = refusal.message
        except ValueError:
            error = (
                "Give the period as two dates, and each bin as «name: expected, actual» with whole numbers."
            )
    page = render_template(
        "indicators/bins.html", item=_indicator(item.reference), error=error, text=text, form=request.form
    )
    return page, 422 if error else 200


def _read_bins(text: str) -> tuple[dict[str, int], dict[str, int]]:
    expected, actual = {}, {}
    for line in text.splitlines():
        if line.strip():
            name, _, figures = line.rpartition(":")
            before, _, now = figures.partition(",")
            expected[name.strip()], actual[name.strip()] = int(before), int(now)
    return expected, actual


def _upload(item: Indicator) -> ResponseReturnValue:
    """First the file; then its columns are asked."""
    error = ""
    if request.method == "POST":
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            error = "Choose a file: CSV, XLSX or Parquet, one line a prediction."
        else:
            try:
                stored = _store().put(
                    cast(Any, upload.stream), limit=cast(Application, current_app).settings.upload_limit
                )
                tables.preview(_path(stored.sha256), upload.filename)
                name = upload.filename[-80:]
                return redirect(f"{item.path}/measure/{stored.sha256}?{_query(name)}", 303)
            except Refused as refusal:
                error = refusal.message
    return render_template("indicators/upload.html", item=item, error=error), 422 if error else 200


def _query(name: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"name": name})


def _path(digest: str) -> Any:
    if len(digest) != _DIGITS or set(digest) - set("0123456789abcdef"):
        raise NotFound("There is no such file.")
    path = _store().folder / digest[:2] / digest
    if not path.exists():
        raise NotFound("There is no such file; upload it again.")
    return path


@blueprint.route("/indicators/<reference>/measure/<digest>", methods=["GET", "POST"])
def columns(reference: str, digest: str) -> ResponseReturnValue:
    """Which columns mean what; a look at the result; then record it."""
    item, path, name = _indicator(reference), _path(digest), request.args.get("name", "")[:80]
    shown = tables.preview(path, name)
    options = [(column, column) for column in shown.columns]
    choices = dict.fromkeys(("prediction", "groups", "label", "weight"), options)
    typed = None
    if request.method == "POST":
        from werkzeug.datastructures import MultiDict

        typed = MultiDict((key, text) for key, text in request.form.items(multi=True) if key != "act")
    initial = {
        "period_to": clock.today(),
        "favourable": item.favourable if len(item.favourable) < 20 else "1",
    }
    form = Form(MeasureTable, typed, initial=initial, choices=choices)
    counted = attempt(form, lambda: _tally(path, name, form.value)) if form.valid else None
    if counted is not None and request.form.get("act") == "record":
        made = attempt(form, lambda: _measure(item, form.value, counted, digest, name))
        if made is not None:
            return _recorded(made)
        item = _indicator(reference)
    page = render_template(
        "indicators/columns.html", item=item, form=form, shown=shown, counted=counted, name=name
    )
    return page, 422 if form.errors else 200


def _tally(path: Any, name: str, data: MeasureTable) -> tables.Tally:
    chosen = tables.Columns(
        prediction=data.prediction,
        groups=tuple(data.groups),
        favourable=data.favourable,
        label=data.label,
        positive=data.positive,
        weight=data.weight,
        cut_off=data.cut_off,
    )
    if data.cut_off is None and not data.favourable:
        raise Refused("Say which prediction people want, or give a cut-off for scores.", field="favourable")
    return tables.tally(path, name, chosen)


def _measure(item: Indicator, data: MeasureTable, counted: tables.Tally, digest: str, name: str) -> Any:
    left_out = ", ".join(f"{total} with {why}" for why, total in sorted(counted.left_out.items()))
    said = json.dumps(
        data.model_dump(
            include={"prediction", "favourable", "groups", "label", "positive", "weight", "cut_off"}
        )
    )
    note = "\n".join(
        part for part in (data.note, f"Columns: {said}", f"Left out: {left_out}" if left_out else "") if part
    )
    filled = data.model_copy(update={"note": note[:5000]})
    row = service.measure_counts(g.session, item, filled, counted.groups, dataset_hash=digest)
    if data.keep:
        size = _path(digest).stat().st_size
        kept = SubmitEvidence(
            title=f"Table behind {row.reference}",
            evidence_kind=EvidenceKind.TEST_REPORT,
            collected_on=clock.today(),
            covers_from=data.period_from,
            covers_to=data.period_to,
            source=name or "uploaded table",
        )
        evidence.submit(
            g.session,
            row,
            kept,
            stored=Stored(digest, size),
            filename=name,
            media_type="application/octet-stream",
        )
    return row
