"""Every number on every page opens the list behind it, and that list is as long as the number says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from connector.domain.handoff.base import Trigger
from connector.errors import Transient
from connector.pipeline import retry
from connector.storage import articles
from connector.storage.engine import Database
from tests.pipeline import costly
from tests.pipeline.rig import Rig
from tests.reports.generated import generate
from tests.reports.given import MINUTE, Told, store
from tests.web.ops_given import application, client

# What stands in them is no count: the list's own length, a sum of tokens, a key's value, what was said.
PLAIN = "a, time, code, nav, select, label, button, textarea, summary, th, h1, h2, .count, .sum, "
PLAIN += ".id, .values, .said, .grave dl, .exchange dl"
# Numbers that are part of a sentence and would be the same in any database.
SAID = ("4 or 5 of 5", "9 in 10", "In 100", "in 100 conversations", "in 28 days", "sum to 100 %")
DATE = re.compile(r"(?:\d+ )?(?:Sep|Oct|Nov|Dec)[a-z]*(?: 2026)?")
NUMBER = re.compile(r"\$?\d[\d,.]*+(?: %)?+(?! (?:s|min|h|d|days?)\b)")
COUNT = re.compile(r"([\d,]+)( conversations?| answers?| things? (?:was|were) given up on)?")


@pytest.fixture
def rig(db: Database, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Months of episodes, an article, and at this moment all that there can be."""
    monkeypatch.setattr(retry, "GIVE_UP_AFTER", timedelta(minutes=30))
    rig = costly.rig(db)
    generate(db, 600, rig.at, days=90)
    told = Told(rig.at - 30 * MINUTE, Trigger.LEGAL, ticket=MINUTE)
    store(db, told, replace(told, ticket=None), replace(told, wrote_again=9 * MINUTE))
    db.write(lambda c: articles.add(c, "late delivery", rig.at - timedelta(days=12), "ana"))

    def down(operation: str, when: str) -> None:
        if operation == "send" and when == "before":
            raise Transient("down", status=503, code="http_503")

    rig.hook(down)
    rig.texts_in("Where is it?", customer="+15550001")
    rig.passes(3600)
    rig.texts_in("And mine?", customer="+15550002")
    rig.passes(3)
    rig.texts_in("Is anybody there?", customer="+15550003")  # and nobody handles it
    return rig


def pages(rig: Rig) -> list[str]:
    """All that need no more than their address, and what leads on from them."""
    rules = application(rig).url_map.iter_rules()
    plain = [
        r.rule
        for r in rules
        if r.endpoint.startswith("ops.") and "GET" in (r.methods or ()) and not r.arguments
    ]
    more = [f"/ops/handoffs?by={kind}" for kind in ("day", "week")]
    more += [f"/ops/live?who={who}" for who in ("WithBot", "WithAgent")]
    return [*plain, *more, "/ops/gaps/topic?topic=late+delivery", "/ops/work?what=calls"]


def bare(page: BeautifulSoup) -> Iterator[str]:
    """Numbers that open nothing, each with what stands around it."""
    main = page.find("main")
    assert isinstance(main, Tag)
    for text in main.find_all(string=re.compile(r"\d")):
        around = text.parent
        assert around is not None
        if any(parent.css.match(PLAIN) for parent in [around, *around.parents] if parent.name):
            continue
        said = DATE.sub("", str(text))
        for phrase in SAID:
            said = said.replace(phrase, "")
        yield from (f"{n} in {around}" for n in NUMBER.findall(said) if not fine(n, around))


def fine(number: str, around: Tag) -> bool:
    """Of nothing there is nothing to open; a rate has the link to what it is a rate of beside it."""
    if not re.search("[1-9]", number):
        return True
    place = around.find_parent(["tr", "p"]) or around.find_parent(class_="tile")
    return ("%" in number or "." in number) and place is not None and place.find("a") is not None


def behind(asks: FlaskClient, path: str) -> int:
    answer = asks.get(path)
    assert answer.status_code == 200, path
    count = BeautifulSoup(answer.data, "html.parser").select_one(".count")
    assert count is not None, path
    found = re.match(r"\s*([\d,]+)", count.get_text())
    assert found, path
    return int(found[1].replace(",", ""))


def test_every_number_opens_the_list_behind_it(rig: Rig) -> None:
    asks, opened = client(rig), 0
    for path in pages(rig):
        answer = asks.get(path, follow_redirects=True)  # who is in already signs in no more
        page = BeautifulSoup(answer.data, "html.parser")
        assert list(bare(page)) == [], path
        for link in page.select("main a[href]:not(nav a):not(:has(time))"):
            said, href = link.get_text().strip(), urljoin(path, str(link["href"]))
            counted = COUNT.fullmatch(said)
            if counted is not None and href.startswith("/ops/"):
                assert behind(asks, href) == int(counted[1].replace(",", "")), (path, said, href)
                opened += 1
            elif "%" in said and "/conversations" in href:
                assert behind(asks, href) > 0, (path, said, href)
    assert opened > 150


def test_what_today_counts_is_there(rig: Rig) -> None:
    """The walk above is only worth something where the numbers are not zero."""
    page = BeautifulSoup(client(rig).get("/ops/").data, "html.parser")
    tiles = {
        tile.dt.get_text(): tile.select_one(".figure").get_text()  # type: ignore[union-attr]
        for tile in page.select(".tile")
    }
    for name in ("With the bot", "Being handed over", "With an agent", "Waiting for a person",
                 "Conversations begun", "Events not handled yet", "Calls not made yet", "Buried",
                 "sms-us"):  # fmt: skip
        assert re.search("[1-9]", tiles[name]), (name, tiles)


def test_conversations_that_cost_something_the_dearest_first(db: Database) -> None:
    rig = costly.rig(db)
    for customer, texts in (("+15550101", 1), ("+15550102", 3)):
        for _ in range(texts):
            rig.texts_in("Where is my parcel?", customer)
            rig.passes(3)
    asks = client(rig)
    shown = asks.get("/ops/cost?by=day").text
    assert "2 conversations asked a model on this day" in shown
    assert shown.index("+15550102") < shown.index("+15550101")
    assert "$0.00510" in shown
    assert "4" in shown
    other = asks.get("/ops/cost?by=day&channel=other").text
    assert "0 conversations asked a model on this day on other" in other
    channel = rig.parts.channels["sms-us"]
    assert channel.spending is not None
    unknown = replace(channel, spending=replace(channel.spending, priced=False, model="claude-9"))
    rig.parts = replace(rig.parts, channels={"sms-us": unknown})
    rig.texts_in("Where is my parcel?", "+15550103")
    rig.passes(3)
    assert "not known" in client(rig).get("/ops/cost?by=day").text
