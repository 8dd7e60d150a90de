"""Audit programmes and the gaps that are signed for"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0022b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_programme",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("objectives", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("risks", sa.Text(), nullable=False),
        sa.Column("resources", sa.Text(), nullable=False),
        sa.Column("methods", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("management_review", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_audit_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_programme")),
        sa.UniqueConstraint("year", "revision", name=op.f("uq_audit_programme_year_revision")),
    )
    with op.batch_alter_table("audit_programme", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_programme_year"), ["year"], unique=False)

    op.create_table(
        "programme_gap",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requirement", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["audit_programme.id"], name=op.f("fk_programme_gap_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_gap")),
        sa.UniqueConstraint(
            "programme_id", "requirement", name=op.f("uq_programme_gap_programme_id_requirement")
        ),
    )


def downgrade() -> None:
    op.drop_table("programme_gap")
    with op.batch_alter_table("audit_programme", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_programme_year"))

    op.drop_table("audit_programme")
