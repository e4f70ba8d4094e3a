"""Intake over HTTP: what is stored, what is refused, and what a refusal shows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from connector import log
from connector.channels.twilio.channel import Twilio
from connector.channels.twilio.config import TwilioConfig
from connector.errors import StorageUnavailable
from connector.storage.engine import Database
from connector.storage.tables import conversations, inbox
from connector.web.app import Web, create_app
from tests.pipeline.rig import CHANNEL, Rig

PUBLIC = "https://connector.example.com"
PATH = f"/webhooks/channels/{CHANNEL}"
SID = "AC" + "a" * 32
TOKEN, OLD_TOKEN = "new-token", "old-token"
NUMBER = "+15550100"
CANARY = "canary text 4711"


@pytest.fixture
def rig(db: Database) -> Rig:
    made = Rig(db)
    adapter = Twilio(TwilioConfig(SID, (TOKEN, OLD_TOKEN), number=NUMBER))
    channel = replace(made.parts.channels[CHANNEL], adapter=adapter)
    made.parts = replace(made.parts, channels={CHANNEL: channel})
    return made


@pytest.fixture
def client(rig: Rig) -> FlaskClient:
    return create_app(Web(rig.parts, PUBLIC, lambda: {"database": ""})).test_client()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    out = io.StringIO()
    log.set_up(stream=out)
    yield out
    log.set_up()


def form(**changes: str) -> dict[str, str]:
    return {
        "MessageSid": "SM" + "1" * 32,
        "AccountSid": SID,
        "From": "+15550123",
        "To": NUMBER,
        "Body": CANARY,
        "NumMedia": "0",
        "Empty": "",
    } | changes


def signed(values: dict[str, str], token: str = TOKEN, path: str = PATH) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(PUBLIC + path, values)}


def post(
    client: FlaskClient, values: dict[str, str], headers: dict[str, str], path: str = PATH
) -> object:
    return client.post(
        path,
        data=urlencode(values),
        headers=headers,
        content_type="application/x-www-form-urlencoded",
    )


def stored(rig: Rig) -> int:
    return rig.db.read(lambda c: c.execute(select(func.count()).select_from(inbox)).scalar_one())


def test_a_signed_message_is_stored_and_acknowledged_with_empty_twiml(
    client: FlaskClient, rig: Rig
) -> None:
    answer = post(client, form(), signed(form()))
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert answer.content_type.startswith("text/xml")  # type: ignore[attr-defined]
    assert answer.data.strip().endswith(b"<Response/>")  # type: ignore[attr-defined]
    assert stored(rig) == 1
    raw = rig.db.read(lambda c: c.execute(select(inbox.c.raw)).scalar_one())
    assert json.loads(raw)["Empty"] == ""


def test_a57_the_old_token_still_verifies(client: FlaskClient, rig: Rig) -> None:
    assert post(client, form(), signed(form(), OLD_TOKEN)).status_code == 200  # type: ignore[attr-defined]
    assert stored(rig) == 1


def test_a01_the_same_sid_at_the_same_instant_is_one_event(client: FlaskClient, rig: Rig) -> None:
    app = client.application
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: post(app.test_client(), form(), signed(form())), range(16))
        )
    assert {a.status_code for a in answers} == {200}  # type: ignore[attr-defined]
    assert stored(rig) == 1


def test_a02_behind_a_proxy_the_configured_url_counts(client: FlaskClient, rig: Rig) -> None:
    headers = signed(form()) | {"Host": "10.0.0.7:8000", "X-Forwarded-Host": "evil.example"}
    assert post(client, form(), headers).status_code == 200  # type: ignore[attr-defined]
    assert stored(rig) == 1


REFUSED: list[tuple[str, dict[str, str], dict[str, str], str, int]] = [
    ("no signature", form(), {}, PATH, 401),
    ("forged", form(), {"X-Twilio-Signature": "bm90IGl0"}, PATH, 401),
    ("changed body", form(Body="other"), signed(form()), PATH, 401),
    ("another token", form(), signed(form(), "stolen"), PATH, 401),
    ("another path", form(), signed(form(), path=PATH + "/status"), PATH, 401),
    ("unknown channel", form(), signed(form()), "/webhooks/channels/other", 404),
    ("another number", form(To="+15550999"), signed(form(To="+15550999")), PATH, 404),
    ("no message id", form(MessageSid=""), signed(form(MessageSid="")), PATH, 400),
    ("unknown helpdesk", form(), {}, "/webhooks/helpdesks/other", 404),
]


@pytest.mark.parametrize(
    ("values", "headers", "path", "status"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_a02_a04_what_is_refused_leaves_one_line_without_a_text(
    client: FlaskClient,
    rig: Rig,
    lines: io.StringIO,
    values: dict[str, str],
    headers: dict[str, str],
    path: str,
    status: int,
) -> None:
    answer = post(client, values, headers, path)
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert stored(rig) == 0
    (line,) = lines.getvalue().splitlines()
    assert json.loads(line)["event"] == "webhook_refused"
    for secret in (CANARY, "15550123", TOKEN, "Traceback"):
        assert secret not in line
        assert secret.encode() not in answer.data  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * (1024 * 1024 + 1), "application/x-www-form-urlencoded", {413}),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded", {400, 401}),
        (b'{"a": 1}', "application/json", {400, 401}),
        (b"", "text/plain", {400, 401}),
        (b"%%%&=&&==", "application/x-www-form-urlencoded", {400, 401}),
    ],
)
def test_a12_oversized_and_malformed_bodies_are_4xx_and_nothing_is_stored(
    client: FlaskClient, rig: Rig, lines: io.StringIO, body: bytes, kind: str, status: set[int]
) -> None:
    answer = client.post(PATH, data=body, content_type=kind, headers={"X-Twilio-Signature": "a"})
    assert answer.status_code in status
    assert stored(rig) == 0
    assert "Traceback" not in lines.getvalue()


def test_a_receipt_for_somebody_we_never_wrote_to_begins_no_conversation(
    client: FlaskClient, rig: Rig
) -> None:
    values = form(MessageStatus="delivered", From=NUMBER, To="+15550123")
    values.pop("Body")
    path = PATH + "/status"
    assert post(client, values, signed(values, path=path), path).status_code == 200  # type: ignore[attr-defined]
    count = select(func.count()).select_from(conversations)
    assert rig.db.read(lambda c: c.execute(count).scalar_one()) == 0


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_providers_that_look_first_are_answered(client: FlaskClient, method: str) -> None:
    assert client.open(PATH, method=method).status_code == 200
    assert client.open("/webhooks/channels/other", method=method).status_code == 404


def test_without_a_database_there_is_no_acknowledgement(
    client: FlaskClient, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(work: object) -> None:
        raise StorageUnavailable("OperationalError")

    monkeypatch.setattr(rig.db, "write", gone)
    answer = post(client, form(), signed(form()))
    assert answer.status_code == 503  # type: ignore[attr-defined]
    assert answer.headers["Retry-After"] == "30"  # type: ignore[attr-defined]


def test_a_fault_of_ours_shows_nothing(
    client: FlaskClient, rig: Rig, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(work: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr(rig.db, "write", broken)
    answer = post(client, form(), signed(form()))
    assert answer.status_code == 503  # type: ignore[attr-defined]
    assert CANARY.encode() not in answer.data  # type: ignore[attr-defined]
    assert CANARY not in lines.getvalue()
    assert '"error": "ValueError"' in lines.getvalue()


def test_health_and_metrics(client: FlaskClient, rig: Rig) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    post(client, form(), signed(form()))
    near = {"SERVER_PROTOCOL": "HTTP/1.1"}  # a scrape, unlike what nginx passes on
    metrics = client.get("/metrics", environ_overrides=near).text
    for name in ("connector_webhook_ack_seconds", "connector_inbox_oldest_age_seconds"):
        assert name in metrics
    assert "15550123" not in metrics


def test_not_ready_says_why(rig: Rig) -> None:
    wrong = {"database": "", "schema": "at 0001, needs 0002"}
    client = create_app(Web(rig.parts, PUBLIC, lambda: wrong)).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["checks"] == {"database": "ok", "schema": "at 0001, needs 0002"}
