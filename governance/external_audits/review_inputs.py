"""What the management review is told about audits by the certification body (9.3.2 d)."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.core.records import Record
from governance.external_audits.models import ExternalAudit, ExternalState
from governance.organisation.inputs import Told, review_input


@review_input("external_audits", clause="9.3.2 d 3", title="External audits")
def external_audits(session: Session, since: date, until: date) -> Told:
    """External audits that ended in the period, with what was recommended."""
    statement = select(ExternalAudit).where(
        Record.kind == "external_audit",
        ExternalAudit.ends_on.between(since, until),
        ExternalAudit.state != ExternalState.CANCELLED,
    )
    rows = tuple(
        (
            item.reference,
            item.title,
            item.state.replace("_", " "),
            item.outcome.value.replace("_", " ") if item.outcome else "",
        )
        for item in session.scalars(statement.order_by(ExternalAudit.ends_on))
    )
    columns = ("Reference", "Audit", "State", "Recommendation")
    return Told(f"{len(rows)} external audits ended.", columns, rows)
