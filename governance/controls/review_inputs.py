"""What the management review is told about readiness (9.3.2 d)."""

from datetime import date

from sqlalchemy.orm import Session

from governance.controls import queries
from governance.organisation.inputs import Told, review_input


@review_input("readiness", clause="9.3.2 d", title="What an auditor would miss")
def readiness(session: Session, since: date, until: date) -> Told:
    """Gaps of each dry audit of the period."""
    runs = [run for run in queries.runs(session) if since <= run.at.date() <= until]
    rows = tuple((run.at.date().isoformat(), str(run.critical + run.major + run.minor)) for run in runs)
    said = (
        f"The last dry audit found {runs[-1].critical} critical, {runs[-1].major} major and {runs[-1].minor} minor gaps."
        if runs
        else "No dry audit ran in the period."
    )
    return Told(said, ("Dry audit of", "Gaps"), rows)
