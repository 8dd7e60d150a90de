"""What the management review is told about earlier decisions, objectives and policies (9.3.2 a, d)."""

from datetime import date

from sqlalchemy.orm import Session

from governance.organisation import queries
from governance.organisation.inputs import Told, review_input


@review_input("earlier_actions", clause="9.3.2 a", title="Actions from earlier reviews")
def earlier_actions(session: Session, since: date, until: date) -> Told:
    """Decisions of earlier reviews that are not carried out."""
    waiting = queries.open_decisions(session)
    rows = tuple((row.review.reference, row.text, row.due_on.isoformat()) for row in waiting)
    return Told(f"{len(waiting)} decisions are still open.", ("Review", "Decision", "Due"), rows)


@review_input("objectives", clause="9.3.2 d 4", title="How far objectives are met")
def objectives(session: Session, since: date, until: date) -> Told:
    """Objectives with their state and newest value; missed ones appear here (INV-OBJ1)."""
    rows = tuple(
        (
            item.reference,
            item.title,
            item.state.replace("_", " "),
            f"{item.results[-1].value:g}" if item.results else "–",
        )
        for item in queries.objectives(session)
        if item.state not in ("draft", "in_review", "cancelled")
    )
    return Told(f"{len(rows)} objectives.", ("Objective", "What", "State", "Newest"), rows)
