"""Values with interpretations and norms, tensions between values"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "value",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_value_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value")),
        sa.UniqueConstraint("code", name=op.f("uq_value_code")),
    )
    op.create_table(
        "interpretation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region", sa.String(length=200), nullable=False),
        sa.Column("sector", sa.String(length=200), nullable=False),
        sa.Column("community", sa.String(length=200), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("legal_refs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("why_not_consulted", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_interpretation_consultation_id")
        ),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_interpretation_id")),
        sa.ForeignKeyConstraint(["value_id"], ["value.id"], name=op.f("fk_interpretation_value_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interpretation")),
    )
    with op.batch_alter_table("interpretation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interpretation_value_id"), ["value_id"], unique=False)

    op.create_table(
        "norm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("interpretation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_norm_id")),
        sa.ForeignKeyConstraint(
            ["interpretation_id"], ["interpretation.id"], name=op.f("fk_norm_interpretation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm")),
    )
    with op.batch_alter_table("norm", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_norm_interpretation_id"), ["interpretation_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("norm", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_norm_interpretation_id"))

    op.drop_table("norm")
    with op.batch_alter_table("interpretation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interpretation_value_id"))

    op.drop_table("interpretation")
    op.drop_table("value")
