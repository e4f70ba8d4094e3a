"""What model calls cost, what only ever grows, and what people are told of."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
COUNTS = ("input", "output", "cache_write", "cache_read", "nano")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def _big(name: str, start: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=start, nullable=False)


def upgrade() -> None:
    op.create_table(
        "model_calls",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("episode_id", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("ordered_at", AT, nullable=False),
        _big("reserved"),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        *(_big(name, "0") for name in COUNTS),
        sa.Column("priced", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_model_calls_conversation", "model_calls", ["conversation_id"])
    _partial("ix_model_calls_reserved", "model_calls", ["ordered_at"], "reserved > 0")
    op.create_table(
        "spend",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("priced", sa.Boolean(), nullable=False),
        _big("calls"),
        *(_big(name) for name in COUNTS),
        sa.PrimaryKeyConstraint("day", "channel", "model", "priced"),
    )
    op.create_table(
        "budgets",
        sa.Column("name", sa.String(length=200), nullable=False),
        _big("used"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("labels", sa.String(length=250), nullable=False),
        _big("number"),
        sa.PrimaryKeyConstraint("name", "labels"),
    )
    op.create_table(
        "alarms",
        sa.Column("cause", sa.String(length=250), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("raised_at", AT, nullable=False),
        sa.Column("over_at", AT, nullable=True),
        sa.Column("told", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tell_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("cause"),
    )
    _partial("ix_alarms_to_tell", "alarms", ["tell_at"], "tell_at IS NOT NULL")
    _partial("ix_alarms_open", "alarms", ["kind"], "over_at IS NULL")
