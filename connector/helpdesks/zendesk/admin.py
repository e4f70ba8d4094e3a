"""The account's own things (webhooks, triggers, macros, fields) for `setup` and `doctor`.

Lists are read once and kept until something is written. An account that does not answer is asked
once: every other question has the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from connector.errors import ProviderError
from connector.helpdesks.zendesk.client import ZendeskSession
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.credentials import Credentials
from connector.helpdesks.zendesk.refusals import PROVIDER, Call
from connector.http import translate

Json = dict[str, Any]
PAGES = 20  # of 100: more rules than any account may have
_LIMITS = (("ratelimit-remaining", "ratelimit-limit"), ("rate-limit-remaining", "rate-limit"),
           ("x-rate-limit-remaining", "x-rate-limit"))  # fmt: skip


class Admin:
    """For one thread and one command."""

    def __init__(self, config: ZendeskConfig, credentials: Credentials) -> None:
        self._config = config
        self._session = ZendeskSession(config, credentials)
        self._lists: dict[str, list[Json]] = {}
        self._silent: ProviderError | None = None
        self.skew: timedelta | None = None  # our clock less Zendesk's, of the last answer
        self.limits: tuple[int, int] | None = None  # requests left, and allowed, a minute

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        """Raise Transient, or Rejected("gone") where there is nothing."""
        call = Call(f"read {path.partition('/')[0]}", repeatable=True)
        return self._ask(call, "GET", path, query=query)

    def all(self, path: str, key: str) -> list[Json]:
        """The whole list `key` that stands at this path. Raise Transient."""
        if path not in self._lists:
            self._lists[path] = self._pages(path, key)
        return self._lists[path]

    def write(self, method: str, path: str, body: Json) -> Json:
        """Raise Transient, Rejected or Uncertain; what was read before is forgotten."""
        self._lists.clear()
        call = Call(f"write {path.partition('/')[0]}", repeatable=method != "POST")
        return self._ask(call, method, path, body=body)

    def _pages(self, path: str, key: str) -> list[Json]:
        found: list[Json] = []
        query = {"page[size]": "100"}
        for _ in range(PAGES):
            answer = self.get(path, query)
            found += [each for each in answer.get(key) or () if isinstance(each, dict)]
            meta = answer.get("meta")
            more = isinstance(meta, dict) and meta.get("has_more")
            after = meta.get("after_cursor") if isinstance(meta, dict) else None
            if not more or not after:
                break
            query["page[after]"] = str(after)
        return found

    def _ask(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
    ) -> Json:
        if self._silent is not None:
            raise self._silent
        self._session.call = call
        url = f"{self._config.official}/api/v2/{path}"
        try:
            answer = self._session.request(method, url, params=query, json=body)
        except requests.RequestException as cause:
            error = translate(
                cause, provider=PROVIDER, operation=call.operation, repeatable=call.repeatable
            )
        except ProviderError as refused:
            if refused.status is None or refused.operation == "renew_token":
                self._silent = refused
            raise
        else:
            self._note(answer)
            return answer.json() if answer.content else {}
        # Not chained: what requests says quotes URLs.
        if method == "GET":
            self._silent = error
        raise error

    def _note(self, answer: requests.Response) -> None:
        try:
            theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            pass
        else:
            self.skew = _less(self._config.now(), theirs)
        for left, of in _LIMITS:
            given = answer.headers.get(left, ""), answer.headers.get(of, "")
            if given[0].isdecimal() and given[1].isdecimal():
                self.limits = int(given[0]), int(given[1])
                return


def _less(ours: datetime, theirs: datetime) -> timedelta:
    return ours - (theirs if theirs.tzinfo else theirs.replace(tzinfo=ours.tzinfo))
