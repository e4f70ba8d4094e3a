"""What every helpdesk promises about the webhooks that it is sent."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.channels.base import WebhookRequest
from connector.errors import BadSignature, MalformedPayload
from connector.helpdesks.base import Helpdesk
from connector.helpdesks.registry import HELPDESKS
from connector.helpdesks.zendesk.config import ApiToken, ZendeskConfig

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OLD, NEW = "the old secret", "the new secret"
URL = "https://connector.example.com/webhooks/helpdesks/main"
EVENT = {
    "type": "zen:event-type:ticket.comment_added",
    "subject": "zen:ticket:5158",
    "detail": {"id": "5158", "status": "SOLVED", "description": "not to be trusted"},
    "event": {"comment": {"body": "not to be trusted", "is_public": True}},
}


@dataclass(frozen=True)
class Kind:
    """A kind of helpdesk as its webhooks look, and which tickets each body names."""

    desk: Helpdesk
    good: tuple[tuple[Any, tuple[str, ...]], ...]
    bad: tuple[Any, ...]

    def signed(self, body: bytes, secret: str = NEW, at: datetime = NOW) -> WebhookRequest:
        stamp = at.isoformat().replace("+00:00", "Z")
        digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
        headers = {
            "x-zendesk-webhook-signature": b64encode(digest).decode(),
            "x-zendesk-webhook-signature-timestamp": stamp,
            "x-zendesk-webhook-invocation-id": "01J",
        }
        return WebhookRequest("POST", URL, headers, "", body)


def zendesk() -> Kind:
    config = ZendeskConfig(
        "main", "acme", api_token=ApiToken("a", "b"), webhook_secrets=(NEW, OLD), now=lambda: NOW
    )
    good = (
        ({"ticket_id": "12"}, ("12",)),
        ({"ticket_id": 12}, ("12",)),
        (EVENT, ("5158",)),
        ({"type": EVENT["type"], "subject": "zen:ticket:7"}, ("7",)),
    )
    bad: tuple[Any, ...] = (
        {},
        [],
        None,
        {"ticket_id": None},
        {"ticket_id": True},
        {"ticket_id": 1.5},
        {"ticket_id": -1},
        {"ticket_id": "12/comments"},
        {"ticket_id": "1" * 30},
        {"ticket_id": "\u0661\u0662"},
        {"ticket_id": ["12"]},
        EVENT | {"type": "zen:event-type:user.created"},
        EVENT | {"type": None},
        EVENT | {"subject": "zen:ticket:1"},
        {"type": EVENT["type"], "detail": {}},
    )
    return Kind(HELPDESKS["zendesk"](config), good, bad)


KINDS = {"zendesk": zendesk()}
every = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def test_every_kind_is_here() -> None:
    assert KINDS.keys() == HELPDESKS.keys()


@every
@pytest.mark.parametrize("secret", [OLD, NEW])
def test_each_secret_verifies_while_they_overlap(kind: Kind, secret: str) -> None:
    """A57."""
    kind.desk.verify(kind.signed(b'{"ticket_id":"12"}', secret))


@every
def test_any_other_secret_is_refused(kind: Kind) -> None:
    for secret in ("", "another", OLD + "x"):
        with pytest.raises(BadSignature):
            kind.desk.verify(kind.signed(b"{}", secret))


@every
@given(st.data())
def test_a_changed_byte_is_refused(kind: Kind, data: st.DataObject) -> None:
    request = kind.signed(json.dumps(EVENT).encode())
    place = data.draw(st.integers(0, len(request.body) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    body = bytearray(request.body)
    body[place] ^= bit
    with pytest.raises(BadSignature):
        kind.desk.verify(replace(request, body=bytes(body)))


@every
@pytest.mark.parametrize("header", ["signature", "signature-timestamp"])
@given(value=st.text(max_size=60))
def test_a_changed_header_is_refused(kind: Kind, header: str, value: str) -> None:
    request = kind.signed(b"{}")
    name = f"x-zendesk-webhook-{header}"
    if value == request.headers[name]:
        return
    for headers in (
        {**request.headers, name: value},
        {n: v for n, v in request.headers.items() if n != name},
    ):
        with pytest.raises(BadSignature):
            kind.desk.verify(replace(request, headers=headers))


@every
@pytest.mark.parametrize(("seconds", "passes"), [(0, True), (300, True), (-300, True), (301, False),
                                                 (-301, False), (86_400, False)])  # fmt: skip
def test_an_old_signature_is_refused(kind: Kind, seconds: int, passes: bool) -> None:
    request = kind.signed(b"{}", at=NOW - timedelta(seconds=seconds))
    if passes:
        kind.desk.verify(request)
        return
    with pytest.raises(BadSignature):
        kind.desk.verify(request)


@every
def test_a_body_names_its_ticket_and_nothing_else_is_taken(kind: Kind) -> None:
    for body, tickets in kind.good:
        request = kind.signed(json.dumps(body).encode())
        assert tuple(kind.desk.parse(request)) == tickets


@every
def test_any_other_body_is_malformed(kind: Kind) -> None:
    raws = [json.dumps(body).encode() for body in kind.bad]
    for raw in [
        *raws,
        b"",
        b"{",
        b"\xff\xfe",
        b'{"ticket_id":' + b"9" * 5000 + b"}",
        b"[" * 50_000,
    ]:
        with pytest.raises(MalformedPayload):
            kind.desk.parse(kind.signed(raw))


@every
@given(st.binary(max_size=200))
def test_no_body_breaks_the_reading(kind: Kind, body: bytes) -> None:
    try:
        kind.desk.parse(kind.signed(body))
    except MalformedPayload:
        return


@every
def test_a_replay_is_known_as_one_and_two_changes_are_two(kind: Kind) -> None:
    """Signed times have whole seconds: two changes within one must not become one."""
    first = kind.signed(b'{"ticket_id":"12"}')
    assert kind.desk.delivery_id(first) == kind.desk.delivery_id(replace(first))
    second = replace(first, headers={**first.headers, "x-zendesk-webhook-invocation-id": "01K"})
    later = kind.signed(first.body, at=NOW + timedelta(seconds=1))
    other = kind.signed(b'{"ticket_id":"13"}')
    assert len({kind.desk.delivery_id(r) for r in (first, second, later, other)}) == 4
