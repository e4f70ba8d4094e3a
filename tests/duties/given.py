"""A customer with a past, and everything that a database holds as one text."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from connector.channels.base import InboundMessage
from connector.domain.conversation import Media
from connector.domain.ids import Address, ExternalId, TicketId, conversation_id
from connector.domain.tickets import TicketStatus
from connector.pipeline import receive
from connector.storage.engine import Database
from connector.storage.tables import metadata
from tests.pipeline.rig import CHANNEL, Rig

WHO = Address("+15550123")
NAME, PHONE = "Quillon Canaryfeather", "+15550199"
SAID = "my zanzibar parcel is late"
PLEA = "I want to talk to a human please, about zanzibar"
REPLY, NOTE = "Hello, zanzibar is on its way", "zanzibar note"
OURS = conversation_id(CHANNEL, WHO)
# What must be nowhere afterwards. "555" alone may be a part of any number.
CANARIES = ("zanzibar", "Quillon", "Canaryfeather", "5550123", "5550199", OURS, "wamid.Canary",
            "media.example")  # fmt: skip


def writes(rig: Rig, text: str, who: Address = WHO, id: str = "") -> None:
    """With a name, a phone and a file, as other channels than SMS tell them."""
    rig.texts += 1
    name = ExternalId(id or f"wamid.Canary{who}:{rig.texts}")
    attached = Media("https://media.example/1.jpg", "image/jpeg", "zanzibar.jpg")
    media = (attached,) if "zanzibar" in text else ()
    told = {"From": who, "Body": text}
    message = InboundMessage(name, who, text, told, media, NAME, PHONE)
    receive.from_channel(rig.parts, CHANNEL, [message])


def one_episode(rig: Rig, who: Address = WHO, ticket: str = "1") -> None:
    """From a first question over a person to a solved ticket, and the end of it all."""
    writes(rig, SAID, who)
    rig.passes(5)
    writes(rig, PLEA, who)
    rig.passes(30)
    rig.desk.agent_says(TicketId(ticket), REPLY)
    rig.desk.agent_says(TicketId(ticket), NOTE, public=False)
    rig.webhook(ticket)
    rig.passes(5)
    rig.receipt(rig.channel.sent[-1][0], "delivered", who)
    rig.desk.tickets[TicketId(ticket)].status = TicketStatus.SOLVED
    rig.webhook(ticket)
    rig.passes(timedelta(hours=2).total_seconds())


def everything(db: Database) -> str:
    """Every value of every row of every table."""

    def read(connection: Connection) -> list[str]:
        return [
            str(tuple(row))
            for table in metadata.tables.values()
            for row in connection.execute(select(table))
        ]

    return "\n".join(db.read(read))


def found(text: str, canaries: tuple[str, ...] = CANARIES) -> list[str]:
    return [each for each in canaries if each in text]


def in_files(folder: Path, canaries: tuple[str, ...] = CANARIES) -> list[str]:
    """In the very bytes of what lies there: database, log, whatever else."""
    return [
        f"{file.name}: {each}"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        for each in canaries
        if each.encode() in file.read_bytes()
    ]


def integrity(database: Path) -> str:
    with sqlite3.connect(database) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
