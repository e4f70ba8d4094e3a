"""What is forgotten: episodes whose texts are gone, and who had said STOP."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("episodes", sa.Column("emptied_at", AT, nullable=True))
    full = sa.text("emptied_at IS NULL")
    op.create_index(
        "ix_episodes_full",
        "episodes",
        ["ended_at", "id"],
        sqlite_where=full,
        postgresql_where=full,
    )
    op.create_index("ix_inbox_conversation", "inbox", ["conversation_id"])
    op.create_table(
        "opt_outs",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
