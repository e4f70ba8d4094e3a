"""More tables: what model calls cost, what only ever grows, and what people are told of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from connector.storage.tables import Utc, _partial, metadata

# What each model call used, written with its answer; `reserved` nano-dollars until then.
model_calls = Table(
    "model_calls",
    metadata,
    Column("key", String(160), primary_key=True),  # the order's, in the outbox
    Column("conversation_id", String(40), nullable=False),
    Column("episode_id", String(60), nullable=False),
    Column("channel", String(100), nullable=False),
    Column("model", String(100), nullable=False),
    Column("day", String(10), nullable=False),  # whose money it is, on the operators' calendar
    Column("ordered_at", Utc, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("input", BigInteger, nullable=False, server_default="0"),
    Column("output", BigInteger, nullable=False, server_default="0"),
    Column("cache_write", BigInteger, nullable=False, server_default="0"),
    Column("cache_read", BigInteger, nullable=False, server_default="0"),
    Column("nano", BigInteger, nullable=False, server_default="0"),  # nano-dollars
    Column("priced", Boolean, nullable=False),  # else `nano` is more than it can have cost
    Index("ix_model_calls_conversation", "conversation_id"),
    Index("ix_model_calls_day", "day", "channel"),
    _partial("ix_model_calls_reserved", "reserved > 0", "ordered_at"),
)

# The same by day, so that a report or a total reads few rows.
spend = Table(
    "spend",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("channel", String(100), primary_key=True),
    Column("model", String(100), primary_key=True),
    Column("priced", Boolean, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("input", BigInteger, nullable=False),
    Column("output", BigInteger, nullable=False),
    Column("cache_write", BigInteger, nullable=False),
    Column("cache_read", BigInteger, nullable=False),
    Column("nano", BigInteger, nullable=False),
)

# How much of a day's money is spent or reserved: "usd:sms-us:2026-11-25", in nano-dollars; and of its tokens:
# "tokens:sms-us:2026-11-25", with "tokens:call:<order>" for what one call under way may take.
budgets = Table(
    "budgets",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("used", BigInteger, nullable=False),
)

# What only ever grows, for all processes together and whatever is deleted: /metrics shows it.
tallies = Table(
    "tallies",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("labels", String(250), primary_key=True),  # a JSON list of texts
    Column("number", BigInteger, nullable=False),
)

# What people are told of, once a cause; `told` are the addresses that have it, as digests.
alarms = Table(
    "alarms",
    metadata,
    Column("cause", String(250), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("owner", String(120), nullable=False),
    Column("conversation_id", String(40)),
    Column("facts", Text, nullable=False),
    Column("raised_at", Utc, nullable=False),
    Column("over_at", Utc),
    Column("told", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("tell_at", Utc),  # None: everybody has been told
    _partial("ix_alarms_to_tell", "tell_at IS NOT NULL", "tell_at"),
    _partial("ix_alarms_open", "over_at IS NULL", "kind"),
)
