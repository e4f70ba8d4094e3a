"""Which conversations a day's money went to."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_model_calls_day", "model_calls", ["day", "channel"])
