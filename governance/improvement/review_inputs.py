"""What the management review is told about findings and corrective actions (9.3.2 d)."""

from datetime import date

from sqlalchemy.orm import Session

from governance.improvement import queries
from governance.organisation.inputs import Told, review_input


@review_input("corrective_action", clause="9.3.2 d 1", title="Nonconformities and corrective actions")
def corrective_action(session: Session, since: date, until: date) -> Told:
    """Open findings by grade, and corrective actions past their date."""
    found = queries.open_findings(session)
    grades = {
        grade: sum(item.grade == grade for item in found)
        for grade in dict.fromkeys(item.grade for item in found)
    }
    late = [item for item in queries.open_actions(session) if item.due_on < until and item.done_on is None]
    rows = tuple((str(grade), str(total)) for grade, total in grades.items())
    return Told(
        f"{len(found)} findings are open, {len(late)} corrective actions are overdue.",
        ("Grade", "Open"),
        rows,
    )
