"""The page of what the bot does not know."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from connector.domain.conversation import Author, Delivery, Message, Outcome
from connector.domain.handoff.base import Trigger
from connector.domain.ids import MessageId
from connector.reports import draft, gaps
from connector.storage.engine import Database
from tests.domain.decide.given import T0
from tests.pipeline.rig import Rig
from tests.reports.given import MINUTE, Told, store
from tests.web.ops_given import accounts, client, sign_in, token
from tests.web.test_ops_pages import HOSTILE

HERE = {"Origin": "http://localhost"}
C, B, A = Author.CUSTOMER, Author.BOT, Author.AGENT
TALK = [
    (C, "Hi"),
    (B, "Hello!"),
    (C, "Do you ship to Norway?"),
    (B, "I am not sure."),
    (C, "Argh!"),
]
DAY = timedelta(days=1)


def said(*texts: tuple[Author, str]) -> list[Message]:
    return [
        Message(MessageId(f"m{n}"), n, 1, author, text, T0, Delivery.DELIVERED)
        for n, (author, text) in enumerate(texts, 1)
    ]


@pytest.mark.parametrize(
    ("texts", "trigger", "question", "bot"),
    [
        (TALK, Trigger.NO_PROGRESS, "Do you ship to Norway?", ["I am not sure."]),
        (TALK, Trigger.FRUSTRATION, "Do you ship to Norway?", ["I am not sure."]),
        (TALK[:3], Trigger.MODEL, "Do you ship to Norway?", []),
        ([*TALK[:3], (C, "thanks!")], Trigger.MODEL, "Do you ship to Norway?", []),
        (
            [(C, "Where is my parcel?"), (B, "Which order?"), (C, "4711"), (B, "On its way.")],
            Trigger.NO_PROGRESS,
            "Where is my parcel?",
            ["Which order?", "On its way."],
        ),
        ([(C, "Help")], Trigger.OFFER_ACCEPTED, "Help", []),
        ([(B, "Hello!")], Trigger.NO_PROGRESS, None, None),
        ([(C, "thanks")], Trigger.MODEL, "thanks", []),
    ],
)
def test_the_question_is_what_an_article_would_answer(
    texts: list[tuple[Author, str]], trigger: Trigger, question: str | None, bot: list[str] | None
) -> None:
    asked, answered = gaps.asked_and_said(said(*texts), trigger)
    assert (asked.text if asked else None) == question
    assert [m.text for m in answered] == (bot or [])


def test_a_draft_is_an_article_like_the_bots_others() -> None:
    text = draft.article("shipping abroad", [("Do you\nship?", ["# Yes.", "In 9 days."]), ("", [])])
    assert text == (
        "# Shipping abroad\n\nCustomers ask:\n\n- Do you ship?\n\n## Answer\n\n\\# Yes.\n\nIn 9 days.\n"
    )
    assert draft.article("", []).startswith("# What is not answered yet\n")


@pytest.fixture
def rig(db: Database) -> Rig:
    rig = Rig(db)
    day = rig.at - timedelta(hours=3)
    talk: dict[str, Any] = {"texts": TALK, "handed_off": 6 * MINUTE, "ticket": MINUTE}
    old = rig.at - 20 * DAY
    store(
        db,
        Told(day, Trigger.NO_PROGRESS, topic="shipping abroad", reply=9 * MINUTE, name="Bo", **talk),
        Told(day, Trigger.EXPLICIT_REQUEST, topic="shipping abroad", **talk),
        Told(day, Trigger.MODEL, topic=None, texts=[(C, "4111 1111 1111 1111?")]),
        Told(day, Trigger.MODEL, topic="<b>x", texts=[(C, text) for text in HOSTILE],
             channel="gone"),
        Told(day, outcome=Outcome.BOT_RESOLVED),
        Told(old, Trigger.MODEL, topic="shipping abroad", texts=TALK),
        Told(old, outcome=Outcome.BOT_RESOLVED),
    )  # fmt: skip
    return rig


def test_topics_with_what_was_asked_said_and_answered(rig: Rig) -> None:
    asks = client(rig)
    page = asks.get("/ops/gaps").text
    rows = re.findall(
        r"<tr><th scope=\"row\"><a[^>]*>(.*?)</a></th><td class=\"num\"><a[^>]*>(\d+)<", page
    )
    assert rows[0] == ("shipping abroad", "2")
    assert rows[-1] == ("not known", "1")
    page = asks.get("/ops/gaps/topic?topic=shipping+abroad&by=day").text
    for text in ("Do you ship to Norway?", "I am not sure.", "Hello", "# Shipping abroad",
                 "- Do you ship to Norway?"):  # fmt: skip
        assert text in page
    assert "Argh" not in page
    unknown = asks.get("/ops/gaps/topic?topic=").text
    assert "4111" not in unknown  # masked like all that leaves a conversation
    assert "There is no article" not in unknown
    assert "has an article on this now" not in unknown
    for kind in ("day", "week"):  # another period is one of the same topic
        other = f"/ops/gaps/topic?topic=shipping+abroad&amp;by={kind}"
        assert f'href="{other}"' in page, kind
        assert "Do you ship to Norway?" in asks.get(other.replace("&amp;", "&")).text


def test_an_article_is_noted_once_and_the_rate_is_watched(rig: Rig) -> None:
    ana, vic = client(rig, accounts()), client(rig, accounts())
    sign_in(ana, "ana")
    sign_in(vic, "vic")
    there = "/ops/gaps/topic?topic=shipping+abroad"
    assert "has an article" not in vic.get(there).text
    page = ana.get(there)
    form = {"token": token(page), "topic": "shipping abroad"}
    rig.at -= 10 * DAY  # between the old ones and the new ones
    assert ana.post("/ops/gaps/added", data=form, headers=HERE).status_code == 303
    again = ana.post("/ops/gaps/added", data=form, headers=HERE)
    assert (again.status_code, "said that already" in again.text) == (409, True)
    none = ana.post("/ops/gaps/added", data={**form, "topic": "x"}, headers=HERE)
    assert (none.status_code, "no" in none.text.lower()) == (409, True)
    rig.at += 10 * DAY
    for path in (there, "/ops/gaps"):
        shown = " ".join(re.sub("<[^>]+>", "", ana.get(path).text).split())
        assert "50.0 before (1 of 2 in 28 days), 20.0 since (1 of 5 in 10 days)" in shown, path
    form["token"] = token(ana.get(there))
    assert ana.post("/ops/gaps/taken-back", data=form, headers=HERE).status_code == 303
    assert ana.post("/ops/gaps/taken-back", data=form, headers=HERE).status_code == 409
    log = ana.get("/ops/log").text
    assert (log.count("added an article on"), log.count("took back the article on")) == (1, 1)


def test_bad_input_and_hostile_texts(rig: Rig) -> None:
    asks: FlaskClient = client(rig)
    for path, status in (
        ("/ops/gaps?by=year", 400),
        ("/ops/gaps?at=2026-13", 400),
        ("/ops/gaps/topic?topic=nothing+like+this", 404),
        ("/ops/gaps/topic?topic=" + "x" * 500, 400),
        ("/ops/gaps/topic?topic=%00", 400),
        ("/ops/gaps/topic?topic=%3Cb%3Ex", 200),
    ):
        answer = asks.get(path)
        assert answer.status_code == status, path
        for raw in ("<script>window", "<img src=x", "<svg onload", "<b>x"):
            assert raw not in answer.text, path
