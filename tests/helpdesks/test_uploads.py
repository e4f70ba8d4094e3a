"""A34: files go up as they are, and into one comment."""

from __future__ import annotations

import pytest

from connector.domain.files import File
from connector.errors import Rejected, Transient
from connector.helpdesks.base import TakesFiles
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import comment_draft
from tests.helpdesks.fake import Fake, Fault

PATH = r"^/api/v2/uploads\.json$"
PHOTO = File("photo & more=1#x.png", "image/png", b"\x89PNG\r\n\x1a\n\x00\xff")


def test_a_file_arrives_byte_by_byte_under_its_name(desk: Zendesk, fake: Fake) -> None:
    """zenpy encodes no query: a name with & or # would lose its end."""
    assert isinstance(desk, TakesFiles)
    token = desk.upload(PHOTO)
    assert fake.uploads[token] == (PHOTO.name, PHOTO.content_type, PHOTO.data)


def test_uploads_are_named_in_the_comment(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket()
    files = (desk.upload(PHOTO), desk.upload(PHOTO))
    desk.add_comment(comment_draft(ticket, files=files))
    (sent,) = fake.calls("PUT", r"/tickets/")
    assert sent.body["ticket"]["comment"]["uploads"] == list(files)
    desk.add_comment(comment_draft(ticket))
    assert "uploads" not in fake.calls("PUT", r"/tickets/")[1].body["ticket"]["comment"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("POST", PATH, status=422, body={"error": "AttachmentUnprocessable"}), Rejected),
        (Fault("POST", PATH, status=413), Rejected),
        (Fault("POST", PATH, status=429, headers={"Retry-After": "7"}), Transient),
        (Fault("POST", PATH, status=500), Transient),  # uploading twice does no harm
        (Fault("POST", PATH, reset="after"), Transient),
        (Fault("POST", PATH, status=201, body={"upload": {}}), Transient),
    ],
    ids=lambda x: x.__name__ if isinstance(x, type) else str(x.status),
)
def test_what_goes_wrong(desk: Zendesk, fake: Fake, fault: Fault, error: type[Exception]) -> None:
    fake.faults.append(fault)
    with pytest.raises(error):
        desk.upload(PHOTO)
