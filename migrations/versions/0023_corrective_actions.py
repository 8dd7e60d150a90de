"""Findings and corrective actions step by step"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = sa.JSON(none_as_null=True)
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# What a registry before this step calls the states that came with it.
_FORMER = (
    ("corrective_action", "contained", "open"),
    ("corrective_action", "cause_agreed", "open"),
    ("corrective_action", "effectiveness_check", "implemented"),
    ("finding", "disputed", "issued"),
    ("lifecycle_gate", "reopened", "passed"),
)


def upgrade() -> None:
    with op.batch_alter_table("corrective_action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("containment", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("contained_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("whys", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("cause_class", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("why_not_detected", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("cause_agreed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("planned_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("extensions_asked", _JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("done_by_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("check_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("times_reopened", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_corrective_action_done_by_id"), "person", ["done_by_id"], ["id"]
        )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("clauses", _JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("controls", _JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("closed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("ruling", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("rules_hash", sa.String(length=64), nullable=False, server_default=""))
    _date_what_was_there()


def _date_what_was_there() -> None:
    """Until now correction, cause and plan were recorded at once, and the effect could be judged from the day of the action."""
    op.execute(
        "UPDATE corrective_action SET contained_on = (SELECT date(created_at) FROM record WHERE record.id = corrective_action.id)"
        " WHERE id IN (SELECT id FROM record WHERE state IN ('planned', 'implemented', 'closed', 'reopened'))"
    )
    op.execute("UPDATE corrective_action SET cause_agreed_on = contained_on, planned_on = contained_on")
    op.execute("UPDATE corrective_action SET check_from = done_on")
    op.execute(
        "UPDATE finding SET closed_on = (SELECT date(changed_at) FROM record WHERE record.id = finding.id)"
        " WHERE id IN (SELECT id FROM record WHERE state IN ('closed', 'withdrawn'))"
    )


def downgrade() -> None:
    for kind, now, before in _FORMER:
        op.execute(f"UPDATE record SET state = '{before}' WHERE kind = '{kind}' AND state = '{now}'")  # noqa: S608 - constants
    with op.batch_alter_table("finding", schema=None) as batch_op:
        for name in ("rules_hash", "ruling", "closed_on", "controls", "clauses"):
            batch_op.drop_column(name)
    with op.batch_alter_table("corrective_action", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_corrective_action_done_by_id"), type_="foreignkey")
        for name in (
            "reopened_at", "times_reopened", "check_from", "done_by_id", "extensions_asked", "planned_on",
            "cause_agreed_on", "why_not_detected", "cause_class", "whys", "contained_on", "containment",
        ):  # fmt: skip
            batch_op.drop_column(name)
