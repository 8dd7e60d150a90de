"""What classification, red lines and assessments need to be decided in depth"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "tier_lowering",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_tier", sa.String(40), nullable=False),
        sa.Column("to_tier", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_tier_lowering_id")),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_tier_lowering_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_lowering")),
    )
    with op.batch_alter_table("tier_lowering", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tier_lowering_system_id"), ["system_id"], unique=False)

    with op.batch_alter_table("risk_assessment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("removed_numbers", sa.JSON(none_as_null=True), server_default="[]", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("risk_assessment", schema=None) as batch_op:
        batch_op.drop_column("removed_numbers")

    with op.batch_alter_table("tier_lowering", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tier_lowering_system_id"))

    op.drop_table("tier_lowering")
