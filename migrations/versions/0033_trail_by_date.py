"""Events of the trail by their date, so that what changed between two days reads those alone"""

from collections.abc import Sequence

from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_trail_event_at", "trail_event", ["at", "record_id"])


def downgrade() -> None:
    op.drop_index("ix_trail_event_at", "trail_event")
