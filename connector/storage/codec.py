"""Domain values <-> JSON text. What was written by an older version reads as long as fields have defaults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from pydantic import TypeAdapter

from connector.domain.conversation import Conversation, Holder, Message
from connector.domain.effects import Call
from connector.domain.events import Event
from connector.domain.handoff.base import Evidence

EVENTS: dict[str, type[Event]] = {c.__name__: c for c in get_args(Event)}
CALLS: dict[str, type[Call]] = {c.__name__: c for c in get_args(Call)}
HOLDERS: dict[str, type[Holder]] = {c.__name__: c for c in get_args(Holder)}


_adapters: dict[Any, TypeAdapter[Any]] = {}  # building one costs milliseconds


def _adapter(kind: Any) -> TypeAdapter[Any]:
    found = _adapters.get(kind)
    if found is None:
        found = _adapters[kind] = TypeAdapter(kind)
    return found


def dump(value: object) -> str:
    return _adapter(type(value)).dump_json(value).decode()


def event(kind: str, payload: str) -> Event:
    found: Event = _adapter(EVENTS[kind]).validate_json(payload)
    return found


def call(kind: str, payload: str) -> Call:
    found: Call = _adapter(CALLS[kind]).validate_json(payload)
    return found


def holder_kind(conversation: Conversation) -> str:
    return type(conversation.holder).__name__


def dump_state(conversation: Conversation) -> str:
    """Everything but the messages, which have rows of their own, and the version."""
    bare = replace(conversation, messages=(), earlier=(), version=0)
    return dump(bare)


def load_state(kind: str, state: str) -> Conversation:
    """The holder is read by its stored kind: its fields alone do not always tell which it is."""
    bare: dict[str, Any] = _adapter(dict[str, Any]).validate_json(state)
    bare["holder"] = _adapter(HOLDERS[kind]).validate_python(bare["holder"])
    found: Conversation = _adapter(Conversation).validate_python(bare)
    return found


def load_message(body: str) -> Message:
    found: Message = _adapter(Message).validate_json(body)
    return found


def dump_evidence(evidence: tuple[Evidence, ...]) -> str:
    return _adapter(tuple[Evidence, ...]).dump_json(evidence).decode()
