"""What the management review is told about audits (9.3.2 d)."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.audits.models import Audit
from governance.core.records import Record
from governance.organisation.inputs import Told, review_input


@review_input("audits", clause="9.3.2 d 3", title="Audit results")
def audits(session: Session, since: date, until: date) -> Told:
    """Audits due in the period, by state."""
    counted = (
        select(Audit.state, func.count())
        .where(Record.kind == "audit", Audit.due_on.between(since, until))
        .group_by(Audit.state)
    )
    rows = tuple((state.replace("_", " "), str(total)) for state, total in session.execute(counted))
    return Told(f"{sum(int(row[1]) for row in rows)} audits were due.", ("State", "Audits"), rows)
