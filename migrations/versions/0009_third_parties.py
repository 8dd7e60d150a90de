"""What is known of third parties: criticality, duties, documents, reviews"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "supplier_document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("document", sa.String(length=40), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_supplier_document_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_document_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_document")),
        sa.UniqueConstraint(
            "supplier_id", "document", name=op.f("uq_supplier_document_supplier_id_document")
        ),
    )
    op.create_table(
        "supplier_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_supplier_review_by_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_review_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_review")),
    )
    with op.batch_alter_table("supplier_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supplier_review_supplier_id"), ["supplier_id"], unique=False)

    with op.batch_alter_table("supplier", schema=None) as batch_op:
        batch_op.add_column(sa.Column("criticality", sa.String(40), nullable=True))
        batch_op.add_column(sa.Column("contract_reference", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("incident_duty", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("change_notice", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("exit_plan", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("information_gaps", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("split", sa.JSON(none_as_null=True), server_default="{}", nullable=False)
        )
        batch_op.add_column(sa.Column("state_reason", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("supplier", schema=None) as batch_op:
        batch_op.drop_column("state_reason")
        batch_op.drop_column("split")
        batch_op.drop_column("information_gaps")
        batch_op.drop_column("exit_plan")
        batch_op.drop_column("change_notice")
        batch_op.drop_column("incident_duty")
        batch_op.drop_column("contract_reference")
        batch_op.drop_column("criticality")

    with op.batch_alter_table("supplier_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supplier_review_supplier_id"))

    op.drop_table("supplier_review")
    op.drop_table("supplier_document")
