"""Scope, team, samples and drafts of audits; schedules by rule"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "schedule_progress",
        sa.Column("schedule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("look_again_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["audit_schedule.id"], name=op.f("fk_schedule_progress_schedule_id")
        ),
        sa.PrimaryKeyConstraint("schedule_id", name=op.f("pk_schedule_progress")),
    )
    with op.batch_alter_table("schedule_progress", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_schedule_progress_look_again_on"), ["look_again_on"], unique=False
        )

    op.create_table(
        "audit_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("attested_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_member_audit_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_member_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_member")),
        sa.UniqueConstraint("audit_id", "person_id", name=op.f("uq_audit_member_audit_id_person_id")),
    )
    with op.batch_alter_table("audit_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_member_person_id"), ["person_id"], unique=False)

    op.create_table(
        "audit_sample",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("in_state", sa.String(length=40), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("population_size", sa.Integer(), nullable=False),
        sa.Column("population_hash", sa.String(length=64), nullable=False),
        sa.Column("population", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("seed", sa.String(length=80), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("drawn_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_sample_audit_id")),
        sa.ForeignKeyConstraint(["drawn_by_id"], ["person.id"], name=op.f("fk_audit_sample_drawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample")),
        sa.UniqueConstraint("audit_id", "number", name=op.f("uq_audit_sample_audit_id_number")),
    )
    op.create_table(
        "audit_scope",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_scope_audit_id")),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_audit_scope_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_scope")),
        sa.UniqueConstraint("audit_id", "system_id", name=op.f("uq_audit_scope_audit_id_system_id")),
    )
    with op.batch_alter_table("audit_scope", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_scope_system_id"), ["system_id"], unique=False)

    op.create_table(
        "compensating_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("objection", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arranged_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arranged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["arranged_by_id"], ["person.id"], name=op.f("fk_compensating_review_arranged_by_id")
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_compensating_review_audit_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_compensating_review_person_id")),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_compensating_review_reviewer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compensating_review")),
        sa.UniqueConstraint("audit_id", "person_id", name=op.f("uq_compensating_review_audit_id_person_id")),
    )
    op.create_table(
        "report_copy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_report_copy_audit_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_report_copy_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_copy")),
        sa.UniqueConstraint("audit_id", "person_id", name=op.f("uq_report_copy_audit_id_person_id")),
    )
    with op.batch_alter_table("report_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_copy_person_id"), ["person_id"], unique=False)

    op.create_table(
        "answer_draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["checklist_answer.id"], name=op.f("fk_answer_draft_answer_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_answer_draft_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_draft")),
        sa.UniqueConstraint("answer_id", "person_id", name=op.f("uq_answer_draft_answer_id_person_id")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("held_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("announcement", sa.Text(), nullable=False, server_default=""))
        batch_op.alter_column(
            "system_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        )

    with op.batch_alter_table("audit_schedule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("systems_where", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("shift", sa.String(40), nullable=False, server_default="none"))
        batch_op.add_column(sa.Column("holidays", sa.String(length=12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("catch_up", sa.String(40), nullable=False, server_default="each"))
        batch_op.add_column(sa.Column("by_tier", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.alter_column(
            "system_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        )

    with op.batch_alter_table("checklist_answer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("checklist_answer", schema=None) as batch_op:
        batch_op.drop_column("revision")

    with op.batch_alter_table("audit_schedule", schema=None) as batch_op:
        batch_op.alter_column(
            "system_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        )
        batch_op.drop_column("by_tier")
        batch_op.drop_column("catch_up")
        batch_op.drop_column("holidays")
        batch_op.drop_column("shift")
        batch_op.drop_column("systems_where")

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.alter_column(
            "system_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        )
        batch_op.drop_column("announcement")
        batch_op.drop_column("announced_at")
        batch_op.drop_column("held_until")
        batch_op.drop_column("held_from")

    op.drop_table("answer_draft")
    with op.batch_alter_table("report_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_copy_person_id"))

    op.drop_table("report_copy")
    op.drop_table("compensating_review")
    with op.batch_alter_table("audit_scope", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_scope_system_id"))

    op.drop_table("audit_scope")
    op.drop_table("audit_sample")
    with op.batch_alter_table("audit_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_member_person_id"))

    op.drop_table("audit_member")
    with op.batch_alter_table("schedule_progress", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_progress_look_again_on"))

    op.drop_table("schedule_progress")
