"""Stakeholders, invitations, contributions and decisions of consultations"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "public_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_attempt")),
    )
    with op.batch_alter_table("public_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_public_attempt_key", ["key", "at"], unique=False)

    op.create_table(
        "stakeholder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("party", sa.String(40), nullable=False),
        sa.Column("relation", sa.String(40), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("vulnerable", sa.Boolean(), nullable=False),
        sa.Column("representative", sa.String(length=200), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_stakeholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder")),
        sa.UniqueConstraint("name_key", name=op.f("uq_stakeholder_name_key")),
    )
    op.create_table(
        "stakeholder_system",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_stakeholder_system_stakeholder_id")
        ),
        sa.ForeignKeyConstraint(
            ["system_id"], ["ai_system.id"], name=op.f("fk_stakeholder_system_system_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder_system")),
        sa.UniqueConstraint(
            "stakeholder_id", "system_id", name=op.f("uq_stakeholder_system_stakeholder_id_system_id")
        ),
    )
    with op.batch_alter_table("stakeholder_system", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stakeholder_system_system_id"), ["system_id"], unique=False)

    op.create_table(
        "consultation_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("concern_number", sa.Integer(), nullable=True),
        sa.Column("subject", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_decision_consultation_id")
        ),
        sa.ForeignKeyConstraint(["id"], ["record.id"], name=op.f("fk_consultation_decision_id")),
        sa.ForeignKeyConstraint(
            ["system_id"], ["ai_system.id"], name=op.f("fk_consultation_decision_system_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_decision")),
    )
    with op.batch_alter_table("consultation_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consultation_decision_consultation_id"), ["consultation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_consultation_decision_system_id"), ["system_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("uses_allowed", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_invitation_consultation_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["consulted_group.id"], name=op.f("fk_invitation_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_consultation_id"), ["consultation_id"], unique=False)

    op.create_table(
        "contribution",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invitation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("consent_version", sa.String(length=40), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("receipt_hash", sa.String(length=64), nullable=False),
        sa.Column("set_aside", sa.Text(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("erased_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_contribution_consultation_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["consulted_group.id"], name=op.f("fk_contribution_group_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_contribution_invitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_contribution_consultation_id_number")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_contribution_receipt_hash")),
    )
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contribution_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contribution_invitation_id"), ["invitation_id"], unique=False)

    op.create_table(
        "contribution_concern",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contribution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("concern_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["concern_id"], ["consultation_concern.id"], name=op.f("fk_contribution_concern_concern_id")
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_contribution_concern_contribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution_concern")),
        sa.UniqueConstraint(
            "contribution_id", "concern_id", name=op.f("uq_contribution_concern_contribution_id_concern_id")
        ),
    )
    with op.batch_alter_table("contribution_concern", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contribution_concern_concern_id"), ["concern_id"], unique=False)

    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("questions", sa.JSON(none_as_null=True), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("material", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("known_limits", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("neutral_wording", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("facilitator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("facilitator_outside", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("facilitator_independent", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("compensation", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("anonymity", sa.String(40), nullable=False, server_default="anonymous"))
        batch_op.add_column(
            sa.Column("lawful_basis", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("consent_text", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("consent_version", sa.String(length=40), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("minors_safeguard", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("retention_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("informs_gate", sa.String(length=4), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("opened_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("late_because", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("feedback_exception", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("goals_met", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("lessons", sa.Text(), nullable=False, server_default=""))
        batch_op.create_foreign_key(
            batch_op.f("fk_consultation_facilitator_id"), "person", ["facilitator_id"], ["id"]
        )

    with op.batch_alter_table("consultation_concern", schema=None) as batch_op:
        batch_op.add_column(sa.Column("severity", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("touches_red_line", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("minority_view", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_consultation_concern_merged_into_id"),
            "consultation_concern",
            ["merged_into_id"],
            ["id"],
        )

    with op.batch_alter_table("consulted_group", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("spoke_for", sa.Text(), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_consulted_group_key"), ["key"], unique=False)

    op.execute("UPDATE consulted_group SET key = lower(name)")


def downgrade() -> None:
    with op.batch_alter_table("consulted_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consulted_group_key"))
        batch_op.drop_column("spoke_for")
        batch_op.drop_column("key")

    with op.batch_alter_table("consultation_concern", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_consultation_concern_merged_into_id"), type_="foreignkey")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("minority_view")
        batch_op.drop_column("touches_red_line")
        batch_op.drop_column("severity")

    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_consultation_facilitator_id"), type_="foreignkey")
        batch_op.drop_column("lessons")
        batch_op.drop_column("goals_met")
        batch_op.drop_column("feedback_exception")
        batch_op.drop_column("late_because")
        batch_op.drop_column("opened_on")
        batch_op.drop_column("informs_gate")
        batch_op.drop_column("retention_until")
        batch_op.drop_column("minors_safeguard")
        batch_op.drop_column("consent_version")
        batch_op.drop_column("consent_text")
        batch_op.drop_column("lawful_basis")
        batch_op.drop_column("anonymity")
        batch_op.drop_column("compensation")
        batch_op.drop_column("facilitator_independent")
        batch_op.drop_column("facilitator_outside")
        batch_op.drop_column("facilitator_id")
        batch_op.drop_column("neutral_wording")
        batch_op.drop_column("known_limits")
        batch_op.drop_column("material")
        batch_op.drop_column("questions")

    with op.batch_alter_table("contribution_concern", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contribution_concern_concern_id"))

    op.drop_table("contribution_concern")
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contribution_invitation_id"))
        batch_op.drop_index(batch_op.f("ix_contribution_group_id"))

    op.drop_table("contribution")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_consultation_id"))

    op.drop_table("invitation")
    with op.batch_alter_table("consultation_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_decision_system_id"))
        batch_op.drop_index(batch_op.f("ix_consultation_decision_consultation_id"))

    op.drop_table("consultation_decision")
    with op.batch_alter_table("stakeholder_system", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stakeholder_system_system_id"))

    op.drop_table("stakeholder_system")
    op.drop_table("stakeholder")
    with op.batch_alter_table("public_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_public_attempt_key")

    op.drop_table("public_attempt")
