"""The dashboard's pages and buttons over the whole pipeline."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from connector.domain.conversation import Author, HandingOff, Outcome
from connector.domain.handoff.base import Trigger
from connector.domain.ids import Address, conversation_id
from connector.errors import Transient
from connector.pipeline import retry
from connector.storage import conversations
from connector.storage.engine import Database
from connector.web.ops import words
from tests.pipeline.rig import CHANNEL, Rig
from tests.reports.given import MINUTE, Told, store
from tests.web.ops_given import accounts, client, sign_in, token

HERE = {"Origin": "http://localhost"}
OURS = conversation_id(CHANNEL, Address("+15550123"))
HOSTILE = (
    "<script>window.broken=1</script>",
    "<img src=x onerror=window.broken=1>",
    '"><svg onload=window.broken=1>',
    "{{ 7*7 }}{% raw %}",
    "javascript:window.broken=1",
    "</textarea></style><script>window.broken=1</script>",
)


@pytest.fixture
def rig(db: Database) -> Rig:
    return Rig(db)


@pytest.fixture
def asks(rig: Rig) -> FlaskClient:
    return client(rig)


def test_an_operator_hands_over_and_it_stands_in_the_log(rig: Rig, asks: FlaskClient) -> None:
    rig.texts_in("Where is it?")
    rig.passes(3)
    page = asks.get(f"/ops/conversations/{OURS}")
    assert "Hand over now" in page.text
    assert "Where is it?" in page.text
    form = {"token": token(page)}
    first = asks.post(f"/ops/conversations/{OURS}/hand-over", data=form, headers=HERE)
    assert first.status_code == 303
    again = asks.post(f"/ops/conversations/{OURS}/hand-over", data=form, headers=HERE)
    assert (again.status_code, "ordered that already" in again.text) == (409, True)
    rig.passes(5)
    (ticket,) = rig.desk.tickets.values()
    assert "ordered by this machine on the dashboard" in ticket.draft.note_html
    assert rig.phone()[-1] == "<handoff:->"
    page = asks.get(first.headers["Location"])
    for said in (
        "ordered by an operator",
        "Ordered.",
        "Where is it?",
        "with an agent",
        "Open the ticket",
    ):
        assert said in page.text
    assert "Hand over now" not in page.text
    late = asks.post(f"/ops/conversations/{OURS}/hand-over", data=form, headers=HERE)
    assert (late.status_code, "A person has it already" in late.text) == (409, True)
    log = asks.get("/ops/log").text
    assert log.count("ordered a handoff") == 1
    none = asks.post("/ops/conversations/c0/hand-over", data=form, headers=HERE)
    assert none.status_code == 409


def test_what_is_buried_is_replayed_by_one_of_two(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(operation: str, when: str) -> None:
        if operation == "send" and when == "before":
            raise Transient("down", status=503, code="http_503")

    monkeypatch.setattr(retry, "GIVE_UP_AFTER", timedelta(minutes=30))
    rig.hook(down)
    rig.texts_in("Where is it?")
    rig.passes(3600)
    asks = client(rig, accounts())
    sign_in(asks, "ana")
    assert "things were" in asks.get("/ops/").text or "thing was" in asks.get("/ops/").text
    page = asks.get("/ops/buried")
    assert "Send to the customer" in page.text
    assert "attempts" in page.text.lower()
    (name,) = re.findall(r"/ops/buried/(call-\d+)/replay", page.text)
    form = {"token": token(page)}
    rig.hook(lambda *_: None)
    assert asks.post(f"/ops/buried/{name}/replay", data=form, headers=HERE).status_code == 303
    second = asks.post(f"/ops/buried/{name}/drop", data=form, headers=HERE)
    assert (second.status_code, "not buried any more" in second.text) == (409, True)
    rig.passes(60)
    assert rig.phone() == ["<automated:-> re: Where is it?"]
    assert "Nothing is buried" in asks.get("/ops/buried").text
    assert asks.get("/ops/log").text.count("replayed") == 1
    assert "dropped" not in asks.get("/ops/log").text
    talk = asks.get(f"/ops/conversations/{OURS}").text
    assert "attempts, replayed" in talk


def test_every_number_opens_what_is_behind_it(rig: Rig, asks: FlaskClient) -> None:
    day = rig.at - timedelta(hours=1)
    store(
        rig.db,
        Told(day, Trigger.LEGAL, Outcome.AGENT_RESOLVED, ticket=MINUTE),
        Told(day, Trigger.LEGAL, ticket=MINUTE, language=None),
        Told(day, outcome=Outcome.BOT_RESOLVED, channel="wa", language="es"),
        Told(day),
    )
    page = asks.get("/ops/handoffs?by=month").text
    links = re.findall(r'href="(/ops/conversations\?[^"]+)">([\d,]+)</a>', page)
    assert len(links) >= 12
    for href, number in links:
        behind = asks.get(href.replace("&amp;", "&")).text
        found = re.search(r"([\d,]+) conversations? began", behind)
        assert found, href
        assert found[1] == number, href
        assert behind.count("/ops/conversations/c") == int(number)
    assert "50.0 %" in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ops/handoffs?by=year", 400),
        ("/ops/handoffs?at=2026-13", 400),
        ("/ops/handoffs?by=day&at=9999-12-31", 400),
        ("/ops/handoffs?by=day&at=0001-01-01", 400),
        ("/ops/handoffs?by=day&at=2000-01-01", 200),
        ("/ops/handoffs?by=month&at=2100-12", 200),
        ("/ops/conversations?page=0", 400),
        ("/ops/conversations?page=201", 400),
        ("/ops/conversations?page=x", 200),
        ("/ops/conversations?channel=" + "x" * 9000, 400),
        ("/ops/conversations?channel=%00", 400),
        ("/ops/conversations?trigger=nonsense&outcome=nonsense", 200),
        ("/ops/conversations/none", 404),
        ("/ops/conversations/%00", 404),
        ("/ops/conversations/c1?episode=99999999999999999999", 400),
        ("/ops/conversations/c1?episode=9", 404),
        ("/ops/log?before=-1", 200),
        ("/ops/log?before=99999999999999999999999", 400),
        ("/ops/none", 404),
    ],
)
def test_bad_input_is_a_sentence(asks: FlaskClient, path: str, status: int) -> None:
    answer = asks.get(path)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_ten_megabytes_are_too_many(rig: Rig, asks: FlaskClient) -> None:
    answer = asks.post("/ops/buried/call-1/drop", data={"token": "x" * 10**7}, headers=HERE)
    assert answer.status_code == 413


def test_what_customers_write_never_becomes_html(rig: Rig, asks: FlaskClient) -> None:
    told = Told(rig.at, Trigger.LEGAL, name=HOSTILE[0], channel="<b>x", ticket=MINUTE,
                texts=[(Author.CUSTOMER, text) for text in HOSTILE])  # fmt: skip
    (made,) = store(rig.db, told)
    pages = ("/ops/", "/ops/handoffs", "/ops/conversations", f"/ops/conversations/{made.id}")
    for path in pages:
        text = asks.get(path).text
        for raw in ("<script>window", "<img src=x", "<svg onload", "<b>x", "&lt;script&gt;window"):
            assert (raw in text) == (raw.startswith("&") and path == pages[-1]), (path, raw)
    assert "{{ 7*7 }}{% raw %}" in asks.get(pages[-1]).text


def test_pages_without_anything_say_so(asks: FlaskClient) -> None:
    for path, said in (
        ("/ops/", "Nobody waits."),
        ("/ops/", "nothing is buried"),
        ("/ops/handoffs", "No conversation has ended yet."),
        ("/ops/conversations", "There are none."),
        ("/ops/buried", "Nothing is buried."),
        ("/ops/log", "Nothing yet."),
    ):
        assert said in asks.get(path).text


def test_words() -> None:
    assert [words.count(n, "episode") for n in (0, 1, 1200)] == [
        "0 episodes", "1 episode", "1,200 episodes",
    ]  # fmt: skip
    shown = [words.duration(timedelta(seconds=s)) for s in (0, 59, 60, 3600, 11100, 86400, 90000)]
    assert shown == ["0 s", "59 s", "1 min", "1 h", "3 h 5 min", "1 d", "1 d 1 h"]
    assert words.change(20.0, 30.0) == "down 10.0 points"
    assert words.change(20.0, None) == ""
    assert "script" not in words.note("<script>x</script><p onclick=x>a</p>")


def test_what_is_over_is_not_handed_over(rig: Rig, asks: FlaskClient) -> None:
    rig.texts_in("Where is it?")
    rig.passes(3)
    form = {"token": token(asks.get(f"/ops/conversations/{OURS}"))}
    rig.passes(24 * 3600 + 10)
    over = asks.post(f"/ops/conversations/{OURS}/hand-over", data=form, headers=HERE)
    assert (over.status_code, "nobody has it" in over.text) == (409, True)
    found = rig.db.read(lambda c: conversations.load(c, OURS))
    assert found is not None
    assert not isinstance(found.holder, HandingOff)
