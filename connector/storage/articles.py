"""When the bot got an article on what customers had been handed over for: an operator says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, delete, select

from connector.storage.once import insert
from connector.storage.tables import Utc, episodes, metadata

articles = Table(
    "articles",
    metadata,
    Column("topic", String(80), primary_key=True),
    Column("added_at", Utc, nullable=False),
    Column("account", String(100), nullable=False),
)


@dataclass(frozen=True)
class Added:
    """An article, and who said that it is there."""

    at: datetime
    account: str


def add(connection: Connection, topic: str, at: datetime, account: str) -> bool:
    """False if there is one on this topic."""
    row = {"topic": topic, "added_at": at, "account": account[:100]}
    once = insert(articles, connection.dialect.name).values(row).on_conflict_do_nothing()
    return connection.execute(once.returning(articles.c.topic)).first() is not None


def concerns(connection: Connection, topic: str) -> bool:
    """Whether anybody was ever handed over for it."""
    found = select(episodes.c.id).where(episodes.c.topic == topic).limit(1)
    return bool(topic) and connection.execute(found).first() is not None


def take_back(connection: Connection, topic: str) -> bool:
    """False if there is none."""
    return connection.execute(delete(articles).where(articles.c.topic == topic)).rowcount > 0


def known(connection: Connection) -> dict[str, Added]:
    """By topic."""
    a = articles.c
    rows = connection.execute(select(a.topic, a.added_at, a.account))
    return {row[0]: Added(row[1], row[2]) for row in rows}
