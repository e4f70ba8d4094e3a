"""Many events in one request: the good ones are stored, each bad one leaves a line, nothing is a 5xx."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from connector import log
from connector.storage import engine, schema
from connector.storage.engine import Database
from connector.storage.tables import inbox
from connector.web.app import Web, create_app
from tests.contracts.kinds import any_channel
from tests.pipeline.rig import Rig

NUMBER, PAGE, SECRET = "106540352242922", "1122334455", "an-app-secret"
NAUGHTY: tuple[Any, ...] = (None, 7, "x", [], {}, {"id": {}}, {"id": "x", "from": []})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    db = engine.connect(f"sqlite:///{tmp_path}/connector.db")
    schema.migrate(db)
    yield db
    db.close()


@pytest.fixture
def client(database: Database) -> FlaskClient:
    parts = Rig(database).parts
    some = next(iter(parts.channels.values()))
    ours = {
        "whatsapp_cloud": any_channel("whatsapp_cloud", app_secrets=(SECRET,)),
        "messenger": any_channel("messenger", app_secrets=(SECRET,)),
    }
    channels = {n: replace(some, name=n, adapter=adapter) for n, adapter in ours.items()}
    web = Web(replace(parts, channels=channels), "https://connector.example.com", dict)
    return create_app(web).test_client()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    out = io.StringIO()
    log.set_up(stream=out)
    yield out
    log.set_up()


def whatsapp(messages: Sequence[Any], statuses: Sequence[Any] = (), ours: str = NUMBER) -> Any:
    value = {
        "metadata": {"phone_number_id": ours}, "messages": messages, "statuses": statuses
    }  # fmt: skip
    return {"field": "messages", "value": value}


def written(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "from": "15550142", "type": "text", "text": {"body": "hi"}, **more}


def sent(id: str) -> dict[str, Any]:
    return {"sender": {"id": "7"}, "timestamp": 1, "message": {"mid": id, "text": "hi"}}


MANY = [written(f"w{n}") for n in range(120)]
BATCHES = [
    # kind, what stands in the envelope, the ids that are stored, the reasons that are logged
    ("whatsapp_cloud", [whatsapp([written("w1"), *NAUGHTY, written("w2")])], 2, len(NAUGHTY)),
    ("whatsapp_cloud", [whatsapp([written("w1", type="system"), written("w2")])], 1, 1),
    ("whatsapp_cloud", [whatsapp([written("w1")]), whatsapp([written("w2")], ours="9")], 1, 1),
    ("whatsapp_cloud", [whatsapp(MANY, [{"id": "w", "status": s} for s in NAUGHTY])], 120, 7),
    ("whatsapp_cloud", [whatsapp(NAUGHTY)], 0, len(NAUGHTY)),
    ("whatsapp_cloud", [whatsapp([written("w1"), written("w1")])], 1, 0),
    ("messenger", [sent("m1"), *NAUGHTY, sent("m2")], 2, len(NAUGHTY)),
    ("messenger", [{**sent("m1"), "message": {"mid": "m", "is_echo": True}}, sent("m2")], 1, 1),
    ("messenger", list(NAUGHTY), 0, len(NAUGHTY)),
]


def posted(client: FlaskClient, kind: str, inside: list[Any]) -> int:
    if kind == "messenger":
        told = {"object": "page", "entry": [{"id": PAGE, "messaging": inside}]}
    else:
        told = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": inside}]}
    body = json.dumps(told).encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
    return client.post(f"/webhooks/channels/{kind}", data=body, headers=headers).status_code


@pytest.mark.parametrize(("kind", "inside", "stored", "logged"), BATCHES)
def test_the_good_parts_are_stored_and_the_bad_ones_told(
    kind: str, inside: list[Any], stored: int, logged: int, client: FlaskClient,
    database: Database, lines: io.StringIO,
) -> None:  # fmt: skip
    assert posted(client, kind, inside) == 200
    ids = database.read(lambda c: [row[0] for row in c.execute(select(inbox.c.external_id))])
    assert len(ids) == stored
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    skipped = [line for line in told if line["event"] == "webhook_skipped"]
    assert len(skipped) == logged
    assert all(line["channel"] == kind and line["why"] for line in skipped)
    assert "hi" not in {value for line in told for value in line.values()}
    assert posted(client, kind, inside) == 200  # again: nothing is stored twice
    again = database.read(lambda c: [row[0] for row in c.execute(select(inbox.c.external_id))])
    assert again == ids


@pytest.mark.parametrize("kind", ["whatsapp_cloud", "messenger"])
def test_the_only_part_is_answered_for(kind: str, client: FlaskClient) -> None:
    """A message without an id is a 400: there is no good part that its repetition could double."""
    bad: Any = written("") if kind == "whatsapp_cloud" else sent("")
    inside = [whatsapp([bad])] if kind == "whatsapp_cloud" else [bad]
    assert posted(client, kind, inside) == 400
