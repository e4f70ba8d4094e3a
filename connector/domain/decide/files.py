"""An agent's files on their way to the customer: as media, else as a link, else not, and said so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.domain.conversation import Conversation, Media
from connector.domain.files import MAX_FILE
from connector.domain.media import MediaLimits
from connector.domain.policy import Policy
from connector.domain.text import shorten
from connector.domain.tickets import Attachment
from connector.domain.transcript import escape

# What is more than this comes as links: thirty pictures in a row bury what was said.
MOST_MEDIA = 10
NAME = 60  # characters of a file's name
LARGE = f"it is larger than {MAX_FILE // (1024 * 1024)} MB"
NO_LINK = "this channel can't show such a file"


@dataclass(frozen=True)
class Parcel:
    media: tuple[tuple[Media, ...], ...]  # one a message, in order
    links: tuple[str, ...]  # a line each
    left: tuple[tuple[Attachment, str], ...]  # what the customer does not get, and why


def pack(
    attachments: Sequence[Attachment], conversation: Conversation, at: datetime, policy: Policy
) -> Parcel:
    limits = policy.media(conversation.address)
    shown: list[tuple[Attachment, Media]] = []
    links, left = list[str](), list[tuple[Attachment, str]]()
    for each in attachments:
        why = each.refused or (LARGE if each.size > MAX_FILE else "")
        url = "" if why else policy.link(each.id, at)
        name = shorten(each.name, NAME) or "file"
        if not url:
            left.append((each, why or NO_LINK))
        elif limits and len(shown) < MOST_MEDIA and limits.takes(each.content_type, each.size):
            shown.append((each, Media(url, each.content_type, name)))
        else:
            links.append(f"{name}: {url}")
    messages = tuple(_messages(shown, limits)) if limits else ()
    return Parcel(messages, tuple(links), tuple(left))


def _messages(
    shown: Sequence[tuple[Attachment, Media]], limits: MediaLimits
) -> Iterator[tuple[Media, ...]]:
    """As many in a message as it takes, order kept."""
    together: list[Media] = []
    size = 0
    for attachment, media in shown:
        if together and (len(together) == limits.files or size + attachment.size > limits.total):
            yield tuple(together)
            together, size = [], 0
        together.append(media)
        size += attachment.size
    if together:
        yield tuple(together)


def left_html(left: Sequence[tuple[Attachment, str]]) -> str:
    """For the agent, who thinks that the customer has them."""
    rows = "".join(
        f"<li>{escape(shorten(each.name, NAME) or 'file')}: {escape(why)}</li>"
        for each, why in left
    )
    return f"<p><b>The customer did not get these files:</b></p><ul>{rows}</ul>"
