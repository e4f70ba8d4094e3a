"""Sending with the Bot API. The token stands in the path, so no error may carry a URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import requests

from connector.channels.base import BEST_EFFORT_SECONDS, ChoiceLimits, Outbound
from connector.channels.payload import number, object_of, section
from connector.channels.telegram.config import TelegramConfig
from connector.channels.telegram.refusals import known
from connector.domain.ids import Address, ExternalId
from connector.domain.media import MediaLimits
from connector.errors import Rejected, Transient, Uncertain
from connector.http import OutboundSession, check, translate

PROVIDER, SEND = "telegram", "send"
MAX_CAPTION = 1024
MB = 1000 * 1000
# What Telegram fetches from an address: https://core.telegram.org/bots/api#sending-files
LIMITS = MediaLimits(
    sizes=(("image/jpeg", 5 * MB), ("image/png", 5 * MB), ("video/mp4", 20 * MB),
           ("audio/mpeg", 20 * MB), ("application/pdf", 20 * MB)),
    files=1,
    total=20 * MB,
)  # fmt: skip
CHOICES = ChoiceLimits(most=10, characters=100, max_text=4096)
_METHODS = {"image/jpeg": ("sendPhoto", "photo"), "image/png": ("sendPhoto", "photo"),
            "video/mp4": ("sendVideo", "video"), "audio/mpeg": ("sendAudio", "audio")}  # fmt: skip
_LONGEST = 365 * 86400.0


class Bot:
    def __init__(self, config: TelegramConfig) -> None:
        self._session = OutboundSession(frozenset({config.host}))
        self._root = f"{config.root}/bot{config.bot_token}"

    def send(self, message: Outbound) -> ExternalId:
        """Send it. Raise Transient, Rejected or Uncertain."""
        method, fields = _call(message)
        try:
            answer = self._session.post(f"{self._root}/{method}", json=fields)
        except requests.RequestException as error:
            # Not `from error`: its text has the URL, and that the token.
            raise translate(error, provider=PROVIDER, operation=SEND) from None
        body = object_of(answer)
        judge(answer, body)
        sent = section(body.get("result")).get("message_id")
        if not isinstance(sent, int):
            raise Uncertain("telegram send: an answer without a message", provider=PROVIDER,
                            operation=SEND, status=answer.status_code)  # fmt: skip
        return ExternalId(f"{message.customer}:{sent}")  # counted anew in each chat

    def show(self, customer: Address, action: str) -> None:
        """A chat action: "typing". Raise ProviderError."""
        fields = {"chat_id": _chat(customer), "action": action}
        self.ask("chat_action", "sendChatAction", fields, timeout=BEST_EFFORT_SECONDS)

    def ask(
        self,
        operation: str,
        method: str,
        fields: Mapping[str, object],
        *,
        timeout: tuple[float, float] | None = None,
    ) -> dict[str, Any]:
        """What may be asked twice: the answer's object. Raise Transient or Rejected."""
        try:
            answer = self._session.post(f"{self._root}/{method}", json=fields, timeout=timeout)
        except requests.RequestException as error:
            # Not `from error`: its text has the URL, and that the token.
            raise translate(
                error, provider=PROVIDER, operation=operation, repeatable=True
            ) from None
        body = object_of(answer)
        judge(answer, body, operation=operation, repeatable=True)
        return body


def _call(message: Outbound) -> tuple[str, dict[str, Any]]:
    """The method and its fields. A text that is too long for a caption goes with the file's link."""
    chat = {"chat_id": _chat(message.customer), "reply_markup": _keyboard(message.choices)}
    if not message.media:
        return "sendMessage", {**chat, "text": message.text}
    if len(message.media) > 1 or len(message.text) > MAX_CAPTION:
        links = [file.url for file in message.media]
        return "sendMessage", {**chat, "text": "\n".join([message.text, *links]).strip()}
    (file,) = message.media
    method, field = _METHODS.get(file.content_type, ("sendDocument", "document"))
    caption = {"caption": message.text} if message.text else {}
    return method, {**chat, field: file.url, **caption}


def _chat(customer: Address) -> int | str:
    return int(customer) if customer.isdigit() else customer


def _keyboard(choices: Sequence[str]) -> dict[str, Any]:
    """A tap sends the key's text as a message. Who wrote instead of tapping has the keys until they are
    taken away: they would stand below the next question as if they answered that.
    """
    if not choices:
        return {"remove_keyboard": True}
    keys = [[{"text": choice} for choice in choices]]
    return {"keyboard": keys, "one_time_keyboard": True, "resize_keyboard": True}


def judge(
    answer: requests.Response,
    body: dict[str, Any],
    *,
    operation: str = SEND,
    repeatable: bool = False,
) -> None:
    """Return on success. Telegram's sentence says more than the status it comes with."""
    status = answer.status_code
    if 200 <= status < 300 and body.get("ok") is not False:
        return
    told = body.get("description")
    refusal = known(told) if isinstance(told, str) else None
    facts: dict[str, Any] = {"provider": PROVIDER, "operation": operation, "status": status}
    if status == 429:
        wait = number(section(body.get("parameters")).get("retry_after"))
        if wait is not None:
            later = timedelta(seconds=min(max(wait, 0.0), _LONGEST))
            raise Transient("telegram: HTTP 429", retry_after=later, code="429", **facts)
    if refusal is not None and 400 <= status < 500:
        code, meaning = refusal
        raise Rejected(f"telegram: HTTP {status}, {code}", code=code, meaning=meaning, **facts)
    code = str(status) if isinstance(told, str) else ""
    if status == 404:
        # No such bot: the token is wrong, which is the operator's to mend.
        raise Transient("telegram: HTTP 404", code=code, **facts)
    check(answer, provider=PROVIDER, operation=operation, code=code, repeatable=repeatable,
          meaning="Telegram refused it and gave no reason that is known here")  # fmt: skip
