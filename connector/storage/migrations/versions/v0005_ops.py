"""The operators' side: who is signed in, what they did, and what their reports look things up by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    op.create_table(
        "ops_sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", AT, nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("came_to", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.add_column("episodes", sa.Column("language", sa.String(length=20), nullable=True))
    counted = ["started_at", "channel", "language", "trigger", "outcome", "handed_off_at"]
    op.create_index("ix_episodes_counted", "episodes", counted)
    _partial(
        "ix_messages_agent",
        "messages",
        ["conversation_id", "episode", "at"],
        "author = 'agent'",
    )
    _partial("ix_episodes_handed_over", "episodes", ["started_at"], "trigger IS NOT NULL")
    _partial("ix_outbox_tickets", "outbox", ["conversation_id"], "kind = 'OpenTicket'")
    _partial("ix_outbox_buried", "outbox", ["id"], "state = 'buried'")
