"""What is particular to Telegram and Meta's channels, beyond the contract suite."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from connector import http
from connector.channels.base import (
    AnswersChallenges,
    FetchesMedia,
    Outbound,
    SendsMedia,
    WebhookRequest,
)
from connector.channels.telegram.config import TelegramConfig
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.domain.ids import Address
from connector.errors import BadSignature, ProviderError, Rejected, Transient
from tests.contracts.kinds import any_channel, outbound
from tests.contracts.loopback import Loopback, closed_port, loopback, reply, reset, stall

URL = "https://connector.example.com/webhooks/channels/x"
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
PICTURE = Media("https://connector.example.com/media/x", "image/png", "a.png")
SOUND = Media("https://connector.example.com/media/z", "audio/mpeg", "c.mp3")


def asked(query: dict[str, str]) -> WebhookRequest:
    told = urlencode(query)
    return WebhookRequest("GET", f"{URL}?{told}", {}, told, b"")


def handshake(**changes: str) -> dict[str, str]:
    told = {"mode": "subscribe", "verify_token": "a-verify-token", "challenge": "1158201444"}
    return {f"hub.{name}": value for name, value in {**told, **changes}.items()}


@pytest.mark.parametrize("kind", ["whatsapp_cloud", "messenger"])
def test_the_handshake(kind: str) -> None:
    adapter = any_channel(kind)
    assert isinstance(adapter, AnswersChallenges)
    assert adapter.challenge(asked(handshake())).body == b"1158201444"
    assert adapter.challenge(asked({})).body == b""
    for wrong in (
        handshake(verify_token="a-verify-tokenx"),
        handshake(verify_token=""),
        handshake(mode="unsubscribe"),
        handshake(challenge=""),
        handshake(challenge="<script>alert(1)</script> "),
        handshake(challenge="x" * 201),
        {"hub.mode": "subscribe"},
    ):
        with pytest.raises(BadSignature):
            adapter.challenge(asked(wrong))


@pytest.mark.parametrize("kind", ["twilio", "telegram", "webhook"])
def test_others_are_not_asked_for_one(kind: str) -> None:
    assert not isinstance(any_channel(kind), AnswersChallenges)


def test_telegrams_wait_stands_in_the_body() -> None:
    with loopback() as telegram:
        body = {"ok": False, "error_code": 429, "parameters": {"retry_after": 7}}
        telegram.then(reply(429, body))
        with pytest.raises(Transient) as told:
            any_channel("telegram", base_url=telegram.url).send(outbound("telegram"))
    assert told.value.retry_after == timedelta(seconds=7)


def test_no_error_shows_telegrams_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the path of each call, and the errors of requests show the path."""
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    shown = []
    with loopback() as telegram:
        for behaviour in (stall, reset, reply(500), reply(404, {"description": "x"}), None):
            url = closed_port() if behaviour is None else telegram.url
            if behaviour is not None:
                telegram.then(behaviour)
            with pytest.raises(ProviderError) as told:
                any_channel("telegram", base_url=url).send(outbound("telegram"))
            shown.append("".join(traceback.format_exception(told.value)))
        assert all(TOKEN in each.path for each in telegram.asked)
    assert not [text for text in shown if TOKEN in text.replace("test_chats.py", "")]
    config = TelegramConfig(TOKEN, "secret-4711")
    assert "AAHdq" not in repr(config)
    assert "secret-4711" not in repr(config)


@pytest.mark.parametrize(
    "wrong", ["", "110201543", "1:short", "1:" + "a" * 20 + "/../x", "x:" + "a" * 20]
)
def test_what_is_no_token_is_refused_at_the_door(wrong: str) -> None:
    with pytest.raises(ValueError, match="bot_token"):
        TelegramConfig(wrong, "secret")


def sent(kind: str, text: str, *files: Media) -> tuple[str, Any]:
    taken = {"ok": True, "result": {"message_id": 1}, "messages": [{"id": "w"}], "message_id": "m",
             "id": "x"}  # fmt: skip
    with loopback() as provider:
        provider.then(reply(200, taken))
        message = Outbound("k", outbound(kind).customer, text, files)
        any_channel(kind, base_url=provider.url).send(message)
        (call,) = provider.asked
    return call.path.rpartition("/")[2], json.loads(call.body)


def test_files_go_to_telegram_by_their_kind() -> None:
    plain = {"chat_id": 1111111, "reply_markup": {"remove_keyboard": True}}
    assert sent("telegram", "see", PICTURE) == (
        "sendPhoto", {**plain, "photo": PICTURE.url, "caption": "see"},
    )  # fmt: skip
    assert sent("telegram", "", replace(PICTURE, content_type="application/pdf")) == (
        "sendDocument", {**plain, "document": PICTURE.url},
    )  # fmt: skip
    method, fields = sent("telegram", "x" * 1025, PICTURE)
    assert (method, fields["text"]) == ("sendMessage", "x" * 1025 + f"\n{PICTURE.url}")


def test_files_go_to_whatsapp_by_their_kind() -> None:
    assert sent("whatsapp_cloud", "see", PICTURE)[1]["image"] == {
        "link": PICTURE.url, "caption": "see",
    }  # fmt: skip
    assert sent("whatsapp_cloud", "", SOUND)[1]["audio"] == {"link": SOUND.url}
    paper = sent("whatsapp_cloud", "", replace(PICTURE, content_type="application/pdf"))[1]
    assert paper["document"] == {"link": PICTURE.url, "filename": "a.png"}
    assert sent("whatsapp_cloud", "hear", SOUND)[1]["text"]["body"] == f"hear\n{SOUND.url}"


def test_messenger_takes_words_or_one_file() -> None:
    assert sent("messenger", "", PICTURE)[1]["message"] == {
        "attachment": {"type": "image", "payload": {"url": PICTURE.url, "is_reusable": False}}
    }
    assert sent("messenger", "see", PICTURE)[1]["message"] == {"text": f"see\n{PICTURE.url}"}


def test_whatsapp_reaches_who_withholds_the_number() -> None:
    with loopback() as meta:
        meta.then(reply(200, {"messages": [{"id": "w"}]}), reply(200, {"messages": [{"id": "w"}]}))
        for customer in ("whatsapp:US.13491208655302741918", "whatsapp:+15550142"):
            adapter = any_channel("whatsapp_cloud", base_url=meta.url)
            adapter.send(replace(outbound("whatsapp_cloud"), customer=Address(customer)))
        withheld, known = (json.loads(call.body) for call in meta.asked)
        assert meta.asked[0].headers["authorization"] == "Bearer an-access-token"
    assert (withheld["recipient"], "to" in withheld) == ("US.13491208655302741918", False)
    assert (known["to"], "recipient" in known) == ("+15550142", False)


FILES = {
    "telegram": "telegram:BQAC0",
    "whatsapp_cloud": "whatsapp:1000",
    "messenger": "{root}/v/1.png",
    "webhook": "{root}/f/1.png",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 300


def fetched(kind: str, provider: Loopback, url: str = "") -> File:
    adapter = any_channel(kind, base_url=provider.url)
    assert isinstance(adapter, FetchesMedia)
    address = (url or FILES[kind]).replace("{root}", provider.url)
    return adapter.fetch(Media(address, "image/png", "a.png"), "a.png")


def lead_in(kind: str, provider: Loopback, **changes: str) -> list[Any]:
    """What is asked before the file itself."""
    url = changes.get("url", f"{provider.url}/download/1000")
    path = changes.get("path", "documents/file_1.png")
    if kind == "telegram":
        return [reply(200, {"ok": True, "result": {"file_path": path}})]
    return [reply(200, {"url": url})] if kind == "whatsapp_cloud" else []


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_fetched(kind: str) -> None:
    with loopback() as provider:
        provider.then(*lead_in(kind, provider), reply(200, PNG, Content_Type="image/png"))
        file = fetched(kind, provider)
        last = provider.asked[-1]
    assert (file.name, file.content_type, file.data) == ("a.png", "image/png", PNG)
    secret = "Bearer an-access-token" if kind == "whatsapp_cloud" else None
    assert last.headers.get("authorization") == secret


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_gone_or_refused_has_words(kind: str) -> None:
    with loopback() as provider:
        provider.then(*lead_in(kind, provider), reply(404, b""))
        with pytest.raises(Rejected) as gone:
            fetched(kind, provider)
        provider.then(*lead_in(kind, provider), reply(503, b""))
        with pytest.raises(Transient):
            fetched(kind, provider)
    assert "no longer" in gone.value.meaning


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest", "http://127.0.0.1:1/x", "file:///etc/passwd", "//x",
     "https://lookaside.fbsbx.com@evil.example/", "https://evil.example/x", "http://[::1]/", ""],
)  # fmt: skip
def test_no_file_is_asked_for_elsewhere(url: str) -> None:
    with loopback() as provider:
        for kind in ("messenger", "webhook"):
            with pytest.raises(Rejected):
                fetched(kind, provider, url or "x")
        assert provider.asked == []
        provider.then(*lead_in("whatsapp_cloud", provider, url=url))
        with pytest.raises(Rejected):
            fetched("whatsapp_cloud", provider)
        assert len(provider.asked) == 1


@pytest.mark.parametrize("path", ["../x", "a/../../x", "//evil.example/x", "a b", "", "x?y", "x#y"])
def test_telegrams_path_stays_below_the_token(path: str) -> None:
    with loopback() as provider:
        provider.then(*lead_in("telegram", provider, path=path))
        with pytest.raises(Rejected):
            fetched("telegram", provider)
        assert len(provider.asked) == 1


@pytest.mark.parametrize("kind", FILES)
def test_each_file_that_may_be_sent_goes_as_one(kind: str) -> None:
    """Whatever the limits allow, the provider is given as a file, not as a link in a text."""
    adapter = any_channel(kind)
    assert isinstance(adapter, SendsMedia)
    limits = adapter.media_limits(outbound(kind).customer)
    assert limits is not None
    for content_type, most in limits.sizes:
        whole = content_type.replace("/*", "/x-any")
        assert limits.takes(whole, min(most, limits.total))
        assert not limits.takes(whole, limits.total + 1)
        body = sent(kind, "", replace(PICTURE, content_type=whole))[1]
        assert "text" not in body.get("message", body)
        assert PICTURE.url in json.dumps(body)
    assert not limits.takes("x-shell/script", 1)
