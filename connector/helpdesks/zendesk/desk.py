"""One Zendesk account behind the helpdesk's verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.channels.base import WebhookRequest
from connector.domain.files import File
from connector.domain.ids import ExternalId, TicketId
from connector.domain.limits import Limit
from connector.domain.tickets import Changes, CommentDraft, Cursor, OpenedTicket, TicketDraft
from connector.helpdesks.base import Blotted, History, StoredFile
from connector.helpdesks.zendesk import (
    comments,
    files,
    inspection,
    limits,
    news,
    pieces,
    redaction,
    tickets,
    uploads,
    webhooks,
)
from connector.helpdesks.zendesk.admin import Admin
from connector.helpdesks.zendesk.client import Client
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.upkeep import Check, Piece, Site


class Zendesk:
    """A `Helpdesk` that can be asked for news; safe to be called by several threads at once."""

    def __init__(self, config: ZendeskConfig) -> None:
        self._config = config
        self._client = Client(config)
        self._files = files.fetcher(config, self._client)

    def verify(self, request: WebhookRequest) -> None:
        webhooks.verify(request, self._config.webhook_secrets, self._config.now())

    def parse(self, request: WebhookRequest) -> Sequence[TicketId]:
        return webhooks.parse(request)

    def delivery_id(self, request: WebhookRequest) -> str:
        return webhooks.delivery_id(request)

    def open_ticket(self, draft: TicketDraft) -> OpenedTicket:
        return tickets.open_ticket(self._client, draft)

    def find_ticket(self, draft: TicketDraft) -> OpenedTicket | None:
        return tickets.find_ticket(self._client, draft)

    def upload(self, file: File) -> str:
        return uploads.upload(self._client, file)

    def add_comment(self, draft: CommentDraft) -> ExternalId:
        return tickets.add_comment(self._client, draft)

    def comment_limits(self, draft: CommentDraft) -> Sequence[Limit]:
        return limits.of_comment(draft)

    def find_comment(self, draft: CommentDraft) -> ExternalId | None:
        return tickets.find_comment(self._client, draft)

    def remove_tags(self, ticket: TicketId, tags: Sequence[str]) -> None:
        tickets.remove_tags(self._client, ticket, tags)

    def redact(
        self,
        ticket: TicketId,
        comments: Sequence[ExternalId],
        fields: Sequence[str],
        *,
        person: bool,
    ) -> Blotted:
        return redaction.redact(self._client, ticket, comments, fields, person=person)

    def changes(self, ticket: TicketId, after: Cursor) -> Changes:
        return comments.changes(self._client, self._config, ticket, after)

    def file(self, attachment: ExternalId) -> StoredFile:
        return files.stored(self._client, self._files, attachment)

    def last_changes(self, tickets: Sequence[TicketId]) -> Mapping[TicketId, str]:
        return news.last_changes(self._client, tickets)

    def history(self, since: datetime) -> History:
        return news.history(self._client, since, self._config.now)

    def pieces(self, site: Site) -> Sequence[Piece]:
        return pieces.pieces(self._admin(), site)

    def checks(self, site: Site) -> Sequence[Check]:
        return inspection.checks(self._config, self._admin(), site)

    def new_secret(self, site: Site) -> str | None:
        return inspection.new_secret(self._config, self._admin(), site)

    def _admin(self) -> Admin:
        return Admin(self._config, self._client.credentials)
