"""Rows: an agent's files, and comments that are taken back after they were sent (A41, A44)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from connector.domain import events as e
from connector.domain.conversation import Delivery
from connector.domain.effects import Cancel, SendText
from connector.domain.ids import ExternalId
from connector.domain.media import MediaLimits
from connector.domain.tickets import Attachment, TakenBack
from tests.domain.decide.given import POLICY, Story

MB = 1_000_000
LIMITS = MediaLimits((("image/*", 2 * MB),), files=3, total=3 * MB)


def link(attachment: ExternalId, at: datetime) -> str:
    return f"https://c/{attachment}"


SHOWS = replace(POLICY, media=lambda _: LIMITS, link=link)
TEXT_ONLY = replace(POLICY, link=link)


def file(name: str, size: int = MB, kind: str = "image/png", refused: str = "") -> Attachment:
    return Attachment(ExternalId(name), name, kind, size, refused)


def sends(story: Story) -> list[tuple[str, list[str]]]:
    return [(x.text, [m.name for m in x.media]) for x in story.calls() if isinstance(x, SendText)]


@pytest.mark.parametrize(
    ("policy", "text", "files", "expected"),
    [
        (SHOWS, "Here", ("a",), [("Ana: Here", []), ("", ["a"])]),
        (SHOWS, "", ("a",), [("Ana: a", []), ("", ["a"])]),
        (SHOWS, "Here", tuple("abcd"), [("Ana: Here", []), ("", ["a", "b", "c"]), ("", ["d"])]),
        (TEXT_ONLY, "Here", ("a", "b"), [("Ana: Here\n\na: https://c/a\nb: https://c/b", [])]),
        (TEXT_ONLY, "", ("a",), [("Ana: a: https://c/a", [])]),
        (POLICY, "Here", ("a",), [("Ana: Here", [])]),
        (POLICY, "", ("a",), []),
    ],
)
def test_a41_media_or_a_link_or_neither(
    policy: object, text: str, files: tuple[str, ...], expected: list[object]
) -> None:
    story = replace(Story().with_agent(), policy=policy)  # type: ignore[arg-type]
    story.reads(story.comment(text, attachments=tuple(file(n) for n in files)))
    assert sends(story) == expected
    assert len(story.notes()) == (policy is POLICY)  # the agent is told of what did not go


@pytest.mark.parametrize(
    ("attachment", "sent", "noted"),
    [
        (file("big", 3 * MB), "big: https://c/big", ""),
        (file("sheet", kind="text/csv"), "sheet: https://c/sheet", ""),
        (file("huge", 26 * 1024 * 1024), "", "larger than 25 MB"),
        (file("bad", refused="Zendesk found malware in it"), "", "malware"),
        (file("<b>{{x}}", refused="no"), "", "&lt;b&gt;&#123;&#123;x"),
    ],
)
def test_a41_by_size_kind_and_scan(attachment: Attachment, sent: str, noted: str) -> None:
    story = replace(Story().with_agent(), policy=SHOWS)
    story.reads(story.comment("Here", attachments=(attachment,)))
    assert sends(story) == [("Ana: Here" + (f"\n\n{sent}" if sent else ""), [])]
    assert [noted in n for n in story.notes()] == ([True] if noted else [])


def test_a41_thirty_files_are_ten_pictures_and_twenty_links() -> None:
    story = replace(Story().with_agent(), policy=SHOWS)
    story.reads(story.comment("All", attachments=tuple(file(f"p{n}", 10) for n in range(30))))
    (words, none), *pictures = sends(story)
    assert none == []
    assert [n for _, names in pictures for n in names] == [f"p{n}" for n in range(10)]
    assert words.count("https://c/") == 20


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (TakenBack(ExternalId("C1"), True, 0), "made internal"),
        (TakenBack(ExternalId("C1"), False, 4), "redacted"),
        (TakenBack(ExternalId("C9"), True, 0), ""),
        (TakenBack(ExternalId("C1"), False, 0), ""),
    ],
)
def test_a44_taken_back_after_it_was_sent_is_noted_once(now: TakenBack, words: str) -> None:
    story = Story().with_agent()
    story.reads(story.comment("Your code is 4711"))
    sent = story.conversation.messages[-1]
    story.happens(e.MessageSent(story.at, sent.id, ExternalId("SMa")))
    story.reads(taken_back=(now,))
    assert [words in n and "already left" in n for n in story.notes()] == ([True] if words else [])
    assert not any(isinstance(x, Cancel) for x in (story.last.effects if story.last else ()))
    story.reads(taken_back=(now,))
    assert story.notes() == []


def test_a44_what_still_waits_is_withdrawn() -> None:
    story = Story().with_agent()
    story.reads(story.comment("Your code is 4711"))
    waiting = story.conversation.messages[-1]
    story.reads(taken_back=(TakenBack(ExternalId("C1"), False, 4),))
    assert story.last is not None
    (cancel,) = [x for x in story.last.effects if isinstance(x, Cancel)]
    assert cancel.keys == (f"{waiting.id}:send",)
    kept = story.conversation.find(waiting.id)
    assert kept is not None
    assert kept.delivery is Delivery.CANCELLED
    (note,) = story.notes()
    assert "withdrawn" in note
