"""One Zendesk account: its triggers tell its webhooks what changed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from connector.sandbox.changes import Changes
from connector.sandbox.courier import Courier, Delivery, Outcome
from connector.sandbox.twin import Now, Twin, utc_now
from connector.sandbox.zendesk.agents import Agents, TicketView, view
from connector.sandbox.zendesk.api import Api
from connector.sandbox.zendesk.rules import Rules, Webhook
from connector.sandbox.zendesk.rules_api import RulesApi
from connector.sandbox.zendesk.tickets import Known, Ticket, Tickets
from connector.sandbox.zendesk.uploads import Uploads
from connector.sandbox.zendesk.users import LIGHT_AGENT, Users

WEBHOOK_TIMEOUT = 12.0
GROUPS = {360001: "Support"}


class ZendeskTwin(Twin):
    """With a `webhook_url`, a webhook that signs with `webhook_secret` is told every change.

    Agents are taken on by the name they write under.
    """

    name = "zendesk"

    def __init__(
        self,
        *,
        oauth_clients: Mapping[str, str] | None = None,
        api_token: tuple[str, str] | None = None,
        webhook_url: str = "",
        webhook_secret: str = "",
        known: Known = Known(),
        changes: Changes | None = None,
        now: Now = utc_now,
        port: int = 0,
    ) -> None:
        """`api_token` is (e-mail, token). `known` are the ids that exist; None takes any."""
        self.oauth_clients, self.api_token = dict(oauth_clients or {}), api_token
        self.known = known
        self.scopes = {"read", "write"}  # what the OAuth client may do
        self.groups = dict(known.groups or GROUPS)
        self.users = Users(lambda: self.url, self._moment)
        self.uploads = Uploads(lambda: self.url)
        self.tickets_ = Tickets(self.users, self.uploads, known, lambda: self.url, self._moment)
        self._agents = Agents(self.tickets_, self.users)
        self.rules = Rules(self.users, self._moment)
        self.api = Api(self)
        RulesApi(self).register(self.api.app)
        self._deliveries = itertools.count(1)
        self._tells = True
        super().__init__(
            self.api.app, Courier(self.name, _retry, WEBHOOK_TIMEOUT), changes, now, port
        )
        self.api_user = self.users.make({"name": "Connector", "role": "admin"})
        if webhook_url:
            self.rules.seed(webhook_url, webhook_secret)

    def _moment(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def changed(self, ticket: Ticket) -> Delivery:
        """The account's triggers look at what was just written; the last webhook called, if any."""
        self.changes.bump()
        with self.lock:
            fired = list(self.rules.fired(ticket)) if self._tells else []
        delivery = Delivery(None, kind="trigger")
        for webhook, body in fired:
            delivery = self._delivery(webhook, body.encode())
            self.courier.put(delivery)
        return delivery if fired else self.courier.put(delivery)

    def _delivery(self, webhook: Webhook, body: bytes) -> Delivery:
        number = f"01TWIN{next(self._deliveries):020}"
        return Delivery(
            webhook.endpoint, body, lambda: self._signed(webhook, body, number), kind="trigger"
        )

    def _signed(self, webhook: Webhook, body: bytes, number: str) -> dict[str, str]:
        stamp = self._moment()
        digest = hmac.new(webhook.secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            "X-Zendesk-Account-Id": "1",
            "X-Zendesk-Webhook-Id": webhook.id,
            "X-Zendesk-Webhook-Invocation-Id": number,
            "User-Agent": "Zendesk Webhook",
        }

    def tell(self, on: bool) -> None:
        """Whether webhooks are sent from now on."""
        self._tells = on

    # What agents do

    def agent_replies(
        self,
        ticket: int,
        text: str,
        *,
        author: str = "Ana",
        public: bool = True,
        html: str | None = None,
        solve: bool = False,
        attachments: Sequence[str] = (),
    ) -> Delivery:
        """`attachments` are tokens of uploads. Raise RefusedError for a closed ticket."""
        with self.lock:
            self._agents.write(
                ticket, text, author, public=public, html=html, solve=solve, uploads=attachments
            )
        return self.changed(self.tickets_.get(ticket))

    def agent_notes(self, ticket: int, text: str, *, author: str = "Ana") -> Delivery:
        return self.agent_replies(ticket, text, author=author, public=False)

    def set_status(self, ticket: int, status: str, *, by: str = "Ana") -> Delivery:
        with self.lock:
            if status == "closed":
                self._agents.close(ticket)
            else:
                self._agents.change(ticket, {"status": status}, by)
        return self.changed(self.tickets_.get(ticket))

    def add_tag(self, ticket: int, tag: str, *, by: str = "Ana") -> Delivery:
        with self.lock:
            self._agents.change(ticket, {"additional_tags": [tag]}, by)
        return self.changed(self.tickets_.get(ticket))

    def assign(self, ticket: int, to: str) -> Delivery:
        with self.lock:
            self._agents.change(ticket, {"assignee_id": self.users.staff(to)["id"]}, to)
        return self.changed(self.tickets_.get(ticket))

    def requester_emails(self, ticket: int, text: str) -> Delivery:
        with self.lock:
            self._agents.requester_writes(ticket, text)
        return self.changed(self.tickets_.get(ticket))

    def automation_comments(self, ticket: int, text: str) -> Delivery:
        with self.lock:
            self._agents.rule_writes(ticket, text)
        return self.changed(self.tickets_.get(ticket))

    def cc_emails(self, ticket: int, text: str, *, name: str = "Cora") -> Delivery:
        """Somebody in copy answers."""
        with self.lock:
            known = [p for p in self.users.all() if p["name"] == name]
            person = known[0] if known else self.users.make({"name": name})
            self._agents.writes_as(ticket, text, person)
        return self.changed(self.tickets_.get(ticket))

    def light_agent_emails(self, ticket: int, text: str, *, name: str = "Lia") -> Delivery:
        with self.lock:
            known = [p for p in self.users.all() if p["name"] == name]
            person = (
                known[0] if known else self.users.make({"name": name, "role": "agent"}, LIGHT_AGENT)
            )
            self._agents.writes_as(ticket, text, person, light=True)
        return self.changed(self.tickets_.get(ticket))

    def redact(
        self, ticket: int, words: str = "", *, files: Sequence[str] = (), by: str = "Ana"
    ) -> Delivery:
        with self.lock:
            self._agents.redact(ticket, words, files, by)
        return self.changed(self.tickets_.get(ticket))

    def make_private(self, ticket: int, words: str, *, by: str = "Ana") -> Delivery:
        """A public comment becomes an internal note; the other way round there is none."""
        with self.lock:
            self._agents.make_private(ticket, words, by)
        return self.changed(self.tickets_.get(ticket))

    def delete(self, ticket: int) -> None:
        """Zendesk fires no ticket trigger for this."""
        with self.lock:
            self._agents.delete(ticket)
        self.changes.bump()

    def mark_as_spam(self, ticket: int) -> None:
        """Deleted too: no trigger fires."""
        with self.lock:
            self._agents.spam(ticket)
        self.changes.bump()

    def apply_macro(self, ticket: int, name: str, *, by: str = "Ana") -> Delivery:
        with self.lock:
            self._agents.macro(ticket, name, by)
        return self.changed(self.tickets_.get(ticket))

    def merge(
        self, source: int, into: int, *, by: str = "Ana", public: bool = False
    ) -> tuple[Delivery, Delivery]:
        """Two tickets changed, so the trigger fires twice."""
        with self.lock:
            self._agents.merge(source, into, by, public=public)
        return self.changed(self.tickets_.get(source)), self.changed(self.tickets_.get(into))

    def light_agent(self, name: str) -> None:
        with self.lock:
            self.users.make({"name": name, "role": "agent"}, LIGHT_AGENT)

    # What a test or the page asks

    def tickets(self) -> list[TicketView]:
        with self.lock:
            return [view(t, self.users, self.groups) for t in self.tickets_.all()]

    def error(self, status: int) -> Any:
        if status == 429:
            return {"error": "APIRateLimitExceeded", "description": "Too many requests"}
        return {"error": "InternalError", "description": "Something went wrong"}

    def state(self) -> Any:
        return {"tickets": [asdict(t) for t in self.tickets()], "users": self.users.all()}

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        named = (
            self.agent_replies, self.agent_notes, self.set_status, self.add_tag, self.assign,
            self.requester_emails, self.automation_comments, self.delete, self.mark_as_spam,
            self.apply_macro, self.merge, self.courier.hold, self.courier.release,
            self.courier.drop, self.courier.duplicate, self.tell, self.cc_emails,
            self.light_agent_emails, self.redact, self.make_private,
        )  # fmt: skip
        return {act.__name__: _told(act) for act in named}


def _told(act: Callable[..., Any]) -> Callable[..., Any]:
    def done(**given: Any) -> bool:
        act(**given)
        return True

    return done


def _retry(attempts: Sequence[Outcome], headers: Mapping[str, str]) -> float | None:
    """409 up to three times, 429 and 503 with a Retry-After below 60 s, a timeout up to five."""
    last = attempts[-1]
    if last == 409 and attempts.count(409) <= 3:
        return 0.1
    if last in (429, 503):
        wait = headers.get("Retry-After", "")
        return float(wait) if wait.isdecimal() and int(wait) < 60 else None
    if last == "timeout" and attempts.count("timeout") <= 5:
        return 0.1
    return None
