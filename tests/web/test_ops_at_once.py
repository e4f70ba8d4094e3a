"""Two operators press the same button at the same moment: one is told that it was done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from connector.domain.handoff.base import Trigger
from connector.domain.ids import Address, TicketId, conversation_id
from connector.errors import Transient
from connector.pipeline import retry
from connector.storage import articles
from connector.storage.engine import Database
from connector.storage.tables import audit
from tests.domain.decide.given import PLEA
from tests.pipeline.rig import CHANNEL, Rig
from tests.reports.given import MINUTE, Told, store
from tests.web.ops_given import HTTP11, accounts, application, sign_in, token
from tests.web.ops_routes import HERE, routes

OURS = conversation_id(CHANNEL, Address("+15550123"))
SIGNING = {"ops.try_to_sign_in", "ops.sign_out"}


def with_bot(rig: Rig) -> str:
    rig.texts_in("Where is it?")
    rig.passes(3)
    return OURS


def with_agent(rig: Rig) -> str:
    rig.texts_in(PLEA)
    rig.passes(5)
    return OURS


def undelivered(rig: Rig) -> str:
    with_agent(rig)
    rig.desk.agent_says(TicketId("1"), "It is on its way.")
    rig.webhook(TicketId("1"))
    rig.passes(5)
    rig.receipt("SMout2", "failed", code="30003", meaning="unreachable")
    rig.passes(30)
    return OURS


def buried(rig: Rig) -> str:
    def down(operation: str, when: str) -> None:
        if operation == "send" and when == "before":
            raise Transient("down", status=503, code="http_503")

    rig.hook(down)
    rig.texts_in("Where is it?")
    rig.passes(3600)
    rig.hook(lambda *_: None)
    return "call-2"


def topic(rig: Rig) -> str:
    store(rig.db, Told(rig.at - MINUTE, Trigger.NO_PROGRESS, topic="refunds"))
    return ""


def article(rig: Rig) -> str:
    topic(rig)
    rig.db.write(lambda c: articles.add(c, "refunds", rig.at, "ana"))
    return ""


# What there has to be for each order; a new one is missed here by the first test.
GIVEN: dict[str, Callable[[Rig], str]] = {
    "ops.hand_over": with_bot,
    "ops.hand_back": with_agent,
    "ops.resend": undelivered,
    "ops.forget": with_bot,
    "ops.replay": buried,
    "ops.drop": buried,
    "ops.article_added": topic,
    "ops.article_taken_back": article,
}


@pytest.fixture
def rig(db: Database, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(retry, "GIVE_UP_AFTER", timedelta(minutes=30))
    return Rig(db)


def test_each_order_of_the_application_is_tried(rig: Rig) -> None:
    posts = {r.endpoint for r in routes(application(rig, accounts())) if r.method == "POST"}
    assert set(GIVEN) == posts - SIGNING


@pytest.mark.parametrize("endpoint", GIVEN)
def test_of_two_at_once_one_is_told(rig: Rig, endpoint: str) -> None:
    wanted = GIVEN[endpoint](rig)
    app = application(rig, accounts())
    (route,) = (r for r in routes(app) if r.endpoint == endpoint)
    both, forms = [], []
    for _ in range(2):
        asks: FlaskClient = app.test_client()
        asks.environ_base |= HTTP11
        sign_in(asks, "ana")
        good = token(asks.get("/ops/"))
        both.append(asks)
        forms.append({"token": good, "sure": "yes", "topic": "refunds"})
    start, told = threading.Barrier(2), list[tuple[int, str]]()

    def press(asks: FlaskClient, form: dict[str, str]) -> None:
        start.wait(10)
        answer = asks.post(route.path(wanted), data=form, headers=HERE)
        told.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=press, args=x) for x in zip(both, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    told.sort()
    assert [status for status, _ in told] == [303, 409]
    assert "<h1>That can&#39;t be done now</h1>" in told[1][1]
    actions = rig.db.read(lambda c: c.scalars(select(audit.c.action)).all())
    assert actions.count(endpoint.removeprefix("ops.")) == 1
