"""Ids have types and are opaque: ours are made from what they stand for, so a replay makes the same.

A conversation's id follows from channel and address, so that two processes that see a customer's
first two messages at the same instant agree without asking the database.
"""

from __future__ import annotations

import hashlib
from typing import NewType

ConversationId = NewType("ConversationId", str)
EpisodeId = NewType("EpisodeId", str)
MessageId = NewType("MessageId", str)
ExternalId = NewType("ExternalId", str)  # a provider's id of something
TicketId = NewType("TicketId", str)
Address = NewType("Address", str)  # how a channel names a customer: "+15550100", "whatsapp:US.13"


def conversation_id(channel: str, address: Address, salt: str = "") -> ConversationId:
    """`salt`: what changes whenever somebody is forgotten, so that who comes back is somebody new."""
    told = f"{channel}\0{address}\0{salt}" if salt else f"{channel}\0{address}"
    return ConversationId(f"c{hashlib.sha256(told.encode()).hexdigest()[:20]}")


def person_digest(channel: str, address: Address) -> str:
    """What stands for a customer where their address must not."""
    return hashlib.sha256(f"{channel}\0{address}".encode()).hexdigest()


def episode_id(conversation: ConversationId, number: int) -> EpisodeId:
    return EpisodeId(f"{conversation}-{number}")


def message_id(conversation: ConversationId, seq: int) -> MessageId:
    return MessageId(f"{conversation}.{seq}")
