"""The whole story over HTTP where web processes and workers are many, and what happens when one dies."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import requests
from sqlalchemy import NullPool, create_engine, make_url, select, text

from connector.storage.engine import connect
from connector.storage.tables import inbox
from tests.conftest import LONG
from tests.crash.process import Zygote
from tests.scenarios.fleet import Load, a_fleet
from tests.scenarios.relay import Relay
from tests.scenarios.world import CUSTOMER, PLEA

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("fleet")]


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as found:
        yield found


def test_the_whole_story_with_two_web_processes_and_two_workers(
    zygote: Zygote, postgres_url: str
) -> None:
    with a_fleet(zygote, postgres_url) as (fleet, w, proxy):
        w.says("Where is my parcel?")
        w.hears(1)
        w.says(PLEA)
        ticket = w.ticket()
        w.hears(2)
        w.says("My order is 4711")
        assert w.public(ticket, 1) == ["My order is 4711"]
        w.stage.zendesk.agent_replies(ticket, "Hello, I am looking into it")
        assert "looking into it" in w.hears(3)[2]
        w.stage.zendesk.agent_notes(ticket, "secret")
        w.stage.zendesk.set_status(ticket, "solved")
        w.hears(4)
        w.rests()
        assert len(w.phone()) == 4
        assert not any("secret" in text for text in w.phone())
        assert len(w.stage.zendesk.tickets()) == 1
        assert set(proxy.answers) <= {200, 204}
        assert fleet.ready(0)["checks"] == {"database": "ok", "schema": "ok", "runner": "ok"}
        assert fleet.ready(2)["checks"] == {"database": "ok", "schema": "ok", "runner": "ok"}


# Each waits for the heartbeat that does not come, fifteen seconds.
@pytest.mark.parametrize("moment", ["send", "ticket", *(["model", "comment"] if LONG else [])])
def test_a_worker_that_is_killed_in_the_middle_is_made_up_for_by_the_other(
    zygote: Zygote, postgres_url: str, moment: str
) -> None:
    with a_fleet(zygote, postgres_url) as (fleet, w, _):
        fleet.terminate(3)
        if moment in ("comment", "ticket"):
            w.says("Where is my parcel?")
            w.hears(1)
        if moment == "comment":
            w.says(PLEA)
            w.ticket()
            w.hears(2)
            w.rests()
        held = w.holds(moment)
        w.says({"ticket": PLEA, "comment": "It is order 4711"}.get(moment, "Where is my parcel?"))
        w.until(held, f"the call to the {moment}")
        fleet.start(3, "worker")
        fleet.kill(2)
        w.stage.anthropic.release()
        if moment in ("model", "send"):
            w.hears(1)
            w.rests()
            assert len(w.phone()) == 1
        elif moment == "ticket":
            w.ticket()
            w.hears(2)
            w.rests()
            assert len(w.stage.zendesk.tickets()) == 1
            ticket = w.ticket()
            w.until(lambda: w.html(ticket).count("Transcript"), "the transcript")
            w.rests()
            assert w.html(ticket).count("Transcript") == 1
        else:
            assert w.public(w.ticket(), 1) == ["It is order 4711"]
            w.rests()
            assert w.comments(w.ticket(), public=True) == ["It is order 4711"]


def test_webhooks_go_on_while_two_web_processes_are_restarted_in_turn(
    zygote: Zygote, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """RELIABILITY, target 8: 0 answers that are no 2xx, and every acknowledged message is stored."""
    restarts, slowest = 100 if LONG else 20, 0.0
    with a_fleet(zygote, postgres_url, ("web", "web")) as (fleet, w, proxy):
        with Load(w.stage, proxy, rate=40) as load:
            for i in range(restarts):
                began = time.monotonic()
                assert fleet.terminate(i % 2) == 0
                slowest = max(slowest, time.monotonic() - began)
                fleet.start(i % 2, "web")
                # As a deployment does: the next one not before this one is there.
                assert fleet.ready(i % 2)["status"] == "ready"
        db = connect(postgres_url)
        kept = db.read(lambda c: set(c.execute(select(inbox.c.external_id)).scalars()))
        db.close()
    with capsys.disabled():
        told = f"{restarts} restarts: answers {dict(load.answers)}, drained within {slowest:.2f} s"
        sys.stdout.write(f"\n{told}\n")
    assert set(load.answers) == {200}, load.answers
    assert set(load.acknowledged) <= kept
    assert load.answers[200] > 3 * restarts  # there was a load; how much depends on the machine
    assert slowest < 10


def test_a_database_that_is_gone_is_a_503_and_all_recover_within_ten_seconds_of_its_return(
    zygote: Zygote, postgres_url: str
) -> None:
    direct = make_url(postgres_url)
    with Relay(direct.port or 5432) as wire:
        through = direct.set(port=wire.port).render_as_string(hide_password=False)
        with a_fleet(zygote, through) as (fleet, w, proxy):
            w.says("Where is my parcel?")
            w.hears(1)
            wire.cut()
            for number in (0, 1):
                got = requests.post(
                    f"{proxy.url}/webhooks/channels/sms", data={"x": "1"}, timeout=9
                )
                assert got.status_code == 401  # who is not the provider learns nothing
                assert fleet.ready(number)["status"] == "not ready"
            lost = w.stage.twilio.customer_says("And how do I return it?", from_=CUSTOMER)
            assert lost.wait() == 503
            # Long enough for pools and workers to have given up more than once.
            threading.Event().wait(12 if LONG else 6)
            assert fleet.ready(2)["status"] == "not ready"
            began = time.monotonic()
            wire.mend()
            w.says("And how do I return something?")
            assert len(w.hears(2)) == 2
            assert time.monotonic() - began < 10
            w.rests()


def test_connections_that_the_server_ends_harm_nothing(zygote: Zygote, postgres_url: str) -> None:
    name = f"t{uuid4().hex[:12]}"  # ours, and nobody else's on this server
    with a_fleet(zygote, f"{postgres_url}&application_name={name}") as (_, w, __):
        server = create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        w.says("Where is my parcel?")
        for number in range(1, 4):
            with server.connect() as connection:
                ended = connection.execute(
                    text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                         " WHERE application_name = :name"), {"name": name}
                ).scalar_one()  # fmt: skip
            assert ended > 4
            w.hears(number)
            w.says(f"Question {number}: how do I return something?")
        w.hears(4)
        w.rests()
        assert len(w.phone()) == 4
