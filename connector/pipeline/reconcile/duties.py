"""Which duties there are: a list that follows from what is configured and what providers can do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from connector.channels.base import ListsReceived
from connector.helpdesks.base import TellsHistory, TellsLastChange
from connector.pipeline.parts import Parts
from connector.pipeline.reconcile import history, received, tickets
from connector.pipeline.reconcile.ticker import Duty

EVERY = timedelta(seconds=60)
# Of poll_every: what is written right after a look is then delivered in time, reading and sending
# it included.
POLL_SHARE = 0.8


def duties(
    parts: Parts, poll_every: Mapping[str, timedelta], every: timedelta = EVERY
) -> list[Duty]:
    """`poll_every` is each helpdesk's own."""
    polled = [
        Duty(
            f"tickets:{name}",
            poll_every[name] * POLL_SHARE,
            partial(tickets.poll, parts, name, desk),
            at_start=True,
        )
        for name, desk in parts.helpdesks.items()
        if isinstance(desk, TellsLastChange)
    ]
    caught_up = [
        Duty(f"history:{name}", every, partial(history.catch_up, parts, name, desk))
        for name, desk in parts.helpdesks.items()
        if isinstance(desk, TellsHistory)
    ]
    listed = [
        Duty(
            f"received:{name}",
            every,
            partial(received.catch_up, parts, name, channel.adapter),
            at_start=True,
        )
        for name, channel in parts.channels.items()
        if isinstance(channel.adapter, ListsReceived)
    ]
    return [*polled, *caught_up, *listed]
