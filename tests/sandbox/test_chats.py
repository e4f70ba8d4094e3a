"""The twins of Telegram, WhatsApp and Messenger: as strict as the real ones."""

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

from connector.sandbox.messenger.twin import MessengerTwin
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


PSID = "24601775"


@pytest.fixture
def messenger(caught: Catcher) -> Iterator[MessengerTwin]:
    with MessengerTwin("1122", "access", "app", caught.url) as twin:
        yield twin


def page(twin: MessengerTwin, token: str = "access", **fields: Any) -> Any:
    told = {"recipient": {"id": PSID}, "messaging_type": "RESPONSE", "message": {"text": "x"}}
    told = {name: value for name, value in {**told, **fields}.items() if value is not None}
    url, headers = f"{twin.url}/v23.0/me/messages", {"Authorization": f"Bearer {token}"}
    return requests.post(url, json=told, headers=headers, timeout=5).json()


def test_messenger_signs_echoes_and_tells_of_deliveries(
    messenger: MessengerTwin, caught: Catcher
) -> None:
    messenger.customer_says("hi", customer=PSID).wait()
    taken = page(messenger)
    assert messenger.courier.idle()
    for headers, body in caught.posts:
        digest = hmac.new(b"app", body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={digest}"
    wrote, echo, delivery = (
        json.loads(body)["entry"][0]["messaging"][0] for _, body in caught.posts
    )
    assert (wrote["sender"]["id"], wrote["message"]["text"]) == (PSID, "hi")
    assert (echo["sender"]["id"], echo["message"]["is_echo"]) == ("1122", True)
    assert delivery["delivery"]["mids"] == [taken["message_id"]]
    assert [s.status for s in messenger.conversation(PSID)] == ["received", "delivered"]


def test_messenger_refuses_as_meta_does(messenger: MessengerTwin) -> None:
    def refusal(**fields: Any) -> tuple[int, int | None]:
        told = page(messenger, **fields)["error"]
        return told["code"], told.get("error_subcode")

    assert page(messenger, "other")["error"]["code"] == 190
    assert refusal() == (100, 2018001)
    messenger.customer_says("hi", customer=PSID).wait()
    for wrong in ({"text": ""}, {"text": "x" * 2001}, {"texxt": "x"}, {},
                  {"text": "x", "attachment": {"type": "image", "payload": {"url": "http://x"}}},
                  {"text": "x", "quick_replies": [{"content_type": "text", "title": "x" * 21}]}):  # fmt: skip
        assert refusal(message=wrong)[0] == 100, wrong
    assert refusal(tagg="x")[0] == 100
    assert refusal(messaging_type="MESSAGE_TAG", tag="ACCOUNT_UPDATE")[0] == 100
    assert refusal(message=None, messaging_type=None, sender_action="wave")[0] == 100
    messenger.now = lambda: datetime.now(UTC) + timedelta(hours=25)
    assert refusal() == (10, 2018278)
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert "message_id" in page(messenger, **tagged)
    messenger.human_agent = False
    assert refusal(**tagged)[0] == 100
    messenger.human_agent = True
    messenger.now = lambda: datetime.now(UTC) + timedelta(days=8)
    assert refusal(**tagged) == (10, 2018278)
    messenger.blocks(PSID)
    assert refusal() == (551, 1545041)


def test_messenger_shows_seen_typing_and_quick_replies(
    messenger: MessengerTwin, caught: Catcher
) -> None:
    messenger.customer_says("hi", customer=PSID).wait()
    for action in ("mark_seen", "typing_on"):
        page(messenger, message=None, messaging_type=None, sender_action=action)
    assert messenger.conversation(PSID)[0].status == "read"
    assert messenger.typing_until(PSID) is not None
    replies = [{"content_type": "text", "title": t, "payload": t} for t in ("Yes", "No")]
    page(messenger, message={"text": "Shall I?", "quick_replies": replies})
    assert messenger.typing_until(PSID) is None
    messenger.customer_taps("Yes", customer=PSID).wait()
    told = json.loads(caught.posts[-1][1])["entry"][0]["messaging"][0]["message"]
    assert (told["text"], told["quick_reply"]) == ("Yes", {"payload": "Yes"})
    with pytest.raises(LookupError):  # they went away with the tap
        messenger.customer_taps("No", customer=PSID)


def test_whatsapp_knows_templates_buttons_and_read(whatsapp: WhatsAppTwin, caught: Catcher) -> None:
    def template(name: str, *texts: str) -> dict[str, Any]:
        parameters = [{"type": "text", "text": text} for text in texts]
        components = [{"type": "body", "parameters": parameters}]
        return {"name": name, "language": {"code": "en"}, "components": components}

    whatsapp.customer_says("hi", customer=NUMBER).wait()
    for told, code in (
        (template("other", "x"), 132001), (template("answer"), 132000),
        (template("answer", "a\nb"), 132012), (template("answer", "x" * 1024), 132005),
    ):  # fmt: skip
        answer = meta(whatsapp, to=NUMBER, type="template", text=None, template=told)
        assert answer.json()["error"]["code"] == code
    whatsapp.now = lambda: datetime.now(UTC) + timedelta(hours=25)
    told = template("answer", "It is here.")
    assert meta(whatsapp, to=NUMBER, type="template", text=None, template=told).status_code == 200
    assert "It is here." in whatsapp.conversation(NUMBER)[-1].text
    assert whatsapp.courier.idle()
    assert whatsapp.conversation(NUMBER)[-1].status == "delivered"
    buttons = [{"type": "reply", "reply": {"id": str(n), "title": "x"}} for n in range(2)]
    shown = {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}
    answer = meta(whatsapp, to=NUMBER, type="interactive", text=None, interactive=shown)
    assert answer.json()["error"]["code"] == 131009  # titles must differ
    read: dict[str, Any] = {
        "type": None,
        "text": None,
        "status": "read",
        "message_id": "wamid.none",
    }
    assert meta(whatsapp, **read).json()["error"]["code"] == 131009
    read["message_id"] = whatsapp.conversation(NUMBER)[0].id
    assert meta(whatsapp, **read, typing_indicator={"type": "text"}).json() == {"success": True}
    assert whatsapp.conversation(NUMBER)[0].status == "read"


def test_telegram_keeps_keys_until_they_are_taken_away(telegram: TelegramTwin) -> None:
    telegram.customer_says("hi", customer=ZOE).wait()
    keys = {"keyboard": [[{"text": "Yes"}, {"text": "No"}]], "one_time_keyboard": True}
    bot(telegram, "sendMessage", chat_id=7000001, text="Shall I?", reply_markup=keys)
    bot(telegram, "sendMessage", chat_id=7000001, text="Well?")
    assert telegram.conversation(ZOE)[-1].choices == ("Yes", "No")
    gone = {"remove_keyboard": True}
    bot(telegram, "sendMessage", chat_id=7000001, text="Never mind.", reply_markup=gone)
    assert telegram.conversation(ZOE)[-1].choices == ()
    wrongs: tuple[Any, ...] = (
        {"keyboard": []},
        {"keyboard": [[{"text": ""}]]},
        {"keybord": []},
        "x",
    )
    for wrong in wrongs:
        asked = bot(telegram, "sendMessage", chat_id=7000001, text="x", reply_markup=wrong)
        assert asked["ok"] is False
    assert bot(telegram, "sendChatAction", chat_id=7000001, action="wave")["ok"] is False
    assert bot(telegram, "sendChatAction", chat_id=7000001, action="typing")["result"] is True
    assert telegram.typing_until(ZOE) is not None
