"""What operators see beside the rate: topics, times, what was reopened and who came back."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
# Fills what is new, and changes nothing that was there.
TICKET = """
UPDATE episodes SET ticket_at = (
  SELECT min(o.done_at) FROM outbox o
  WHERE o.conversation_id = episodes.conversation_id AND o.kind = 'OpenTicket'
    AND o.state = 'done' AND o.key LIKE episodes.id || ':%')
WHERE trigger IS NOT NULL
"""
REPLY = """
UPDATE episodes SET replied_at = (
  SELECT min(m.at) FROM messages m
  WHERE m.conversation_id = episodes.conversation_id AND m.episode = episodes.number
    AND m.author = 'agent')
WHERE trigger IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("episodes", sa.Column("topic", sa.String(length=80), nullable=True))
    op.add_column("episodes", sa.Column("ticket_at", AT, nullable=True))
    op.add_column("episodes", sa.Column("replied_at", AT, nullable=True))
    op.add_column(
        "episodes", sa.Column("reopened", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("episodes", sa.Column("came_back", sa.String(length=20), nullable=True))
    op.add_column("ops_sessions", sa.Column("kind", sa.String(length=20), nullable=True))
    op.add_column("ops_sessions", sa.Column("role", sa.String(length=20), nullable=True))
    op.create_table(
        "articles",
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )
    _fill()
    counted = ["started_at", "channel", "language", "trigger", "outcome", "topic", "score"]
    op.create_index("ix_episodes_figures", "episodes", [*counted, "reopened", "came_back"])
    handed_over = sa.text("trigger IS NOT NULL")
    op.create_index(
        "ix_episodes_times",
        "episodes",
        ["started_at", "handed_off_at", "ticket_at", "replied_at", "ended_at", "outcome"],
        sqlite_where=handed_over,
        postgresql_where=handed_over,
    )


def _fill() -> None:
    op.execute(TICKET)
    op.execute(REPLY)
