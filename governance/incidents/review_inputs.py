"""What the management review is told about incidents and concerns (9.3.2 c and d)."""

from datetime import date

from sqlalchemy.orm import Session

from governance.incidents import queries
from governance.organisation.inputs import Told, review_input


@review_input("incidents", clause="9.3.2 d", title="Incidents and concerns")
def incidents(session: Session, since: date, until: date) -> Told:
    """Open incidents, and how many concerns came in."""
    found = queries.open_incidents(session)
    counts = queries.concern_counts(session)
    rows = tuple((item.reference, item.severity or "not triaged", item.title) for item in found)
    said = f"{len(found)} incidents are open; {sum(counts.values())} concerns were reported so far."
    return Told(said, ("Incident", "Severity", "What"), rows)
