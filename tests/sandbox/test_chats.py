"""The twins of Telegram and WhatsApp: as strict as the real ones."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Response

from connector.sandbox.telegram.twin import TelegramTwin
from connector.sandbox.whatsapp.twin import WhatsAppTwin
from tests.sandbox.catcher import Catcher, catching

TOKEN, ZOE, NUMBER = "1:abcdefgh", "7000001", "+12025550149"


@pytest.fixture
def caught() -> Iterator[Catcher]:
    with catching() as found:
        yield found


@pytest.fixture
def telegram(caught: Catcher) -> Iterator[TelegramTwin]:
    with TelegramTwin(TOKEN, caught.url, "shown") as twin:
        yield twin


@pytest.fixture
def whatsapp(caught: Catcher) -> Iterator[WhatsAppTwin]:
    with WhatsAppTwin("106", "access", "app", caught.url) as twin:
        yield twin


def bot(twin: TelegramTwin, method: str, **fields: Any) -> Any:
    return requests.post(f"{twin.url}/bot{TOKEN}/{method}", json=fields, timeout=5).json()


def test_telegram_shows_the_secret_and_counts_updates(
    telegram: TelegramTwin, caught: Catcher
) -> None:
    for text in ("one", "two"):
        assert telegram.customer_says(text, customer=ZOE).wait() == 200
    headers, body = zip(*caught.posts, strict=True)
    updates = [json.loads(each) for each in body]
    assert {h["x-telegram-bot-api-secret-token"] for h in headers} == {"shown"}
    assert updates[1]["update_id"] == updates[0]["update_id"] + 1
    assert updates[0]["message"]["chat"] == {"id": 7000001, "type": "private", "first_name": "Zoe"}


def test_telegram_refuses_as_telegram_does(telegram: TelegramTwin) -> None:
    wrong = f"{telegram.url}/bot1:wrong/sendMessage"
    assert requests.post(wrong, json={}, timeout=5).status_code == 401
    assert bot(telegram, "sendMessage", chat_id=7000001, text="x")["description"].endswith(
        "not found"
    )
    telegram.customer_says("hi", customer=ZOE).wait()
    assert bot(telegram, "sendMessage", chat_id=7000001, text="x")["result"]["message_id"] == 2
    for fields in ({"text": ""}, {"text": "x" * 4097}, {"text": "😀" * 2049}, {"texxt": "x"}):
        assert bot(telegram, "sendMessage", chat_id=7000001, **fields)["ok"] is False
    assert bot(telegram, "sendPhoto", chat_id=7000001, photo="no url")["ok"] is False
    telegram.blocks(ZOE).wait()
    assert "blocked" in bot(telegram, "sendMessage", chat_id=7000001, text="x")["description"]
    assert [s.text for s in telegram.conversation(ZOE)] == ["hi", "x"]


def test_telegram_posts_again_until_it_is_taken(telegram: TelegramTwin, caught: Catcher) -> None:
    caught.answers += [Response("", 503), Response("", 500)]
    assert telegram.customer_says("hi", customer=ZOE).wait() == 200
    assert len({body for _, body in caught.posts}) == 1
    assert len(caught.posts) == 3


def test_telegram_hands_out_files(telegram: TelegramTwin, caught: Catcher) -> None:
    telegram.customer_sends_file("a.pdf", "application/pdf", b"%PDF-1.4", customer=ZOE).wait()
    file = json.loads(caught.posts[0][1])["message"]["document"]["file_id"]
    path = bot(telegram, "getFile", file_id=file)["result"]["file_path"]
    assert requests.get(f"{telegram.url}/file/bot{TOKEN}/{path}", timeout=5).content == b"%PDF-1.4"
    assert bot(telegram, "getFile", file_id="other")["ok"] is False


def meta(twin: WhatsAppTwin, token: str = "access", **fields: Any) -> requests.Response:
    told = {"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}, **fields}
    told = {name: value for name, value in told.items() if value is not None}
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(f"{twin.url}/v23.0/106/messages", json=told, headers=headers, timeout=5)


def test_whatsapp_signs_what_it_posts(whatsapp: WhatsAppTwin, caught: Catcher) -> None:
    whatsapp.customer_says("hi", customer=NUMBER).wait()
    whatsapp.customer_says("hi", customer="US.13").wait()
    for headers, body in caught.posts:
        digest = hmac.new(b"app", body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={digest}"
    known, withheld = (
        json.loads(body)["entry"][0]["changes"][0]["value"]["messages"][0]
        for _, body in caught.posts
    )
    assert (known["from"], "from_user_id" in known) == (NUMBER[1:], False)
    assert (withheld["from_user_id"], "from" in withheld) == ("US.13", False)


def test_whatsapp_refuses_as_meta_does(whatsapp: WhatsAppTwin) -> None:
    assert meta(whatsapp, "other", to=NUMBER).json()["error"]["code"] == 190
    assert meta(whatsapp).json()["error"]["code"] == 131008
    assert meta(whatsapp, to=NUMBER, texxt={}).json()["error"]["code"] == 100
    assert meta(whatsapp, to=NUMBER, text={"body": ""}).json()["error"]["code"] == 131009
    assert (
        meta(whatsapp, to=NUMBER, type="hologram", text=None, hologram={"id": "1"}).json()["error"][
            "code"
        ]
        == 131051
    )
    assert whatsapp.conversation(NUMBER) == []


def test_whatsapp_tells_statuses_and_closes_the_window(
    whatsapp: WhatsAppTwin, caught: Catcher
) -> None:
    whatsapp.customer_says("hi", customer=NUMBER).wait()
    assert meta(whatsapp, to=NUMBER).status_code == 200
    assert whatsapp.courier.idle()
    whatsapp.now = lambda: datetime.now(UTC) + timedelta(hours=25)
    assert meta(whatsapp, to=NUMBER).status_code == 200
    assert whatsapp.courier.idle()
    statuses = [
        status
        for _, body in caught.posts
        for status in json.loads(body)["entry"][0]["changes"][0]["value"].get("statuses", [])
    ]
    assert [s["status"] for s in statuses] == ["sent", "delivered", "failed"]
    assert statuses[-1]["errors"][0]["code"] == 131047
    assert [s.status for s in whatsapp.conversation(NUMBER)[1:]] == ["delivered", "failed"]


def test_whatsapp_hands_out_files_to_who_has_the_token(
    whatsapp: WhatsAppTwin, caught: Catcher
) -> None:
    whatsapp.customer_sends_file("image/png", b"png", customer=NUMBER).wait()
    value = json.loads(caught.posts[0][1])["entry"][0]["changes"][0]["value"]
    file = value["messages"][0]["image"]["id"]
    headers = {"Authorization": "Bearer access"}
    told = requests.get(f"{whatsapp.url}/v23.0/{file}", headers=headers, timeout=5).json()
    assert requests.get(told["url"], headers=headers, timeout=5).content == b"png"
    assert requests.get(told["url"], timeout=5).status_code == 401
