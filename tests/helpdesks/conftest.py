from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.domain.ids import EpisodeId, TicketId
from connector.domain.tickets import CommentDraft, Requester, TicketDraft, TicketFields
from connector.helpdesks.zendesk.config import ApiToken, OAuthClient, ZendeskConfig
from connector.helpdesks.zendesk.desk import Zendesk
from tests.described import Described, Sent
from tests.helpdesks.fake import API_TOKEN, CLIENT_ID, CLIENT_SECRET, EMAIL, Fake, Seen, running

SECRETS = ("canary-webhook-new", "canary-webhook-old")


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 24, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def as_sent(seen: Seen) -> Sent:
    key = seen.headers.get("idempotency-key", "")
    return Sent(seen.method, seen.path, seen.query, seen.raw.decode("utf-8", "replace"), key)


@pytest.fixture
def fake(described: Described | None) -> Iterator[Fake]:
    """What it was sent is checked in the end, whatever the test is about."""
    with running() as running_fake:
        yield running_fake
    if described is not None:
        for seen in running_fake.seen:
            described.check(as_sent(seen))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def config(fake: Fake, clock: Clock) -> ZendeskConfig:
    return ZendeskConfig(
        name="main",
        subdomain="acme",
        oauth=OAuthClient(CLIENT_ID, CLIENT_SECRET),
        webhook_secrets=SECRETS,
        base_url=fake.url,
        now=clock,
        timeout=(2.0, 0.5),
    )


@pytest.fixture
def desk(config: ZendeskConfig) -> Zendesk:
    return Zendesk(config)


@pytest.fixture
def token_desk(config: ZendeskConfig) -> Zendesk:
    return Zendesk(replace(config, oauth=None, api_token=ApiToken(EMAIL, API_TOKEN)))


CUSTOMER = Requester("sms-us:+15550100", "Ana", "+15550100", "en")


def ticket_draft(**other: Any) -> TicketDraft:
    facts: dict[str, Any] = {
        "key": "c1-1:open",
        "external_id": EpisodeId("c1-1"),
        "subject": "A customer needs help",
        "requester": CUSTOMER,
        "note_html": "<p>canary-text &#123;&#123;ticket.id&#125;&#125;</p>",
        "fields": TicketFields(),
    }
    return TicketDraft(**facts | other)


def comment_draft(ticket: int, **other: Any) -> CommentDraft:
    facts: dict[str, Any] = {
        "key": "c1.7",
        "ticket": TicketId(str(ticket)),
        "html": "<p>canary-text</p>",
        "public": True,
    }
    return CommentDraft(**facts | other)
