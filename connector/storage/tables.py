"""The tables, for SQLite and Postgres alike. Times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData()
# SQLite numbers rows by itself only in a column declared INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Utc(TypeDecorator[datetime]):
    """An aware UTC time; SQLite, which has no such type, keeps it without the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _partial(name: str, where: str, *columns: str) -> Index:
    """Of those rows only. A question uses it if it says the same, as a literal and not as a value."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("channel", String(100), nullable=False),
    Column("address", String(200), nullable=False),
    Column("holder", String(20), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("channel", "address", name="uq_conversations_address"),
    Index("ix_conversations_holder", "holder"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("author", String(20), nullable=False),
    Column("delivery", String(20), nullable=False),
    Column("at", Utc, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("conversation_id", "seq", name="uq_messages_seq"),
    Index("ix_messages_episode", "conversation_id", "episode", "seq"),
    _partial("ix_messages_agent", "author = 'agent'", "conversation_id", "episode", "at"),
)

episodes = Table(
    "episodes",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("channel", String(100), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("outcome", String(20)),
    Column("trigger", String(30)),
    Column("handed_off_at", Utc),
    Column("ticket", String(60)),
    Column("score", Integer),
    Column("language", String(20)),
    Column("topic", String(80)),
    Column("ticket_at", Utc),
    Column("replied_at", Utc),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("came_back", String(20)),
    Column("emptied_at", Utc),  # since then its texts are gone, and what is left says who and when
    Index("ix_episodes_started", "started_at"),
    # What version 0.1.0's reports count by; ours have the two below, which hold all that they read.
    Index("ix_episodes_counted", "started_at", "channel", "language", "trigger", "outcome",
          "handed_off_at"),
    _partial("ix_episodes_full", "emptied_at IS NULL", "ended_at", "id"),
    _partial("ix_episodes_handed_over", "trigger IS NOT NULL", "started_at"),
    Index("ix_episodes_figures", "started_at", "channel", "language", "trigger", "outcome", "topic",
          "score", "reopened", "came_back"),
    _partial("ix_episodes_times", "trigger IS NOT NULL", "started_at", "handed_off_at", "ticket_at",
             "replied_at", "ended_at", "outcome"),
)  # fmt: skip

considered = Table(
    "considered",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("episode_id", String(60), nullable=False),
    Column("at", Utc, nullable=False),
    Column("trigger", String(30), nullable=False),
    Column("fired", Boolean, nullable=False),
    Column("decided", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("source", String(20), nullable=False),
    Column("evidence", Text, nullable=False),
    Index("ix_considered_episode", "episode_id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source", String(120), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("conversation_id", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("payload", Text, nullable=False),
    Column("raw", Text),
    Column("received_at", Utc, nullable=False),
    Column("handled_at", Utc),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("due_at", Utc, nullable=False),
    UniqueConstraint("source", "external_id", name="uq_inbox_external"),
    Index("ix_inbox_conversation", "conversation_id"),
    Index(
        "ix_inbox_unhandled",
        "conversation_id",
        "id",
        sqlite_where=text("handled_at IS NULL"),
        postgresql_where=text("handled_at IS NULL"),
    ),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("direction", String(20), nullable=False),
    Column("key", String(160), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Utc, nullable=False),
    Column("tried_at", Utc),
    Column("done_at", Utc),
    Column("error", Text),
    Index(
        "ix_outbox_open",
        "conversation_id",
        "direction",
        "id",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
    _partial("ix_outbox_tickets", "kind = 'OpenTicket'", "conversation_id"),
    _partial("ix_outbox_buried", "state = 'buried'", "id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("outbox_id", BigId, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("result", String(20)),
    Column("error", Text),
)

timers = Table(
    "timers",
    metadata,
    Column("conversation_id", String(40), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("due_at", Utc, nullable=False),
    Index("ix_timers_due", "due_at"),
)

# Of customers who are forgotten, those who had said STOP: it still counts should they write again.
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("digest", String(64), primary_key=True),  # domain/ids: person_digest
    Column("at", Utc, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("kind", String(20), primary_key=True),  # ticket | comment | merge
    Column("owner", String(100), primary_key=True),  # the helpdesk's name
    Column("theirs", String(100), primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("ours", String(60), nullable=False),
    Index("ix_links_conversation", "conversation_id"),
)

# What all processes know of an upstream that does not answer.
circuits = Table(
    "circuits",
    metadata,
    Column("upstream", String(120), primary_key=True),  # "helpdesk:main", "channel:sms-us"
    Column("failures", Integer, nullable=False),
    Column("open_until", Utc),
)

# When the next call under a limit may leave, were there no burst (GCRA's theoretical arrival time).
paces = Table(
    "paces",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("arrival_at", Utc, nullable=False),
)

# How far a reconciliation has read at a provider.
cursors = Table(
    "cursors",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Utc, nullable=False),
)

# Periodic work: whoever moves `due_at` on does it, so that it is done once in a fleet.
duties = Table(
    "duties",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("due_at", Utc, nullable=False),
)

# What signs us in at a provider, sealed. Whoever moves `renewing_until` on renews it.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("name", String(160), primary_key=True),  # "helpdesk:main"
    Column("text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("renewing_until", Utc),
    Column("updated_at", Utc, nullable=False),
)

# Who is signed in to the dashboard: the cookie itself is nowhere, only its digest.
ops_sessions = Table(
    "ops_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(100), nullable=False),
    Column("began_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("kind", String(20)),  # "oidc"; else one of the configuration's accounts
    Column("role", String(20)),  # as the provider said; an account's stands in the configuration
)

# What operators did, and what it came to.
audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("account", String(100), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("came_to", String(200), nullable=False),
)
