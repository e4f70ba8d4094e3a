"""What a customer attached, into the helpdesk, before the comment that it belongs to.

A file that can't be had does not hold the words back: the comment goes without it, and the ticket
says why. What was found is written down with the call, so that a second try, or a look-up after a
crash, knows it too. A file that is uploaded twice does no harm; it stands in one comment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connector.channels.base import FetchesMedia
from connector.domain.conversation import Media
from connector.domain.effects import AddComment
from connector.errors import ProviderError, Rejected
from connector.helpdesks.base import TakesFiles
from connector.pipeline.parts import ChannelParts, Parts
from connector.storage import outbox
from connector.storage.outbox import Row

FETCHES = 4  # about ten seconds: then the words go without it
# What waited behind others that could not be had has waited long enough.
PATIENCE, FETCHES_AT_LEAST = timedelta(seconds=30), 2
# Zendesk's documentation: an upload's token is good for an hour.
KEPT = timedelta(minutes=45)


class NotFetched(Exception):
    """The channel's provider does not hand a file out now; of the helpdesk it says nothing."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.reason)
        self.error = error


def bring(parts: Parts, channel: ChannelParts, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows with their files uploaded. Raise NotFetched, or what the helpdesk's answer means."""
    found: list[Row] = []
    failure: NotFetched | None = None
    # All are tried before it is given up for now: else each would hold the others back in its turn.
    for row in rows:
        try:
            found.append(_brought(parts, channel, row))
        except NotFetched as error:
            failure = error
    if failure is not None:
        raise failure
    return tuple(found)


def _brought(parts: Parts, channel: ChannelParts, row: Row) -> Row:
    call = row.call
    if not isinstance(call, AddComment) or not call.media or _has_them(parts, call):
        return row
    files: list[str] = []
    missing: list[str] = []
    for media in call.media:
        try:
            files.append(_upload(parts, channel, media))
        except Rejected as refused:
            missing.append(f"{_named(media)}: {refused.meaning}")
        except NotFetched as failure:
            failures = call.fetch_failures + 1
            waited = parts.now() - row.created_at > PATIENCE and failures >= FETCHES_AT_LEAST
            if failures < FETCHES and not waited:
                _keep(parts, row, replace(call, fetch_failures=failures))
                raise
            missing.append(f"{_named(media)}: it could not be fetched ({failure})")
    draft = replace(call.draft, files=tuple(files))
    call = replace(call, draft=draft, brought_at=parts.now(), missing=tuple(missing))
    return _keep(parts, row, call)


def _has_them(parts: Parts, call: AddComment) -> bool:
    return call.brought_at is not None and parts.now() - call.brought_at < KEPT


def _keep(parts: Parts, row: Row, call: AddComment) -> Row:
    parts.db.write(lambda c: outbox.rewrite(c, row, call))
    return replace(row, call=call)


def _upload(parts: Parts, channel: ChannelParts, media: Media) -> str:
    adapter, desk = channel.adapter, parts.helpdesks[channel.helpdesk]
    if not isinstance(adapter, FetchesMedia) or not isinstance(desk, TakesFiles):
        raise Rejected("no way for files", meaning="files are not passed on from this channel")
    try:
        file = adapter.fetch(media, media.name)
    except Rejected:
        raise
    except ProviderError as error:
        raise NotFetched(error) from error
    return desk.upload(file)


def _named(media: Media) -> str:
    return f"{media.name} ({media.content_type})" if media.content_type else media.name
