"""Random numbers that open the trail's commitments to secret values"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022b"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "trail_opening",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "name", name=op.f("pk_trail_opening")),
    )


def downgrade() -> None:
    op.drop_table("trail_opening")
