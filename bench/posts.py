"""Webhooks by the thousand, made where they are sent from: signed, repeated, forged, malformed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bench.load import PATH, signed

Asked = dict[str, Any]
DESK = "/webhooks/helpdesks/main"
COPIES = 16
NEAR = 200  # how far a reordered webhook strays


@dataclass(frozen=True)
class Post:
    number: int  # names it: the same number is the same message
    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


def messages(asked: Asked) -> list[Post]:
    """`count` customers' messages from the number `first` on, a few customers taking turns."""
    first = asked.get("first", 0)
    return [_message(asked, first + n) for n in range(asked["count"])]


def _message(asked: Asked, number: int) -> Post:
    customers = asked.get("customers", 10_000)
    made = signed(asked, number, f"+1303{number % customers:07}")
    body = made.body if isinstance(made.body, bytes) else str(made.body).encode()
    headers = {
        k: v for k, v in made.headers.items() if k != "Content-Length"
    }  # as the body will be
    return Post(number, PATH, headers, body)


def disorder(asked: Asked) -> list[Post]:
    """30 % come up to sixteen times, side by side; 30 % come earlier or later than they should."""
    chance = random.Random(asked["seed"])
    placed: list[tuple[float, Post]] = []
    for post in messages(asked):
        copies = chance.randint(2, COPIES) if chance.random() < 0.3 else 1
        strays = chance.uniform(-NEAR, NEAR) if chance.random() < 0.3 else 0
        placed += [(post.number + strays, post)] * copies
    return [post for _, post in sorted(placed, key=lambda each: each[0])]


def _zendesk(body: bytes, number: int, secret: str) -> Post:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        "X-Zendesk-Webhook-Invocation-Id": f"01BENCH{number:019}",
    }
    return Post(number, DESK, headers, body)


def forged(asked: Asked) -> list[Post]:
    """As many for the channel as for the helpdesk; in each something is not as it was signed."""
    chance = random.Random(asked["seed"])
    made: list[Post] = []
    for number in range(asked["count"]):
        body = json.dumps({"ticket_id": str(number)}).encode()
        true = _message(asked, number), _zendesk(body, number, asked["signing"])
        made += [chance.choice(FORGERIES)(post, chance) for post in true]
    return made


def _flipped(post: Post, chance: random.Random) -> Post:
    """One bit of the body is another, and so is what it says: %2b is %2B."""
    while True:
        body = bytearray(post.body)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        if _said(bytes(body)) != _said(post.body):
            return replace(post, body=bytes(body))


def _said(body: bytes) -> list[tuple[str, str]] | str:
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True) or body.decode("latin-1")


def _resigned(post: Post, chance: random.Random) -> Post:
    """One byte of the signature is another."""
    name = next(n for n in post.headers if n.endswith("Signature"))
    given = bytearray(base64.b64decode(post.headers[name]))
    given[chance.randrange(len(given))] ^= 1 << chance.randrange(8)
    return _with(post, name, base64.b64encode(bytes(given)).decode())


def _unsigned(post: Post, chance: random.Random) -> Post:
    name = next(n for n in post.headers if n.endswith("Signature"))
    if chance.random() < 0.5:
        return _with(post, name, "")
    return replace(post, headers={k: v for k, v in post.headers.items() if k != name})


def _elsewhere(post: Post, chance: random.Random) -> Post:
    """Signed for another address; Zendesk signs none, there the time is another."""
    if post.path == PATH:
        return replace(post, path=f"{PATH}?x={chance.randrange(10**6)}")
    return _with(post, "X-Zendesk-Webhook-Signature-Timestamp", "2020-01-01T00:00:00Z")


def _with(post: Post, name: str, value: str) -> Post:
    return replace(post, headers=post.headers | {name: value})


FORGERIES = (_flipped, _resigned, _unsigned, _elsewhere)


def malformed(asked: Asked) -> list[Post]:
    """What no provider sends; half of it rightly signed, so that it gets as far as it can."""
    chance = random.Random(asked["seed"])
    return [chance.choice(NONSENSE)(asked, n, chance) for n in range(asked["count"])]


def _garbage(asked: Asked, number: int, chance: random.Random) -> Post:
    post = _message(asked, number)
    return replace(post, body=chance.randbytes(chance.randrange(2000)))


def _odd_form(asked: Asked, number: int, chance: random.Random) -> Post:
    """Signed like Twilio's, with values of any kind or none."""
    names = ("MessageSid", "From", "To", "Body", "NumMedia", "AccountSid", "MediaUrl0", "ErrorCode",
             "MessageStatus", "OptOutType")  # fmt: skip
    form = {n: _odd(chance) for n in names if chance.random() < 0.7}
    if chance.random() < 0.7:
        form |= {"AccountSid": asked["account"], "To": asked["number"]}
    text = asked["url"] + PATH + "".join(k + form[k] for k in sorted(form))
    digest = hmac.new(asked["token"].encode(), text.encode(), hashlib.sha1).digest()
    headers = {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Post(number, PATH, headers, urlencode(form).encode())


def _odd(chance: random.Random) -> str:
    return chance.choice(
        ("", "0", "-1", "9" * 400, "\0", "\u202e\ud7ff", "+", "whatsapp:", "{{x}}", "é" * 300,
         "".join(chr(chance.randrange(1, 0xD7FF)) for _ in range(20)))
    )  # fmt: skip


def _odd_json(asked: Asked, number: int, chance: random.Random) -> Post:
    """Signed like Zendesk's, with JSON of any shape or none."""
    bodies: tuple[bytes, ...] = (
        b"", b"null", b"[]", b"{", b"[" * 50_000, b'{"ticket_id": 1e999}', b'{"ticket_id": NaN}',
        b'{"ticket_id": "' + b"9" * 5000 + b'"}', b'{"ticket_id": {"a": []}}', b"\xff\xfe\x00",
        b'{"ticket_id": 1, "ticket_id": "x"}', b'{"ticket_id": "\\ud800"}', b"\x1f\x8b\x08\x00",
        chance.randbytes(200),
    )  # fmt: skip
    return _zendesk(chance.choice(bodies), number, asked["signing"])


def _odd_request(asked: Asked, number: int, chance: random.Random) -> Post:
    paths = ("/webhooks/channels/%00", "/webhooks/channels/" + "x" * 2000, "/%ff%fe", "/..%2f..%2f",
             "/webhooks/helpdesks/none", "/metrics?x=%zz", "/webhooks/channels/sms/status",
             "/readyz", "/webhooks/channels/sms?a=%80&a=%80")  # fmt: skip
    headers = chance.choice(
        ({"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Type": "\x7f"},
         {"Content-Encoding": "gzip"}, {"Cookie": "a" * 4000}, {"X-Twilio-Signature": "é"},
         {"Accept": "*/*", "X-Forwarded-For": "1, 2, 3", "Forwarded": "for=;;"})
    )  # fmt: skip
    method = chance.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW"))
    body = b"" if method in ("GET", "HEAD") else chance.randbytes(50)
    return Post(number, chance.choice(paths), dict(headers), body, method)


NONSENSE = (_garbage, _odd_form, _odd_json, _odd_request)
KINDS: dict[str, Callable[[Asked], list[Post]]] = {
    "messages": messages,
    "disorder": disorder,
    "forged": forged,
    "malformed": malformed,
}


def raw(seed: int, count: int) -> Iterator[bytes]:
    """Bytes that are no HTTP, or not quite."""
    chance = random.Random(seed)
    heads = (b"GET / HTTP/9.9\r\n\r\n", b"POST\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
             b"GET /webhooks/channels/sms HTTP/1.1\r\nHost\r\n\r\n",
             b"POST /webhooks/channels/sms HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
             b"POST /webhooks/channels/sms HTTP/1.1\r\nContent-Length: x\r\n\r\n",
             b"GET / HTTP/1.1\r\nA: " + b"b" * 40_000 + b"\r\n\r\n", b"\r\n\r\n\r\n\r\n")  # fmt: skip
    for _ in range(count):
        yield chance.choice((*heads, chance.randbytes(60) + b"\r\n\r\n"))
