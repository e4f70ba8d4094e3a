"""A02, A57: only what Twilio signed passes, and everything that it signed does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.channels.base import WebhookRequest
from connector.channels.twilio.channel import Twilio
from connector.channels.twilio.signature import urls, verify
from connector.errors import BadSignature
from tests.channels.given import (
    CONFIG,
    HMAC_SHA256,
    TOKEN,
    URL,
    RequestValidator,
    fields,
    message,
    posted,
    signed,
)

texts = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.one_of(st.sampled_from(["Body", "From", "A", "AB", "a", "Ünï"]), texts.filter(bool))
forms = st.lists(st.tuples(names, texts), min_size=1, max_size=12)
hosts = st.sampled_from(["a.example", "a.example:8443", "a.example:443", "127.0.0.1:9001"])
paths = st.sampled_from(["/", "/webhooks/channels/sms", "/w?a=1&b=%20", "/w?tenant=%C3%A9&c="])


def passes(request: WebhookRequest, *tokens: str) -> bool:
    try:
        verify(request, tokens or (TOKEN,))
    except BadSignature:
        return False
    return True


@settings(max_examples=1_000)
@given(
    pairs=forms,
    scheme=st.sampled_from(["https", "http"]),
    host=hosts,
    path=paths,
    token=st.text(st.characters(codec="ascii"), min_size=1, max_size=40),
    sha256=st.booleans(),
    wrong=st.sampled_from(["", "token", "value", "url", "signature"]),
)
def test_agrees_with_twilios_own_library(
    pairs: list[tuple[str, str]],
    scheme: str,
    host: str,
    path: str,
    token: str,
    sha256: bool,
    wrong: str,
) -> None:
    url = f"{scheme}://{host}{path}"
    algorithm = HMAC_SHA256 if sha256 else None
    oracle = RequestValidator(token)
    signature = oracle.compute_signature(url, fields(pairs), algorithm)
    if wrong == "value":
        pairs = [*pairs, ("Extra", "")]
    if wrong == "signature":
        signature = signature[::-1]
    asked_url = url + "x" if wrong == "url" else url
    checked_with = token + "x" if wrong == "token" else token
    request = posted(urlencode(pairs).encode(), asked_url, signature)
    if sha256:
        told = f"key=webhooks_sharedkey_1,algorithm={HMAC_SHA256}"
        request.headers["x-twilio-webhooks-signature-settings"] = told  # type: ignore[index]
    verdict = RequestValidator(checked_with).validate(
        asked_url, fields(pairs), signature, algorithm
    )
    assert passes(request, checked_with) is verdict
    assert verdict is (not wrong)


@settings(max_examples=300)
@given(pairs=forms, data=st.data())
def test_any_encoding_of_the_same_form_passes(
    pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Blank values, repeated names, odd escapes and order change nothing in what was signed."""

    def escaped(text: str) -> str:
        if data.draw(st.booleans()):
            return quote_plus(text)
        case = str.lower if data.draw(st.booleans()) else str.upper
        return case("".join(f"%{byte:02x}" for byte in text.encode()))

    given_ = signed(pairs)
    body = "&".join(f"{escaped(n)}={escaped(v)}" for n, v in data.draw(st.permutations(pairs)))
    assert passes(replace(given_, body=body.encode()))


@pytest.mark.parametrize(
    ("configured", "signed_as"),
    [
        ("https://a.example/w", "https://a.example:443/w"),
        ("http://a.example/w", "http://a.example:80/w"),
        ("https://a.example:8443/w?x=1:2", "https://a.example/w?x=1:2"),
        ("https://me:secret@a.example/w", "https://me:secret@a.example:443/w"),
        ("https://me:secret@a.example:8443/w", "https://me:secret@a.example/w"),
        ("http://[::1]:9001/w", "http://[::1]/w"),
        ("http://[::1]/w", "http://[::1]:80/w"),
        ("https://a.example/w#rc=2", "https://a.example/w"),
        ("https://a.example/w?e=a@b:1", "https://a.example:443/w?e=a@b:1"),
        ("https://a.example", "https://a.example:443"),
    ],
)
def test_port_may_be_signed_or_not(configured: str, signed_as: str) -> None:
    """Also where a host has a user before it or is an IPv6 address."""
    request = replace(signed(message(), signed_as), url=configured)
    assert passes(request)
    assert signed_as in urls(configured)


def test_other_host_is_refused() -> None:
    """A02: the configured URL counts, not the one that a proxy or an attacker names."""
    assert not passes(replace(signed(message()), url=URL.replace("connector.", "evil.")))


def test_each_of_several_tokens_verifies() -> None:
    """A57: old and new token during the overlap."""
    request = signed(message(), token="old")
    assert passes(request, "new", "old")
    assert passes(request, "old", "new")
    assert not passes(request, "new", "newer")


def _json(body: bytes, told: str) -> WebhookRequest:
    url = f"{URL}?bodySHA256={told}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    return posted(body, url, signature, content_type="application/json")


def test_body_that_is_no_form_is_covered_by_its_hash() -> None:
    body = b'{"MessageSid": "SM1"}'
    assert passes(_json(body, hashlib.sha256(body).hexdigest()))
    assert passes(_json(body, hashlib.sha256(body).hexdigest().upper()))
    assert not passes(_json(body + b" ", hashlib.sha256(body).hexdigest()))
    assert not passes(_json(body, ""))


def test_body_that_no_signature_covers_is_refused() -> None:
    bare = RequestValidator(TOKEN).compute_signature(URL, {})
    assert not passes(posted(b"MessageSid=SM1", URL, bare, content_type="text/plain"))
    assert not passes(posted(b'{"a": 1}', URL, bare, content_type="application/json"))


def test_unknown_algorithm_is_refused() -> None:
    request = signed(message())
    name = "x-twilio-webhooks-signature-settings"
    for told in ("key=k,algorithm=HMAC_MD5", "algorithm=none"):
        assert not passes(replace(request, headers={**request.headers, name: told}))


@pytest.mark.vendor
def test_published_vectors(vendor: Path) -> None:
    told = json.loads((vendor / "signatures" / "vectors.json").read_text())["twilio"]
    for case in told["cases"]:
        pairs = [tuple(pair) for pair in case.get("params_list") or told["params"].items()]
        request = posted(urlencode(pairs).encode(), case["url"], case["signature"])
        if "body" in case:
            request = posted(
                case["body"].encode(), case["url"], case["signature"],
                content_type="application/json",
            )  # fmt: skip
        assert passes(request, told["auth_token"]), case["name"]
        assert not passes(request, told["auth_token"] + "x"), case["name"]
    settings_ = "key=webhooks_sharedkey_x,algorithm=HMAC_SHA256"
    request = posted(
        urlencode(told["params"]).encode(),
        told["url"],
        told["shared_key_sha256_DERIVED"]["signature"],
        x_twilio_webhooks_signature_settings=settings_,
    )
    assert passes(request, told["auth_token"])


@pytest.mark.vendor
def test_constructed_forms_verify_and_parse(vendor: Path) -> None:
    """A03, A08, A09: every one of them is read, and none of its fields is lost."""
    told: dict[str, Any] = json.loads((vendor / "twilio" / "inbound_forms.json").read_text())
    for name, sample in told["samples"].items():
        ours = dict(sample["params"])
        number = ours["From"] if "MessageStatus" in ours else ours["To"]
        config = replace(
            CONFIG, auth_tokens=(told["auth_token"],), number=number, account_sid=ours["AccountSid"]
        )
        request = posted(sample["raw"].encode(), told["url"], sample["x_twilio_signature"])
        channel = Twilio(config)
        channel.verify(request)
        (event,) = channel.parse(request)
        assert event.raw == ours, name
        assert event.customer == (ours["To"] if "MessageStatus" in ours else ours["From"])
