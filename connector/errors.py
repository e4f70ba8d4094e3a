"""Every error that crosses a wall of the house, drawn as a tree.

ConnectorError
├── WebhookError                what an endpoint answers a caller (carries `status`)
│   ├── BadSignature            401  not signed by the provider
│   ├── MalformedPayload        400  signed, but not what the provider documents
│   ├── UnknownEndpoint         404  no such channel, helpdesk or number
│   ├── TooLarge                413  over the size limit
│   └── UnsupportedEvent        200  understood, and nothing to do (logged)
├── ProviderError               what a call to a provider came to
│   ├── Transient               it did not happen; it may if repeated (`retry_after`)
│   ├── Rejected                it did not happen and never will (`code`, `meaning`)
│   └── Uncertain               nobody knows whether it happened: ask before repeating
├── StorageError                the database can't be used
│   ├── StorageUnavailable      gone, locked or full: answer 503, try again later
│   ├── StaleConversation       another worker saved this conversation first
│   ├── SchemaMismatch          the schema is newer than this program, or behind it
│   └── DatabaseInUse           another process runs on this SQLite file
└── StartError                  the program can't start; the text is for a person

Provider errors carry ids and codes, never a secret and never a message text, so that they can be
logged and stored as they are.
"""

from __future__ import annotations

from datetime import timedelta


class ConnectorError(Exception):
    """The root: `except ConnectorError` catches whatever this program raises on purpose."""


class WebhookError(ConnectorError):
    status = 400


class BadSignature(WebhookError):
    status = 401


class MalformedPayload(WebhookError):
    status = 400


class UnknownEndpoint(WebhookError):
    status = 404


class TooLarge(WebhookError):
    status = 413


class UnsupportedEvent(WebhookError):
    status = 200


class ProviderError(ConnectorError):
    """A call to `provider` for `operation` did not plainly succeed."""

    # What a model used all the same: input, output, cache writes, cache reads.
    tokens: tuple[int, int, int, int] | None = None

    def __init__(
        self,
        reason: str,
        *,
        provider: str = "",
        operation: str = "",
        status: int | None = None,
        code: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.provider = provider
        self.operation = operation
        self.status = status
        self.code = code


class Transient(ProviderError):
    """It certainly did not happen; repeat after `retry_after`, or after a wait of one's own."""

    def __init__(
        self,
        reason: str,
        *,
        retry_after: timedelta | None = None,
        provider: str = "",
        operation: str = "",
        status: int | None = None,
        code: str = "",
    ) -> None:
        super().__init__(reason, provider=provider, operation=operation, status=status, code=code)
        self.retry_after = retry_after


class Rejected(ProviderError):
    """The provider refused for good; `meaning` says why in words an agent understands."""

    fields: frozenset[str] = frozenset()  # what it would not have, by the provider's own names

    def __init__(
        self,
        reason: str,
        *,
        meaning: str = "",
        provider: str = "",
        operation: str = "",
        status: int | None = None,
        code: str = "",
    ) -> None:
        super().__init__(reason, provider=provider, operation=operation, status=status, code=code)
        self.meaning = meaning or reason


class Uncertain(ProviderError):
    """The answer was lost after the request may have been taken."""


class StorageError(ConnectorError):
    pass


class StorageUnavailable(StorageError):
    pass


class StaleConversation(StorageError):
    pass


class SchemaMismatch(StorageError):
    pass


class DatabaseInUse(StorageError):
    pass


class StartError(ConnectorError):
    pass
