"""Subscriptions of the audit calendar"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("chosen", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_feed_person_id"), ["person_id"], unique=False)

    op.create_table(
        "calendar_fetch",
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("content_since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["calendar_feed.id"], name=op.f("fk_calendar_fetch_feed_id")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_calendar_fetch")),
    )
    with op.batch_alter_table("ai_system", schema=None) as batch_op:
        batch_op.create_index("ix_ai_system_unit", ["unit"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_due_on", ["due_on", "system_id"], unique=False)
        batch_op.create_index("ix_audit_period_key", ["period_key", "schedule_id"], unique=False)

    with op.batch_alter_table("audit_schedule", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_schedule_rhythm", ["starts_on", "rule", "lead_auditor_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("audit_schedule", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_schedule_rhythm")

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_period_key")
        batch_op.drop_index("ix_audit_due_on")

    with op.batch_alter_table("ai_system", schema=None) as batch_op:
        batch_op.drop_index("ix_ai_system_unit")

    op.drop_table("calendar_fetch")
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_feed_person_id"))

    op.drop_table("calendar_feed")
