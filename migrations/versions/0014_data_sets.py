"""Data sets and the versions that use them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "data_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("acquired", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("rights_basis", sa.String(40), nullable=True),
        sa.Column("rights_note", sa.Text(), nullable=False),
        sa.Column("personal_data", sa.String(40), nullable=False),
        sa.Column("special_category_data", sa.String(40), nullable=False),
        sa.Column("quality_wanted", sa.Text(), nullable=False),
        sa.Column("quality_found", sa.Text(), nullable=False),
        sa.Column("preparation", sa.Text(), nullable=False),
        sa.Column("representativeness", sa.Text(), nullable=False),
        sa.Column("known_gaps", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_data_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_set")),
    )
    op.create_table(
        "data_use",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["data_set_id"], ["data_set.id"], name=op.f("fk_data_use_data_set_id")),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_data_use_system_id")),
        sa.ForeignKeyConstraint(["version_id"], ["system_version.id"], name=op.f("fk_data_use_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_use")),
        sa.UniqueConstraint(
            "version_id", "data_set_id", "role", name=op.f("uq_data_use_version_id_data_set_id_role")
        ),
    )
    with op.batch_alter_table("data_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_use_data_set_id"), ["data_set_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_data_use_system_id"), ["system_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("data_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_use_system_id"))
        batch_op.drop_index(batch_op.f("ix_data_use_data_set_id"))

    op.drop_table("data_use")
    op.drop_table("data_set")
