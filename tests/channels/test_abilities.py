"""What some channels can do beside sending: typing, read, answers to tap, and a window that closes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.channels import base
from connector.channels.base import (
    HasWindow,
    MarksRead,
    OffersChoices,
    Outbound,
    ShowsTyping,
)
from connector.domain.conversation import Media
from connector.domain.handoff.offer_accepted import ANSWERS
from connector.domain.ids import Address, ExternalId
from connector.errors import ProviderError, Rejected
from tests.contracts.kinds import any_channel, outbound
from tests.contracts.loopback import loopback, reply, stall

TAKEN = {"ok": True, "result": {"message_id": 1}, "messages": [{"id": "w"}], "message_id": "m"}
CHOICES = ANSWERS["en"]
PICTURE = Media("https://connector.example.com/media/x", "image/png", "a.png")
WINDOWS, TYPING, READ = ("whatsapp_cloud", "messenger"), ("telegram", "whatsapp_cloud", "messenger"), (
    "whatsapp_cloud", "messenger",
)  # fmt: skip


def calls(kind: str, do: Callable[[Any], object], **config: object) -> list[tuple[str, Any]]:
    """The path's last step and the body of each call that the adapter makes."""
    with loopback() as provider:
        provider.then(*[reply(200, TAKEN)] * 3)
        do(any_channel(kind, base_url=provider.url, **config))
        return [(c.path.rpartition("/")[2], json.loads(c.body)) for c in provider.asked]


def sent(kind: str, text: str = "Shall I?", config: dict[str, object] = {}, **more: Any) -> Any:  # noqa: B006
    message = replace(Outbound("k", outbound(kind).customer, text), **more)
    ((_, body),) = calls(kind, lambda channel: channel.send(message), **config)
    return body


@pytest.mark.parametrize("kind", ["twilio", "telegram", "whatsapp_cloud", "messenger", "webhook"])
def test_each_kind_has_what_its_provider_has(kind: str) -> None:
    channel = any_channel(kind)
    assert isinstance(channel, ShowsTyping) is (kind in TYPING)
    assert isinstance(channel, MarksRead) is (kind in READ)
    if kind != "twilio":
        assert isinstance(channel, OffersChoices) is (kind in TYPING)
        assert isinstance(channel, HasWindow) is (kind in WINDOWS)


def test_typing_and_read_in_each_providers_own_words() -> None:
    def show(channel: Any) -> None:
        channel.show_typing(Address("7"), ExternalId("wamid.IN"))

    def mark(channel: Any) -> None:
        channel.mark_read(Address("7"), ExternalId("wamid.IN"))

    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.IN"}
    assert calls("whatsapp_cloud", show) == [
        ("messages", {**read, "typing_indicator": {"type": "text"}})
    ]
    assert calls("whatsapp_cloud", mark) == [("messages", read)]
    seen = ("messages", {"recipient": {"id": "7"}, "sender_action": "mark_seen"})
    typing = ("messages", {"recipient": {"id": "7"}, "sender_action": "typing_on"})
    assert calls("messenger", show) == [seen, typing]
    assert calls("messenger", mark) == [seen]
    assert calls("telegram", show) == [("sendChatAction", {"chat_id": 7, "action": "typing"})]


@pytest.mark.parametrize("kind", TYPING)
def test_a_provider_that_says_nothing_is_not_waited_for(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"connector.channels.{kind}.api.BEST_EFFORT_SECONDS", (0.2, 0.2))
    assert max(base.BEST_EFFORT_SECONDS) <= 3
    with loopback() as provider:
        provider.then(stall)
        channel: Any = any_channel(kind, base_url=provider.url)
        began = time.monotonic()
        with pytest.raises(ProviderError):
            channel.show_typing(Address("7"), ExternalId("m"))
        assert time.monotonic() - began < 2
        assert len(provider.asked) == 1


def test_answers_to_tap() -> None:
    told = sent("whatsapp_cloud", choices=CHOICES)
    assert (told["type"], told["interactive"]["body"]) == ("interactive", {"text": "Shall I?"})
    buttons = told["interactive"]["action"]["buttons"]
    assert [b["reply"]["title"] for b in buttons] == list(CHOICES)
    assert len({b["reply"]["id"] for b in buttons}) == 2
    told = sent("messenger", choices=CHOICES)["message"]
    assert told["text"] == "Shall I?"
    assert [r["title"] for r in told["quick_replies"]] == list(CHOICES)
    told = sent("telegram", choices=CHOICES)
    assert [key["text"] for (row) in told["reply_markup"]["keyboard"] for key in row] == list(
        CHOICES
    )
    assert told["reply_markup"]["one_time_keyboard"] is True


def test_telegrams_keys_go_with_the_next_message() -> None:
    for more in ({}, {"media": (PICTURE,)}, {"media": (PICTURE, PICTURE)}):
        assert sent("telegram", **more)["reply_markup"] == {"remove_keyboard": True}


@pytest.mark.parametrize("kind", TYPING)
def test_what_would_not_fit_is_left_out(kind: str) -> None:
    channel = any_channel(kind)
    assert isinstance(channel, OffersChoices)
    limits = channel.choice_limits
    assert limits.fit("x" * limits.max_text, ("y" * limits.characters,) * limits.most)
    assert not limits.fit("x" * (limits.max_text + 1), CHOICES)
    assert not limits.fit("x", ("y" * (limits.characters + 1),))
    assert not limits.fit("x", ("y",) * (limits.most + 1))
    assert all(limits.fit("x", pair) for pair in ANSWERS.values())


TEMPLATE: dict[str, object] = {"template": "answer", "template_language": "pt_BR"}


def test_whatsapps_template_carries_what_is_late() -> None:
    told = sent("whatsapp_cloud", "Hello,\n\n we found   it.", TEMPLATE, window_closed=True)
    assert told["type"] == "template"
    assert told["template"] == {
        "name": "answer",
        "language": {"policy": "deterministic", "code": "pt_BR"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Hello, we found it."}]}
        ],
    }
    told = sent("whatsapp_cloud", "", TEMPLATE, window_closed=True, media=(PICTURE,))
    assert told["template"]["components"][0]["parameters"][0]["text"] == PICTURE.url
    for config, closed in ((TEMPLATE, False), ({}, True)):
        assert sent("whatsapp_cloud", "Hello", config, window_closed=closed)["type"] == "text"


def test_what_a_template_can_not_hold_is_told_to_the_agent() -> None:
    with pytest.raises(Rejected) as told:
        sent("whatsapp_cloud", "x" * 1025, TEMPLATE, window_closed=True)
    assert "1024 characters" in told.value.meaning
    assert "xxx" not in str(told.value) + told.value.meaning


@pytest.mark.parametrize(
    ("granted", "closed", "by_agent", "tagged"),
    [(True, True, True, True), (True, True, False, False), (True, False, True, False),
     (False, True, True, False)],
)  # fmt: skip
def test_messengers_tag_is_for_a_persons_words_alone(
    granted: bool, closed: bool, by_agent: bool, tagged: bool
) -> None:
    config: dict[str, object] = {"human_agent": granted}
    told = sent("messenger", "Hi", config, window_closed=closed, by_agent=by_agent)
    assert (told["messaging_type"], told.get("tag")) == (
        ("MESSAGE_TAG", "HUMAN_AGENT") if tagged else ("RESPONSE", None)
    )


def test_windows_and_typing_last_as_long_as_the_providers_say() -> None:
    lasts = {k: getattr(any_channel(k), "typing_lasts").total_seconds() for k in TYPING}  # noqa: B009
    assert lasts == {"telegram": 5, "whatsapp_cloud": 25, "messenger": 20}
    assert {getattr(any_channel(k), "open_for") for k in WINDOWS} == {timedelta(hours=24)}  # noqa: B009
