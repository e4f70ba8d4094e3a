"""What nobody asked for, from customers and providers: words where there is meaning, else a logged skip."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.channels.base import InboundConsent, InboundMessage, Unread, WebhookRequest
from connector.errors import UnsupportedEvent
from tests.contracts.kinds import any_channel

SKIPPED = None
CANT = "[A message of a kind that can't be shown here]"
NUMBER, PAGE = "106540352242922", "1122334455"


def whatsapp(**message: Any) -> Any:
    told = {"id": "wamid.1", "from": "15550142", **message}
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": [told]}
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


def messenger(**event: Any) -> Any:
    told = {"sender": {"id": "7"}, "recipient": {"id": PAGE}, "timestamp": 1, **event}
    return {"object": "page", "entry": [{"id": PAGE, "messaging": [told]}]}


def message(**fields: Any) -> Any:
    return messenger(message={"mid": "m_1", **fields})


def update(kind: str = "message", **fields: Any) -> Any:
    who = {"chat": {"id": 7, "type": "private"}, "from": {"id": 7, "first_name": "Zoë"}}
    return {"update_id": 1, kind: {"message_id": 1, **who, **fields}}


def webhook(**data: Any) -> Any:
    return {"type": "message.received", "data": {"customer": {"id": "u"}, **data}}


def file(kind: str = "image", **payload: Any) -> Any:
    return {"type": kind, "payload": payload}


PICTURE = "https://scontent.xx.fbcdn.net/1.png"
PICTURES = [file(url=PICTURE)] * 40
ROWS: list[tuple[str, Any, str | None, int]] = [
    # kind, what comes, how it reads, how many files
    ("whatsapp_cloud", whatsapp(type="text", text={"body": ""}), "", 0),
    ("whatsapp_cloud", whatsapp(type="text", text={"body": 5}), "", 0),
    ("whatsapp_cloud", whatsapp(type="text"), "", 0),
    ("whatsapp_cloud", whatsapp(), CANT, 0),
    ("whatsapp_cloud", whatsapp(type=["text"]), CANT, 0),
    ("whatsapp_cloud", whatsapp(type="hologram", hologram={}), f"{CANT[:-1]}: hologram]", 0),
    ("whatsapp_cloud", whatsapp(type="<b>x</b>"), CANT, 0),
    ("whatsapp_cloud", whatsapp(type="unsupported", errors=[{"code": 131051}]), CANT, 0),
    ("whatsapp_cloud", whatsapp(type="image", image={}), "[A file that can't be fetched]", 0),
    ("whatsapp_cloud", whatsapp(type="image", image={"id": "1", "caption": 7}), "", 1),
    ("whatsapp_cloud", whatsapp(type="reaction", reaction={"emoji": "👍"}), "[Reaction: 👍]", 0),
    ("whatsapp_cloud", whatsapp(type="reaction", reaction={"message_id": "w"}), SKIPPED, 0),
    ("whatsapp_cloud", whatsapp(type="revoke", revoke={"original_message_id": "w"}),
     "[A message was deleted by the customer]", 0),
    ("whatsapp_cloud", whatsapp(type="edit", edit={}), "[A message was edited]", 0),
    ("whatsapp_cloud", whatsapp(type="order", order={}), "[An order without products]", 0),
    ("whatsapp_cloud", whatsapp(type="button", button={"payload": "Later"}), "Later", 0),
    ("whatsapp_cloud", whatsapp(type="contacts", contacts=[{}]), "[Contact card]", 0),
    ("whatsapp_cloud", whatsapp(type="system", system={"type": "customer_changed_number"}),
     SKIPPED, 0),
    ("whatsapp_cloud", whatsapp(type="request_welcome"), SKIPPED, 0),
    ("messenger", message(), CANT, 0),
    ("messenger", message(text=5), CANT, 0),
    ("messenger", message(text="   "), CANT, 0),
    ("messenger", message(attachments=PICTURES[:30]), "", 30),
    ("messenger", message(text="all", attachments=PICTURES), "all\n[10 more files were left out]", 30),
    ("messenger", message(attachments=[file("hologram", url=PICTURE)]), f"[Shared: {PICTURE}]", 0),
    ("messenger", message(attachments=[None, 5, {"type": []}]), CANT, 0),
    ("messenger", message(attachments=[file(url="javascript:alert(1)")]),
     "[A file that can't be fetched]", 0),
    ("messenger", message(mid="m_1", is_deleted=True), "[A message was deleted by the customer]", 0),
    ("messenger", message(is_echo=True, text="ours"), SKIPPED, 0),
    ("messenger", messenger(message_edit={"mid": "m", "num_edit": 1}), "[A message was edited]", 0),
    ("messenger", messenger(reaction={"mid": "m", "action": "unreact"}), SKIPPED, 0),
    ("messenger", messenger(read={"watermark": 1}), SKIPPED, 0),
    ("messenger", messenger(optin={"ref": "x"}), SKIPPED, 0),
    ("messenger", messenger(policy_enforcement={"action": "warning"}), SKIPPED, 0),
    ("messenger", messenger(postback={"title": ""}), SKIPPED, 0),
    ("telegram", update(), CANT, 0),
    ("telegram", update(text=""), CANT, 0),
    ("telegram", update(text=["x"]), CANT, 0),
    ("telegram", update(hologram={}), CANT, 0),
    ("telegram", update(document={"file_id": "f", "file_size": 20_000_001, "file_name": "a.zip"}),
     "[A file that is too large to be passed on: a.zip]", 0),
    ("telegram", update(document={"file_id": "f", "file_size": 20_000_000}), "", 1),
    ("telegram", update(photo=[]), CANT, 0),
    ("telegram", update("edited_message", text="Friday"), "[Edited] Friday", 0),
    ("telegram", update("edited_message", location={"latitude": 1, "longitude": 2}), SKIPPED, 0),
    ("telegram", update("message_reaction", new_reaction=[]), SKIPPED, 0),
    ("telegram", update(pinned_message={"text": "x"}), SKIPPED, 0),
    ("telegram", update("business_message", text="x"), SKIPPED, 0),
    ("telegram", update("deleted_business_messages", message_ids=[1]), SKIPPED, 0),
    ("telegram", update(text="x", chat={"id": -5, "type": "supergroup"}), SKIPPED, 0),
    ("webhook", webhook(), "", 0),
    ("webhook", webhook(text=""), "", 0),
    ("webhook", webhook(text="x", media=5), "x", 0),
    ("webhook", webhook(media=[{"url": "https://a.example/1"}] * 31), "[1 more file was left out]", 30),
    ("webhook", webhook(text="x", media=[{"url": 5}, "y", {"url": "ftp://a.example"}]), "x", 0),
    ("webhook", {"type": "message.deleted", "data": {}}, SKIPPED, 0),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "text", "files"), ROWS)
def test_it_can_be_read_or_is_skipped(kind: str, body: Any, text: str | None, files: int) -> None:
    headers = {"webhook-id": "msg_1"}
    asked = WebhookRequest("POST", "https://x.example", headers, "", json.dumps(body).encode())
    if text is SKIPPED:
        with pytest.raises(UnsupportedEvent) as why:
            any_channel(kind).parse(asked)
        assert " " in str(why.value)
        return
    (event,) = any_channel(kind).parse(asked)
    assert isinstance(event, InboundMessage)
    assert (event.text, len(event.media)) == (text, files)


def test_who_vanished_on_telegram_is_known_by_that() -> None:
    for status, word in (("kicked", "stop"), ("member", "start")):
        body = update("my_chat_member", new_chat_member={"status": status})
        asked = WebhookRequest("POST", "https://x.example", {}, "", json.dumps(body).encode())
        (event,) = any_channel("telegram").parse(asked)
        assert isinstance(event, InboundConsent)
        assert event.word == word
    assert not isinstance(event, Unread)
