"""The demonstration shows every state of a consultation that matters."""

from sqlalchemy import select

from governance.consultations import queries
from governance.consultations.models import Consultation
from governance.core import checks, clock
from governance.web.application import Application


def test_the_demonstration_has_one_open_one_at_the_board_and_one_too_late(demo_app: Application) -> None:
    """CON-3, CON-6, CON-7."""
    with demo_app.database.transaction(readonly=True) as session:
        found = {item.title: item for item in session.scalars(select(Consultation))}
        open_now = found["A year with the sepsis warning"]
        rows = queries.contributions(session, open_now)
        assert (open_now.state, len(rows), [row.number for row in rows if row.withdrawn_on]) == (
            "open",
            7,
            [7],
        )
        assert {row.language for row, _ in queries.invitations(session, open_now)} == {"German", "Turkish"}
        board = found["May Lina come back?"]
        assert [item.state for item in queries.decisions(session, board)] == ["requested"]
        assert (
            found["Suppliers on the invoice score"].late_because == "G3 Release decision was passed before."
        )
        waiting = session.execute(checks.named("consultations.escalations_signed").missing(clock.today()))
        assert [row.reference for row in waiting] == [board.reference]
