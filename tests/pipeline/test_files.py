"""A34: a customer's files stand in one comment, whenever the process dies or a provider fails."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from connector.channels.base import InboundMessage
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId
from connector.domain.tickets import CommentDraft
from connector.errors import Rejected, Transient
from connector.pipeline import receive
from connector.storage.engine import Database
from tests.pipeline.rig import CHANNEL, Crash, FakeChannel, FakeDesk, Rig
from tests.pipeline.test_story import ONE, PLEA, failing

GOOD, BAD = Media("https://p/good", "image/png"), Media("https://p/bad", "image/png")


@dataclass
class WithFiles(FakeChannel):
    def fetch(self, media: Media, name: str) -> File:
        self.doing("fetch", lambda: None)
        if media.url == BAD.url:
            raise Rejected("too large", meaning="it is larger than 25 MB")
        return File(f"{name}.png", "image/png", b"x")


@dataclass
class TakingFiles(FakeDesk):
    uploads: list[str] = field(default_factory=list)

    def upload(self, file: File) -> str:
        token = f"t{len(self.uploads) + 1}"
        self.doing("upload", lambda: self.uploads.append(token))
        return token


def handed_over(db: Database) -> Rig:
    rig = Rig(db, channel=WithFiles(), desk=TakingFiles())
    rig.texts_in(PLEA)
    rig.passes(1)
    return rig


def sends(rig: Rig, text: str, *media: Media) -> None:
    rig.texts += 1
    name = ExternalId(f"SM{rig.texts}")
    said = InboundMessage(name, Address("+15550123"), text, raw={}, media=media)
    receive.from_channel(rig.parts, CHANNEL, [said])


def written(rig: Rig, *, public: bool) -> list[CommentDraft]:
    """What stands in the ticket behind the transcript."""
    drafts = [d for _, d in rig.desk.tickets[ONE].comments if d is not None]
    return [d for d in drafts if d.public is public and "Transcript" not in d.html]


def is_right(rig: Rig) -> None:
    comments, notes = written(rig, public=True), written(rig, public=False)
    assert [len(d.files) for d in comments] in ([1, 0], [1])  # after a failure they go together
    assert re.findall("see here|and then", "".join(d.html for d in comments)) == [
        "see here", "and then",
    ]  # fmt: skip
    assert [d.html.count("<li>") for d in notes] == [1]
    assert "message-3-2 (image/png): it is larger than 25 MB" in notes[0].html


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["fetch", "upload", "add_comment"])
def test_killed_anywhere_the_files_stand_once_and_the_note_too(
    db: Database, operation: str, when: str
) -> None:
    rig = handed_over(db)
    sends(rig, "see here", GOOD, BAD)
    sends(rig, "and then")
    rig.hook(failing(operation, Crash(), when=when))  # type: ignore[arg-type]
    with pytest.raises(Crash):
        rig.passes(60)
    rig.passes(60)
    is_right(rig)


@pytest.mark.parametrize("operation", ["fetch", "upload", "add_comment"])
def test_what_fails_for_a_while_is_tried_again(db: Database, operation: str) -> None:
    rig = handed_over(db)
    rig.hook(failing(operation, Transient("503", status=503), times=3))  # type: ignore[arg-type]
    sends(rig, "see here", GOOD, BAD)
    rig.passes(1)
    assert written(rig, public=True) == []
    rig.passes(60)
    sends(rig, "and then")
    rig.passes(60)
    is_right(rig)


def test_a_channel_that_hands_nothing_out_does_not_count_against_the_helpdesk(
    db: Database,
) -> None:
    """Its circuit would keep everybody's comments back."""
    rig = handed_over(db)
    rig.hook(failing("fetch", Transient("503", status=503), times=100))  # type: ignore[arg-type]
    for number in range(8):
        sends(rig, f"{number}", GOOD)
    rig.passes(60)
    assert sum(d.html.count("<p>") for d in written(rig, public=True)) == 8
    assert sum(d.html.count("<li>") for d in written(rig, public=False)) == 8
    assert "could not be fetched" in written(rig, public=False)[0].html


def test_uploads_that_are_too_old_are_made_again(db: Database) -> None:
    """Zendesk keeps them for an hour; the helpdesk may be out for longer."""
    rig = handed_over(db)
    desk = rig.desk
    assert isinstance(desk, TakingFiles)
    rig.hook(failing("add_comment", Transient("503", status=503), times=30))  # type: ignore[arg-type]
    sends(rig, "see here", GOOD)
    rig.passes(timedelta(minutes=30).total_seconds())
    assert desk.uploads == ["t1"]
    rig.passes(timedelta(hours=3).total_seconds())
    (comment,) = written(rig, public=True)
    assert comment.files == (desk.uploads[-1],)
    assert len(desk.uploads) > 1


def test_a_helpdesk_that_refuses_a_file_gets_the_words(db: Database) -> None:
    rig = handed_over(db)
    refusal = Rejected("422", meaning="Zendesk refused it: AttachmentUnprocessable")
    rig.hook(failing("upload", refusal))  # type: ignore[arg-type]
    sends(rig, "see here", GOOD)
    rig.passes(1)
    assert [d.files for d in written(rig, public=True)] == [()]
    assert "AttachmentUnprocessable" in written(rig, public=False)[0].html


def test_a_channel_without_a_way_for_files(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    sends(rig, "see here", GOOD)
    rig.passes(1)
    assert rig.desk.customer_texts(ONE) == ["see here<br>[image/png: message-3-1]"]
    assert "files are not passed on" in written(rig, public=False)[0].html


def test_a_files_words_stand_in_the_transcript_with_the_file(db: Database) -> None:
    rig = Rig(db, channel=WithFiles(), desk=TakingFiles())
    sends(rig, "look", GOOD)
    rig.passes(2)
    rig.texts_in(PLEA)
    rig.passes(1)
    (transcript,) = [d for _, d in rig.desk.tickets[ONE].comments if d and "Transcript" in d.html]
    assert transcript.files == ("t1",)
    assert "[image/png: message-1-1]" in transcript.html
