"""A Twilio account's own things (numbers, messaging services) for `setup` and `doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from connector.channels.twilio.api import PROVIDER
from connector.channels.twilio.config import TwilioConfig
from connector.errors import ProviderError, Rejected
from connector.http import OutboundSession, check, translate

MESSAGING, CONTENT = "https://messaging.twilio.com", "https://content.twilio.com"
Json = dict[str, Any]


class Account:
    """For one thread and one command. An account that does not answer is asked once."""

    def __init__(self, config: TwilioConfig) -> None:
        self.config = config
        # A stand-in is all of Twilio's hosts.
        self._messaging = config.root if config.base_url else MESSAGING
        self._content = config.root if config.base_url else CONTENT
        hosts = {urlsplit(url).netloc.lower() for url in (self._messaging, self._content)}
        self._session = OutboundSession(frozenset({config.host, *hosts}))
        self._silent: ProviderError | None = None
        self.skew: timedelta | None = None  # our clock less Twilio's, of the last answer

    def itself(self) -> Json:
        return self._ask("GET", self._of_account(".json"))

    def number(self) -> Json | None:
        """What Twilio keeps of our number, or None if it isn't this account's."""
        query = {"PhoneNumber": self.config.number or ""}
        listed = self._ask("GET", self._of_account("/IncomingPhoneNumbers.json"), query)
        found = listed.get("incoming_phone_numbers")
        rows = [each for each in found or () if isinstance(each, dict)]
        return next((n for n in rows if n.get("phone_number") == self.config.number), None)

    def service(self) -> Json | None:
        return self._found(self._of_service())

    def approval(self) -> Json | None:
        """What WhatsApp said to our template, or None if this account has none of that id."""
        sid = self.config.content_sid
        return self._found(f"{self._content}/v1/Content/{sid}/ApprovalRequests")

    def _found(self, url: str) -> Json | None:
        try:
            return self._ask("GET", url)
        except Rejected as error:
            if error.status != 404:
                raise
            return None

    def set_number(self, sid: str, fields: Mapping[str, str]) -> None:
        self._ask("POST", self._of_account(f"/IncomingPhoneNumbers/{sid}.json"), fields)

    def set_service(self, fields: Mapping[str, str]) -> None:
        self._ask("POST", self._of_service(), fields)

    def _of_account(self, rest: str) -> str:
        return f"{self.config.root}/2010-04-01/Accounts/{self.config.account_sid}{rest}"

    def _of_service(self) -> str:
        return f"{self._messaging}/v1/Services/{self.config.messaging_service}"

    def _ask(self, method: str, url: str, given: Mapping[str, str] | None = None) -> Json:
        """Setting an address twice does no harm, so no answer leaves a doubt."""
        if self._silent is not None:
            raise self._silent
        operation = "read account" if method == "GET" else "set addresses"
        query, form = (given, None) if method == "GET" else (None, given)
        auth = (self.config.account_sid, self.config.auth_tokens[0])
        try:
            answer = self._session.request(method, url, params=query, data=form, auth=auth)
            check(answer, provider=PROVIDER, operation=operation, repeatable=True)
            body = answer.json()
        except (requests.RequestException, ValueError, RecursionError) as cause:
            error = _failed(cause, operation)
        except ProviderError as refused:
            if refused.status == 401:
                self._silent = refused
            raise
        else:
            self._note(answer)
            return body if isinstance(body, dict) else {}
        self._silent = error
        raise error  # not chained: what requests says quotes URLs

    def _note(self, answer: requests.Response) -> None:
        try:
            theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return
        ours = datetime.now(UTC)
        self.skew = ours - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))


def _failed(cause: Exception, operation: str) -> ProviderError:
    """Also an answer that is no JSON: something else than Twilio is asked."""
    error = cause if isinstance(cause, requests.RequestException) else None
    told = error or requests.exceptions.ContentDecodingError()
    return translate(told, provider=PROVIDER, operation=operation, repeatable=True)
