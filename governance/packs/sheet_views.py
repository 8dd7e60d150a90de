"""Records that people print on their own: the statement of applicability as a PDF."""

from typing import cast

from flask import Blueprint, Response, current_app, g
from flask.typing import ResponseReturnValue

from governance.access import queries as people
from governance.controls.models import StatementOfApplicability
from governance.controls.statement_views import cells
from governance.core import records
from governance.core.canonical import content_hash
from governance.signoffs import queries as signatures
from governance.web.application import Application
from governance.web.forms import words

blueprint = Blueprint("sheets", __name__)
_COLUMNS = (
    "Control",
    "Title",
    "Decision",
    "Justification",
    "Implementation",
    "Owner",
    "Evidence",
    "Review due",
)
_WIDTHS = (8, 18, 10, 24, 12, 10, 10, 8)
_SHOWN = (0, 1, 2, 3, 4, 6, 7, 9)


@blueprint.route("/statements-of-applicability/<reference>.pdf")
def statement(reference: str) -> ResponseReturnValue:
    """The statement of applicability as PDF/A-3a with its content hash and who signed it."""
    from governance.packs.draw import rendering
    from governance.packs.draw.sheet import Sheet

    item = records.get(g.session, StatementOfApplicability, reference)
    names = people.names(g.session)
    signed = [
        f"{row.signer_name}, {words(row.slot).lower()}, {row.signed_at:%Y-%m-%d %H:%M} UTC"
        for row in signatures.of_record(g.session, item)
        if row.signed_at and signatures.holds(row)
    ]
    rows = [cells(row, names) for row in item.entries]
    sheet = Sheet(
        title=f"{item.title}, revision {item.revision}",
        reference=item.reference,
        organisation=cast(Application, current_app).settings.organisation,
        facts=(
            ("Reference", item.reference),
            ("State", words(item.state) + ("" if signed else ": a draft until it is signed")),
            ("Approved", item.approved_on.isoformat() if item.approved_on else "–"),
            ("Signed by", "; ".join(signed) or "nobody yet"),
        ),
        columns=_COLUMNS,
        widths=_WIDTHS,
        rows=tuple(tuple(row[place] for place in _SHOWN) for row in rows),
        content_sha256=content_hash(item.signed_content()),
    )
    headers = {"Content-Disposition": f"attachment; filename={item.reference}.pdf"}
    return Response(rendering.draw_sheet(sheet), mimetype="application/pdf", headers=headers)
