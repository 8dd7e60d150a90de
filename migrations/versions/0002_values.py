"""Values with interpretations and norms, tensions, indicators with measurements, tokens of pipelines"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("shown", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_api_token_issued_by_id")),
        sa.ForeignKeyConstraint(["system_id"], ["record.id"], name=op.f("fk_api_token_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
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
        "value_claim",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dropped_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_value_claim_system_id")),
        sa.ForeignKeyConstraint(["value_id"], ["value.id"], name=op.f("fk_value_claim_value_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_claim")),
        sa.UniqueConstraint("system_id", "value_id", name=op.f("uq_value_claim_system_id_value_id")),
    )
    with op.batch_alter_table("value_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_value_claim_value_id"), ["value_id"], unique=False)

    op.create_table(
        "value_tension",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_value_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("second_value_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("positions", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("crossing_options", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("dissent", sa.Text(), nullable=False),
        sa.Column("gave_way_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("still_measured_by", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_value_id"], ["value.id"], name=op.f("fk_value_tension_first_value_id")
        ),
        sa.ForeignKeyConstraint(["gave_way_id"], ["value.id"], name=op.f("fk_value_tension_gave_way_id")),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_value_tension_id")),
        sa.ForeignKeyConstraint(
            ["second_value_id"], ["value.id"], name=op.f("fk_value_tension_second_value_id")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_value_tension_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_tension")),
    )
    with op.batch_alter_table("value_tension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_value_tension_system_id"), ["system_id"], unique=False)

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
        sa.Column("red_lines_kept", sa.Text(), nullable=False),
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

    op.create_table(
        "indicator",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("norm_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("formula", sa.String(length=60), nullable=False),
        sa.Column("low", sa.String(length=40), nullable=False),
        sa.Column("high", sa.String(length=40), nullable=False),
        sa.Column("reference_group", sa.String(length=200), nullable=False),
        sa.Column("favourable", sa.Text(), nullable=False),
        sa.Column("least_records", sa.Integer(), nullable=False),
        sa.Column("cadence_months", sa.Integer(), nullable=False),
        sa.Column("data_source", sa.Text(), nullable=False),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_indicator_id")),
        sa.ForeignKeyConstraint(["norm_id"], ["norm.id"], name=op.f("fk_indicator_norm_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["indicator.id"], name=op.f("fk_indicator_previous_id")),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_indicator_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
    )
    with op.batch_alter_table("indicator", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_indicator_norm_id"), ["norm_id"], unique=False)
        batch_op.create_index("ix_indicator_system", ["system_id"], unique=False)

    op.create_table(
        "measurement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("indicator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("interval_low", sa.Double(), nullable=True),
        sa.Column("interval_high", sa.Double(), nullable=True),
        sa.Column("p_value", sa.Double(), nullable=True),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("verdict", sa.String(40), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("post_hoc", sa.Boolean(), nullable=False),
        sa.Column("tool", sa.String(length=200), nullable=False),
        sa.Column("run_ref", sa.String(length=200), nullable=False),
        sa.Column("dataset_hash", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_measurement_id")),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"], name=op.f("fk_measurement_indicator_id")),
        sa.ForeignKeyConstraint(["system_id"], ["ai_system.id"], name=op.f("fk_measurement_system_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["system_version.id"], name=op.f("fk_measurement_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement")),
    )
    with op.batch_alter_table("measurement", schema=None) as batch_op:
        batch_op.create_index("ix_measurement_indicator", ["indicator_id", "period_to"], unique=False)
        batch_op.create_index("ix_measurement_run", ["indicator_id", "run_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_measurement_system_id"), ["system_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("measurement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_measurement_system_id"))
        batch_op.drop_index("ix_measurement_run")
        batch_op.drop_index("ix_measurement_indicator")

    op.drop_table("measurement")
    with op.batch_alter_table("indicator", schema=None) as batch_op:
        batch_op.drop_index("ix_indicator_system")
        batch_op.drop_index(batch_op.f("ix_indicator_norm_id"))

    op.drop_table("indicator")
    with op.batch_alter_table("norm", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_norm_interpretation_id"))

    op.drop_table("norm")
    with op.batch_alter_table("interpretation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interpretation_value_id"))

    op.drop_table("interpretation")
    with op.batch_alter_table("value_tension", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_value_tension_system_id"))

    op.drop_table("value_tension")
    with op.batch_alter_table("value_claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_value_claim_value_id"))

    op.drop_table("value_claim")
    op.drop_table("value")
    op.drop_table("api_token")
