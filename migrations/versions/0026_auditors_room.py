"""External audits and the auditor's room"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "external_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_kind", sa.String(40), nullable=False),
        sa.Column("standard", sa.String(length=100), nullable=False),
        sa.Column("body", sa.String(length=200), nullable=False),
        sa.Column("body_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lead_auditor", sa.String(length=200), nullable=False),
        sa.Column("scope_text", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision", sa.String(40), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("certificate_number", sa.String(length=100), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["supplier.id"], name=op.f("fk_external_audit_body_id")),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_external_audit_id")),
        sa.ForeignKeyConstraint(["report_id"], ["evidence.id"], name=op.f("fk_external_audit_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_audit")),
    )
    with op.batch_alter_table("external_audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_external_audit_audit_kind"), ["audit_kind"], unique=False)

    op.create_table(
        "audit_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("clause", sa.String(length=100), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_audit_request_asked_by_id")),
        sa.ForeignKeyConstraint(["audit_id"], ["external_audit.id"], name=op.f("fk_audit_request_audit_id")),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_audit_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_request")),
    )
    with op.batch_alter_table("audit_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_request_audit_id"), ["audit_id"], unique=False)

    op.create_table(
        "room_guest",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("invited_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["audit_id"], ["external_audit.id"], name=op.f("fk_room_guest_audit_id")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_room_guest_invited_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_room_guest_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_guest")),
    )
    with op.batch_alter_table("room_guest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_room_guest_audit_id"), ["audit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_room_guest_person_id"), ["person_id"], unique=False)

    op.create_table(
        "room_visit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["external_audit.id"], name=op.f("fk_room_visit_audit_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_room_visit_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_visit")),
    )
    with op.batch_alter_table("room_visit", schema=None) as batch_op:
        batch_op.create_index("ix_room_visit_audit", ["audit_id", "id"], unique=False)

    op.create_table(
        "request_exchange",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("record_references", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_request_exchange_by_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["audit_request.id"], name=op.f("fk_request_exchange_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_exchange")),
    )
    with op.batch_alter_table("request_exchange", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_exchange_request_id"), ["request_id"], unique=False)

    op.create_table(
        "share",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reach", sa.String(40), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shared_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["audit_id"], ["external_audit.id"], name=op.f("fk_share_audit_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_share_record_id")),
        sa.ForeignKeyConstraint(["request_id"], ["audit_request.id"], name=op.f("fk_share_request_id")),
        sa.ForeignKeyConstraint(["shared_by_id"], ["person.id"], name=op.f("fk_share_shared_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
    )
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_share_audit_id"), ["audit_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_share_audit_id"))

    op.drop_table("share")
    with op.batch_alter_table("request_exchange", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_exchange_request_id"))

    op.drop_table("request_exchange")
    with op.batch_alter_table("room_visit", schema=None) as batch_op:
        batch_op.drop_index("ix_room_visit_audit")

    op.drop_table("room_visit")
    with op.batch_alter_table("room_guest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_room_guest_person_id"))
        batch_op.drop_index(batch_op.f("ix_room_guest_audit_id"))

    op.drop_table("room_guest")
    with op.batch_alter_table("audit_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_request_audit_id"))

    op.drop_table("audit_request")
    with op.batch_alter_table("external_audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_external_audit_audit_kind"))

    op.drop_table("external_audit")
