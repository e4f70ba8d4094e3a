"""Twilio's REST resource `Messages`: create one, find one that may have been created, list them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from connector.channels.base import Outbound
from connector.channels.payload import object_of
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.refusals import LATER, REFUSED, meaning
from connector.channels.twilio.segments import cheaper, plain
from connector.channels.twilio.senders import is_whatsapp
from connector.channels.twilio.template import one_line, variables, window
from connector.domain.ids import ExternalId
from connector.errors import ProviderError, Rejected, Transient, Uncertain
from connector.http import OutboundSession, check, retry_after, translate

PROVIDER, SEND, FIND = "twilio", "send", "find_sent"
SKEW = timedelta(seconds=5)  # Twilio's clock, and its times cut to the second
PAGE, PAGES = 100, 20
MAX_BODY = 1600
TRIAL = "Sent from your Twilio trial account - "  # what Twilio puts before a trial account's texts
_SID = re.compile(r"[!-~]{1,64}")
_CODE = re.compile(r"[0-9]{1,6}")


class Messages:
    def __init__(self, config: TwilioConfig) -> None:
        self._config = config
        self._session = OutboundSession(frozenset({config.host}))
        self._auth = (config.account_sid, config.auth_tokens[0])
        self._path = f"/2010-04-01/Accounts/{config.account_sid}/Messages.json"

    def create(self, message: Outbound) -> ExternalId:
        """Send it, in a template where it must be. Raise Transient, Rejected or Uncertain."""
        return self._post(self._addresses(message) + self._content(message))

    def _content(self, message: Outbound) -> list[tuple[str, str]]:
        config = self._config
        if message.window_closed and config.content_sid and window(config, message.customer):
            filled = variables(config, message)
            return [("ContentSid", config.content_sid), ("ContentVariables", filled)]
        fields = [("Body", text)] if (text := self.body(message)) else []
        return fields + [("MediaUrl", file.url) for file in message.media]

    def body(self, message: Outbound) -> str:
        """The text as it is sent."""
        if not self._config.smart_encoding or is_whatsapp(message.customer):
            return message.text
        return cheaper(message.text, MAX_BODY)

    def _post(self, fields: list[tuple[str, str]]) -> ExternalId:
        try:
            answer = self._session.post(
                self._config.root + self._path, data=fields, auth=self._auth
            )
        except requests.RequestException as error:
            raise translate(error, provider=PROVIDER, operation=SEND) from error
        body = object_of(answer)
        _judge(answer, body)
        sid = body.get("sid")
        if not isinstance(sid, str) or not _SID.fullmatch(sid):
            raise Uncertain("twilio send: an answer without a sid", provider=PROVIDER,
                            operation=SEND, status=answer.status_code)  # fmt: skip
        return ExternalId(sid)

    def _addresses(self, message: Outbound) -> list[tuple[str, str]]:
        own = {
            "From": self._config.number,
            "MessagingServiceSid": self._config.messaging_service,
            "StatusCallback": self._config.status_url,
        }
        fields = [("To", str(message.customer))]
        return fields + [(name, value) for name, value in own.items() if value]

    def find(
        self, message: Outbound, since: datetime, known: frozenset[ExternalId]
    ) -> ExternalId | None:
        """The sid of this message if Twilio took it. Raise Transient if it can't be asked."""
        for page in self._pages(message, since - SKEW):
            for each in page:
                sid = each.get("sid")
                if isinstance(sid, str) and sid not in known and self._is(each, message, since):
                    return ExternalId(sid)
        return None

    def _is(self, each: Mapping[str, Any], message: Outbound, since: datetime) -> bool:
        service = self._config.messaging_service
        if self._config.number is None and each.get("messaging_service_sid") != service:
            return False
        files = str(each.get("num_media") or "0")
        if not self._reads_like(str(each.get("body") or ""), files, message):
            return False
        outbound = str(each.get("direction")).startswith("outbound")
        at = created(each)
        return outbound and at is not None and at >= since - SKEW

    def _reads_like(self, body: str, files: str, message: Outbound) -> bool:
        """Twilio has look-alikes of its own (Smart Encoding), and fills templates in itself."""
        if plain(body) in (plain(message.text), plain(TRIAL + message.text)):
            # Two messages of files only have the same text, none.
            return files == str(len(message.media))
        words = one_line(message)
        in_template = window(self._config, message.customer) is not None and bool(words)
        return in_template and files == "0" and words in body

    def _pages(self, message: Outbound, since: datetime) -> Iterator[list[dict[str, Any]]]:
        """Newest first, until a page is wholly older than `since`.

        Not filtered by DateSent: a message that is still queued has none and would be left out.
        """
        query = {"To": str(message.customer), "PageSize": str(PAGE)}
        if self._config.number:
            query["From"] = self._config.number
        return self.pages(FIND, query, since, PAGES)

    def pages(
        self, operation: str, query: Mapping[str, str], since: datetime, most: int
    ) -> Iterator[list[dict[str, Any]]]:
        """Messages, newest first, until a page is wholly older than `since`. Raise Transient."""
        path: str | None = self._path
        for _ in range(most):
            body = self.get(operation, path or "", query, "messages")
            page = [each for each in body["messages"] if isinstance(each, dict)]
            yield page
            path, query = body.get("next_page_uri"), {}
            times = [created(each) for each in page]
            if not path or all(at is not None and at < since for at in times):
                return
        raise _unanswered(operation, "too many pages")

    def get(
        self, operation: str, path: str, query: Mapping[str, str], named: str
    ) -> dict[str, Any]:
        """What stands at this path: an object with the list `named`. Raise Transient."""
        if not isinstance(path, str) or not path.startswith("/"):
            raise _unanswered(operation, "unreadable answer")
        try:
            answer = self._session.get(self._config.root + path, params=query, auth=self._auth)
            check(answer, provider=PROVIDER, operation=operation, repeatable=True)
        except requests.RequestException as error:
            raise _unanswered(operation, type(error).__name__) from error
        except Rejected as error:
            raise _unanswered(operation, error.reason, status=error.status) from error
        body = object_of(answer)
        if not isinstance(body.get(named), list):
            raise _unanswered(operation, "unreadable answer")
        return body


def _unanswered(operation: str, why: str, status: int | None = None) -> Transient:
    reason = f"{PROVIDER} {operation}: {why}"
    return Transient(reason, provider=PROVIDER, operation=operation, status=status)


def _judge(answer: requests.Response, body: Mapping[str, Any]) -> None:
    """Return on success. Twilio's own code says more than the status it comes with."""
    status = answer.status_code
    code = str(body.get("code", "")) if status >= 400 else ""
    code = code if _CODE.fullmatch(code) else ""
    reason = f"twilio send: HTTP {status}" + (f", code {code}" if code else "")
    facts: dict[str, Any] = {
        "provider": PROVIDER, "operation": SEND, "status": status, "code": code,
    }  # fmt: skip
    error: ProviderError | None = None
    if status >= 500:
        # Also 503: Twilio has no idempotency key, and what a proxy gave up may have been taken.
        error = Uncertain(reason, **facts)
    elif code in LATER:
        wait = retry_after(answer.headers, datetime.now(UTC))
        error = Transient(reason, retry_after=wait, **facts)
    elif code in REFUSED:
        error = Rejected(reason, meaning=meaning(code), **facts)
    if error is not None:
        raise error
    check(answer, provider=PROVIDER, operation=SEND, code=code, meaning=meaning(code))


def created(each: Mapping[str, Any]) -> datetime | None:
    """RFC 2822, as Twilio writes times."""
    try:
        at = parsedate_to_datetime(str(each.get("date_created")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
