"""Packs of audits"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_pack",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("confidentiality", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pack_hash", sa.String(length=64), nullable=False),
        sa.Column("snapshot_hash", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("trail_size", sa.Integer(), nullable=False),
        sa.Column("trail_root", sa.String(length=64), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_pack_audit_id")),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_audit_pack_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_audit_pack_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pack")),
    )
    with op.batch_alter_table("audit_pack", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_pack_audit_id"), ["audit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_pack_snapshot_hash"), ["snapshot_hash"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("audit_pack", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_pack_snapshot_hash"))
        batch_op.drop_index(batch_op.f("ix_audit_pack_audit_id"))

    op.drop_table("audit_pack")
