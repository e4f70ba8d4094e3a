"""GET /media/<token>: only the file that the token names, for a while, and never run by a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO

import pytest
from flask.testing import FlaskClient

from connector.domain.ids import ExternalId
from connector.errors import ProviderError, Rejected, Transient
from connector.helpdesks.base import StoredFile
from connector.links import BadToken, ExpiredToken, Links
from connector.storage.engine import Database
from connector.web.app import Web, create_app
from tests.domain.decide.given import T0
from tests.pipeline.rig import FakeDesk, Rig

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
LIFE = timedelta(hours=1)
SECRETS = {"main": ["new-secret", "old-secret"], "other": ["another"]}
LINKS = Links(SECRETS, {"main": LIFE, "other": LIFE})


@dataclass
class FilingDesk(FakeDesk):
    stored: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    failure: ProviderError | None = None

    def file(self, attachment: ExternalId) -> StoredFile:
        if self.failure is not None:
            raise self.failure
        name, kind, data = self.stored[attachment]

        def save(into: IO[bytes]) -> int:
            return into.write(data)

        return StoredFile(name, kind, len(data), save)


@pytest.fixture
def desk() -> FilingDesk:
    return FilingDesk(stored={"7": ("map.png", "image/png", PNG)})


@pytest.fixture
def client(db: Database, desk: FilingDesk) -> FlaskClient:
    rig = Rig(db, desk=desk)
    return create_app(Web(rig.parts, "https://c.example", dict, LINKS)).test_client()


def token(attachment: str = "7", helpdesk: str = "main", age: timedelta = timedelta(0)) -> str:
    return LINKS.token(helpdesk, ExternalId(attachment), T0 - age)


def test_a41_a_picture_is_shown_as_what_it_is(client: FlaskClient) -> None:
    answer = client.get(f"/media/{token()}", buffered=True)
    assert (answer.status_code, answer.data) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(PNG))
    assert answer.headers["Content-Disposition"].startswith('inline; filename="map.png"')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    head = client.head(f"/media/{token()}", buffered=True)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(PNG))


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("page.html", "text/html", b"<script>alert(1)</script>"),
        ("page.png", "image/png", b"<html><script>alert(1)</script></html>"),
        ("pic.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"),
        ('a"\r\nSet-Cookie: x=1\r\n.bin', "x/y\r\nX: y", b"bytes"),
        ("../../etc/\u202epasswd", "application/x-sh", b"#!/bin/sh"),
    ],
)
def test_nothing_that_could_run_is_shown(
    client: FlaskClient, desk: FilingDesk, name: str, kind: str, data: bytes
) -> None:
    desk.stored["8"] = (name, kind, data)
    answer = client.get(f"/media/{token('8')}", buffered=True)
    assert (answer.status_code, answer.data) == (200, data)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "Set-Cookie" not in answer.headers
    assert "/" not in answer.headers["Content-Disposition"]


def test_a_bad_token_is_404_and_an_old_one_410(client: FlaskClient) -> None:
    assert client.get(f"/media/{token(age=LIFE)}", buffered=True).status_code == 410
    assert (
        client.get(f"/media/{token(age=LIFE - timedelta(seconds=2))}", buffered=True).status_code
        == 200
    )
    good = token()
    broken = [good[:-1], good + "A", good[1:], "x", "." * 300, "A" * 5000, good.replace(".", "")]
    foreign = Links({"main": ["guessed"]}, {"main": LIFE}).token("main", ExternalId("7"), T0)
    for each in (*broken, foreign):
        assert client.get(f"/media/{each}", buffered=True).status_code == 404, each[:80]


def test_each_flipped_character_fails() -> None:
    good = token()
    for place, character in enumerate(good[:-1]):  # the last one holds spare bits
        other = "A" if character != "A" else "B"
        with pytest.raises(BadToken):
            LINKS.read(good[:place] + other + good[place + 1 :], T0)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Rejected("gone", code="gone", meaning="m", provider="p", operation="o"), 404),
        (Transient("down", provider="p", operation="o"), 503),
    ],
)
def test_a_file_that_is_gone_and_a_helpdesk_that_is_down(
    client: FlaskClient, desk: FilingDesk, failure: ProviderError, status: int
) -> None:
    desk.failure = failure
    answer = client.get(f"/media/{token()}", buffered=True)
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_keys_follow_from_the_configuration_and_rotate_with_it() -> None:
    again = Links(SECRETS, {"main": LIFE, "other": LIFE})
    assert again.token("main", ExternalId("7"), T0) == token()
    before = Links({"main": ["old-secret"]}, {"main": LIFE}).token("main", ExternalId("7"), T0)
    assert again.read(before, T0).attachment == "7"
    assert before != token()
    after = Links({"main": ["newest", "new-secret"]}, {"main": LIFE})
    assert after.read(token(), T0).attachment == "7"
    with pytest.raises(BadToken):
        after.read(before, T0)
    with pytest.raises(ExpiredToken):
        again.read(token(), T0 + LIFE)


def test_one_helpdesks_token_opens_no_other_ones_file(client: FlaskClient) -> None:
    assert client.get(f"/media/{token(helpdesk='other')}", buffered=True).status_code == 404
