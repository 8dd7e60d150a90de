"""What the management review is told about measurements (9.3.2 d)."""

from datetime import date

from sqlalchemy.orm import Session

from governance.indicators import queries
from governance.organisation.inputs import Told, review_input


@review_input("monitoring", clause="9.3.2 d 2", title="Monitoring and measurement results")
def monitoring(session: Session, since: date, until: date) -> Told:
    """Indicators whose newest measurement is out of bounds."""
    bad = queries.out_of_bounds(session, limit=50)
    rows = tuple(
        (row.system.title, row.indicator.title, row.verdict.value, row.period_to.isoformat()) for row in bad
    )
    said = f"{len(bad)} indicators are out of bounds." if bad else "No indicator is out of bounds."
    return Told(said, ("System", "Indicator", "Verdict", "Up to"), rows)
