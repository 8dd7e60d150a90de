"""AI system impact assessments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "impact_assessment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("contexts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("assumptions", sa.Text(), nullable=False),
        sa.Column("triage", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("triage_result", sa.String(40), nullable=False),
        sa.Column("triage_reason", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("facets", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("unaffected", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("publication", sa.String(40), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=False),
        sa.Column("rules_hash", sa.String(length=64), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_impact_assessment_id")),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["impact_assessment.id"], name=op.f("fk_impact_assessment_previous_id")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_impact_assessment_system_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["system_version.id"], name=op.f("fk_impact_assessment_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact_assessment")),
    )
    with op.batch_alter_table("impact_assessment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_impact_assessment_system_id"), ["system_id"], unique=False)

    op.create_table(
        "impact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("affected_group", sa.String(length=200), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("effect", sa.String(40), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("likelihood", sa.Integer(), nullable=False),
        sa.Column("scale", sa.String(length=20), nullable=False),
        sa.Column("reversibility", sa.String(length=20), nullable=False),
        sa.Column("duration", sa.String(length=20), nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("evidence_note", sa.Text(), nullable=False),
        sa.Column("confidence", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("residual_severity", sa.Integer(), nullable=True),
        sa.Column("residual_likelihood", sa.Integer(), nullable=True),
        sa.Column("residual_level", sa.String(length=20), nullable=False),
        sa.Column("risk_reference", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["impact_assessment.id"], name=op.f("fk_impact_assessment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact")),
        sa.UniqueConstraint("assessment_id", "number", name=op.f("uq_impact_assessment_id_number")),
    )
    op.create_table(
        "impact_measure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("impact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("control", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("expected_effect", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["impact_id"], ["impact.id"], name=op.f("fk_impact_measure_impact_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_impact_measure_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact_measure")),
    )
    with op.batch_alter_table("impact_measure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_impact_measure_impact_id"), ["impact_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("impact_measure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_impact_measure_impact_id"))

    op.drop_table("impact_measure")
    op.drop_table("impact")
    with op.batch_alter_table("impact_assessment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_impact_assessment_system_id"))

    op.drop_table("impact_assessment")
