"""The channel for everything else: its signatures, its schema, and the client that docs/ shows."""

from __future__ import annotations

import ast
import importlib.util
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connector.channels.base import Outbound
from connector.channels.webhook.channel import Webhook
from connector.channels.webhook.config import WebhookConfig
from connector.channels.webhook.signature import sign, verify
from connector.domain.conversation import Media
from connector.domain.ids import Address
from connector.errors import BadSignature, WebhookError
from tests.contracts.kinds import RECORDED, any_channel, channel, fixture, outbound, request
from tests.contracts.loopback import loopback, reply

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "docs" / "webhook_client.py"
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "webhook-channel.schema.json").read_text())
FIXTURES = [name for kind, name in RECORDED if kind == "webhook"]
MESSAGE = request(fixture("webhook", "message"))
AT = datetime.fromtimestamp(int(MESSAGE.headers["webhook-timestamp"]), UTC)


def part(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


@pytest.mark.vendor
def test_published_vector(vendor: Path) -> None:
    told = json.loads((vendor / "signatures" / "vectors.json").read_text())["standard_webhooks"]
    at = datetime.fromtimestamp(told["timestamp"], UTC)
    headers = sign(told["secret"], told["msg_id"], at, told["payload"].encode())
    assert headers["webhook-signature"] == told["signature"]
    asked = replace(MESSAGE, headers=headers, body=told["payload"].encode())
    verify(asked, [told["secret"]], at)
    with pytest.raises(BadSignature):
        verify(asked, channel_config().secrets, at)


@pytest.mark.parametrize(("seconds", "passes"), [(0, True), (300, True), (-300, True), (301, False),
                                                 (-301, False), (86_400, False)])  # fmt: skip
def test_old_and_future_signatures_are_refused(seconds: int, passes: bool) -> None:
    secrets = channel_config().secrets
    if passes:
        verify(MESSAGE, secrets, AT + timedelta(seconds=seconds))
        return
    with pytest.raises(BadSignature):
        verify(MESSAGE, secrets, AT + timedelta(seconds=seconds))


def channel_config() -> WebhookConfig:
    found = any_channel("webhook")
    assert isinstance(found, Webhook)
    return found._config


def test_one_of_several_signatures_is_enough() -> None:
    config = channel_config()
    own = MESSAGE.headers["webhook-signature"]
    for several, passes in [
        (f"v1a,AAAA v1,BBBB {own}", True),
        (f"v2,{own[3:]}", False),
        ("v1,AAAA " * 30 + own, False),
    ]:
        asked = replace(MESSAGE, headers={**MESSAGE.headers, "webhook-signature": several})
        if passes:
            verify(asked, config.secrets, AT)
            continue
        with pytest.raises(BadSignature):
            verify(asked, config.secrets, AT)


def test_an_id_with_a_point_is_refused() -> None:
    """Signed are `id.timestamp.body`: who moves a point must not make another message of it."""
    config = channel_config()
    headers = sign(config.secrets[0], "msg.1", AT, MESSAGE.body)
    with pytest.raises(BadSignature):
        verify(replace(MESSAGE, headers=headers), config.secrets, AT)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "plain words"])
def test_what_is_no_secret_is_refused_at_the_door(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        WebhookConfig((secret,), "https://app.example.com/x")


@pytest.mark.parametrize("name", FIXTURES)
def test_the_schema_takes_what_is_read(name: str) -> None:
    told = fixture("webhook", name)
    try:
        body = json.loads(told["request"]["body"])
    except ValueError:
        return
    valid = Draft202012Validator(SCHEMA).is_valid(body)
    try:
        channel("webhook", told["channel"]).parse(request(told))
        read = True
    except WebhookError:
        read = False
    if name in ("message_with_odd_files", "message_with_thirty_one_files"):
        assert read  # more is read than is promised: words are worth telling without the files
        assert not valid
    elif name == "not_a_number":
        assert not read  # Python's own reader takes NaN, which is no JSON
    else:
        assert valid is read


@pytest.mark.parametrize("files", [(), (Media("https://c.example.com/media/x", "image/png", "a"),)])
def test_what_is_sent_fits_the_schema_and_is_signed_by_the_first_secret(
    files: tuple[Media, ...],
) -> None:
    config = channel_config()
    with loopback() as receiver:
        receiver.then(reply(200, {"id": "app-1"}))
        message = replace(outbound("webhook"), media=files, text="Grüße \ud83d")
        Webhook(replace(config, base_url=receiver.url)).send(message)
        (asked,) = receiver.asked
    body = json.loads(asked.body)
    assert list(part("message.send").iter_errors(body)) == []
    assert asked.path == "/connector"
    assert body["data"]["message"] == asked.headers["webhook-id"]
    arrived = replace(MESSAGE, headers=asked.headers, body=asked.body)
    verify(arrived, config.secrets[:1], config.now())
    with pytest.raises(BadSignature):
        verify(arrived, config.secrets[1:], config.now())


def client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("webhook_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_client_has_forty_lines() -> None:
    """Of code: what stands between its docstring and the end, blank lines aside."""
    tree = ast.parse(CLIENT.read_text())
    after = tree.body[0].end_lineno or 0
    lines = [line for line in CLIENT.read_text().splitlines()[after:] if line.strip()]
    assert len(lines) <= 40


def test_the_example_client_verifies_and_shows_once() -> None:
    """What the connector posts is shown once; what another signed is not."""
    shown: list[str] = []
    secret = channel_config().secrets[0]
    server = client().server(secret, 0, shown.append)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        config = WebhookConfig(
            (secret,),
            f"http://127.0.0.1:{server.server_address[1]}/",
            now=lambda: datetime.now(UTC),
        )
        message = Outbound("c1.2.1", Address("user-17"), "It comes tomorrow.")
        first, again = Webhook(config).send(message), Webhook(config).send(message)
        stranger = replace(config, secrets=channel_config().secrets[1:])
        with pytest.raises(Exception, match="HTTP 401"):
            Webhook(stranger).send(replace(message, text="evil"))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert first == again == "c1_2_1"
    assert shown == ["It comes tomorrow."]
