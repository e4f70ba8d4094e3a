"""The whole story over HTTP where web processes and workers are many, and what happens when one dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from connector.storage.engine import connect
from connector.storage.tables import inbox
from tests.conftest import LONG
from tests.crash.process import Zygote
from tests.scenarios.fleet import Load, a_fleet
from tests.scenarios.world import PLEA

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("zygote")]


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
            assert w.html(w.ticket()).count("Transcript") == 1
        else:
            assert w.public(w.ticket(), 1) == ["It is order 4711"]
            w.rests()
            assert w.comments(w.ticket(), public=True) == ["It is order 4711"]


def test_webhooks_go_on_while_two_web_processes_are_restarted_in_turn(
    zygote: Zygote, postgres_url: str, record_property: Callable[[str, object], None]
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
    record_property("figures", f"{restarts} restarts, answers {dict(load.answers)}")
    assert set(load.answers) == {200}, load.answers
    assert set(load.acknowledged) <= kept
    assert load.answers[200] > 10 * restarts
    assert slowest < 10
