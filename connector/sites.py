"""What the configuration says of each account: where it should call us, and what tickets use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.bots.base import Bot
from connector.settings import Settings
from connector.upkeep import Site


@dataclass(frozen=True)
class Account:
    """One helpdesk, channel or bot; what it can be asked for, its adapter says (see `upkeep`)."""

    kind: str  # helpdesk | channel | bot
    site: Site
    adapter: object

    close: Callable[[], None] = lambda: None

    @property
    def called(self) -> str:
        return f"{self.kind} {self.site.name}"


def accounts(
    settings: Settings,
    helpdesks: Mapping[str, object],
    channels: Mapping[str, object],
    bots: Mapping[str, Bot],
) -> list[Account]:
    """In the order in which one would set them up."""
    return [
        *(Account("helpdesk", helpdesk(settings, n), each) for n, each in helpdesks.items()),
        *(Account("channel", channel(settings, n), each) for n, each in channels.items()),
        *(Account("bot", Site(n, ""), each, each.close) for n, each in bots.items()),
    ]


def channel(settings: Settings, name: str) -> Site:
    return Site(name, f"{settings.public_url.rstrip('/')}/webhooks/channels/{name}")


def helpdesk(settings: Settings, name: str) -> Site:
    given = settings.helpdesks[name]
    used = [c.ticket for c in settings.channels.values() if c.helpdesk == name]
    # One that is worked out for each ticket can't be looked up beforehand.
    ids: dict[str, set[int]] = {
        "group": {t.group for t in used if isinstance(t.group, int)},
        "brand": {t.brand for t in used if isinstance(t.brand, int)},
        "form": {t.form for t in used if isinstance(t.form, int)},
        "field": {int(number) for t in used for number in t.fields},
    }
    return Site(
        name,
        f"{settings.public_url.rstrip('/')}/webhooks/helpdesks/{name}",
        tags={
            "hand back": given.hand_back_tag,
            "pause": given.pause_tag,
            "resend": given.resend_tag,
        },
        ids={kind: tuple(sorted(found)) for kind, found in ids.items()},
    )
