"""Pages of the statement of applicability."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.controls import frameworks_seen, queries, service
from governance.controls.models import ControlDecision, StatementOfApplicability
from governance.controls.schemas import AddControl, DecideControl
from governance.core import records
from governance.core.canonical import content_hash
from governance.core.errors import NotFound
from governance.core.tables import xlsx_bytes
from governance.signoffs import queries as signatures
from governance.web.application import done, form_page
from governance.web.forms import Form, words

blueprint = Blueprint("statements", __name__)
_PATH = "/statements-of-applicability"
_COLUMNS = (
    "Control",
    "Title",
    "Applicable",
    "Justification",
    "Implementation",
    "How",
    "Owner",
    "Evidence",
    "Reviewed",
    "Review due",
)


@blueprint.route(_PATH)
def listing() -> ResponseReturnValue:
    """All statements, and what changed in the framework since each."""
    found = queries.statements(g.session)
    return render_template(
        "controls/statements.html",
        statements=found,
        names=people.names(g.session),
        since={item.id: frameworks_seen.since(g.session, item.framework_hash) for item in found},
    )


@blueprint.route(f"{_PATH}/draft", methods=["POST"])
def draft() -> ResponseReturnValue:
    """Draft a statement."""
    item = service.draft_statement(g.session)
    flash(f"{item.reference} is drafted with {len(item.entries)} controls.", "success")
    return redirect(item.path, 303)


def _statement(reference: str) -> StatementOfApplicability:
    return records.get(g.session, StatementOfApplicability, reference)


@blueprint.route(f"{_PATH}/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """One statement: every control with its decision, and what differs from the version before."""
    item = _statement(reference)
    former = g.session.get(StatementOfApplicability, item.previous_id) if item.previous_id else None
    return render_template(
        "controls/statement.html",
        item=item,
        former=former,
        changed=queries.differences(item, former),
        since=frameworks_seen.since(g.session, item.framework_hash),
        digest=content_hash(item.signed_content()),
        names=people.names(g.session),
        signed=signatures.of_record(g.session, item),
        holds=signatures.holds,
    )


def _posted() -> Any:
    return request.form if request.method == "POST" else None


@blueprint.route(f"{_PATH}/<reference>/controls/new", methods=["GET", "POST"])
def add_control(reference: str) -> ResponseReturnValue:
    """Add a control of the organisation's own."""
    item = _statement(reference)
    form = Form(AddControl, _posted(), initial={"version": item.version})
    if form.valid and done(form, lambda: service.add_control(g.session, item, form.value)):
        return redirect(f"{item.path}#{form.value.control}", 303)
    return form_page("A control of our own", form, item.path, item.reference, submit="Add")


@blueprint.route(f"{_PATH}/<reference>/controls/<control>", methods=["GET", "POST"])
def decide(reference: str, control: str) -> ResponseReturnValue:
    """Decide on one control."""
    item = _statement(reference)
    row: ControlDecision | None = next((found for found in item.entries if found.control == control), None)
    if row is None:
        raise NotFound(f"{item.reference} has no control {control}.")
    initial = {name: getattr(row, name) for name in DecideControl.model_fields if name != "version"}
    initial |= {"version": item.version, "applicable": row.applicable is not False}
    form = Form(DecideControl, _posted(), initial=initial, choices={"owner_id": people.choices(g.session)})
    if form.valid and done(form, lambda: service.decide(g.session, item, row, form.value)):
        return redirect(f"{item.path}#{row.control}", 303)
    return form_page(f"{row.control} {row.title}", form, item.path, item.reference)


@blueprint.route(f"{_PATH}/<reference>/submit", methods=["POST"])
def submit(reference: str) -> ResponseReturnValue:
    """Ask for the signatures."""
    item = service.submit_statement(g.session, _statement(reference))
    flash("The signatures of compliance and of top management are requested.", "success")
    return redirect(item.path, 303)


@blueprint.route(f"{_PATH}/<reference>.xlsx")
def workbook(reference: str) -> ResponseReturnValue:
    """The statement as a workbook, with its content hash."""
    item = _statement(reference)
    names = people.names(g.session)
    rows = [cells(row, names) for row in item.entries]
    rows.append(["", "", "", "", "", "", "", "", "", ""])
    rows.append(
        [
            item.reference,
            f"revision {item.revision}, {words(item.state)}",
            "",
            f"content SHA-256 {content_hash(item.signed_content())}",
            "",
            "",
            "",
            "",
            "",
            "",
        ]
    )
    headers = {"Content-Disposition": f"attachment; filename={item.reference}.xlsx"}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(xlsx_bytes(_COLUMNS, rows, item.reference), mimetype=kind, headers=headers)


def cells(row: ControlDecision, names: dict[int, str]) -> list[str]:
    """One decision as the export and the PDF show it."""
    applicable = {True: "applicable", False: "excluded", None: "not decided"}[row.applicable]
    return [
        row.control,
        row.title,
        applicable,
        row.justification,
        words(row.implementation) if row.applicable else "–",
        row.how,
        names.get(row.owner_id or 0, ""),
        ", ".join(row.evidence),
        row.reviewed_on.isoformat() if row.reviewed_on else "",
        row.review_due_on.isoformat() if row.review_due_on else "",
    ]
