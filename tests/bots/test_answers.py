"""What comes back: turns, summaries, and every way in which they can be wrong (A18)."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from datetime import timedelta
from typing import Any

import pytest

from connector.bots.claude import UNCLEAR, Claude
from connector.domain.turns import BotDecision, BotTurn, Point, Usage
from connector.errors import ProviderError, Rejected, Transient
from tests.bots.conftest import KEY, MakeBot
from tests.bots.lines import HANDOVER, QUESTION
from tests.bots.loopback import SUMMARY, TURN, Loopback, Reply, message, said

CANARY = "canary-of-the-provider"
HAND_OFF = {
    "decision": "hand_off",
    "trigger": "legal",
    "reason": "Threatens to sue.",
    "quote": "see you in court",
}


def test_an_answer(server: Loopback, bot: Claude) -> None:
    server.reply = said(TURN, reply=" We open at nine.\n", offers_person=True)
    assert bot.answer(QUESTION) == BotTurn(
        reply="We open at nine.",
        decision=BotDecision.ANSWER,
        language="en",
        offers_person=True,
        usage=Usage(input=11, output=7, cache_write=5, cache_read=3),
    )


def test_a_handoff_with_its_reason(server: Loopback, bot: Claude) -> None:
    server.reply = said(TURN, **HAND_OFF, language="pt-BR")
    turn = bot.answer(QUESTION)
    assert turn.decision is BotDecision.HAND_OFF
    assert (turn.trigger, turn.reason, turn.quote) == (
        "legal",
        "Threatens to sue.",
        "see you in court",
    )
    assert turn.language == "pt-BR"


def test_a_handoff_without_a_reason_is_left_to_the_domain(server: Loopback, bot: Claude) -> None:
    server.reply = said(TURN, **{**HAND_OFF, "reason": "  "})
    turn = bot.answer(QUESTION)
    assert (turn.decision, turn.reason) == (BotDecision.HAND_OFF, "")


@pytest.mark.parametrize("decision", [{"decision": "resolved"}, HAND_OFF])
def test_silence_is_allowed_where_nobody_waits(
    server: Loopback, bot: Claude, decision: dict[str, Any]
) -> None:
    server.reply = said(TURN, **{**decision, "reply": ""})
    assert bot.answer(QUESTION).reply == ""


def test_a_language_that_is_none_is_not_kept(server: Loopback, bot: Claude) -> None:
    server.reply = said(TURN, language="English, obviously")
    assert bot.answer(QUESTION).language is None


def test_text_is_put_together_and_other_blocks_are_left_out(server: Loopback, bot: Claude) -> None:
    text = json.dumps(TURN)
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "text", "text": text[:20]},
        {"type": "text", "text": text[20:]},
        {"type": "of_tomorrow", "text": "?"},
    ]
    bare = {"input_tokens": 4, "output_tokens": 2, "cache_read_input_tokens": None}
    server.reply = message("", content=blocks, usage=bare, stop_reason="of_tomorrow")
    turn = bot.answer(QUESTION)
    assert turn.reply == "We open at nine."
    assert turn.usage == Usage(input=4, output=2)


@pytest.mark.parametrize(
    "reply",
    [
        message("not JSON at all"),
        message(""),
        message(json.dumps([TURN])),
        said(TURN, decision="transfer"),
        said(TURN, trigger="boredom"),
        said(TURN, offers_person="yes"),
        said(TURN, priority="urgent"),
        said({k: v for k, v in TURN.items() if k != "reply"}),
        said(TURN, reply=""),
        said(TURN, reply=" \n\u202e"),
        said(TURN, **{**HAND_OFF, "reply": "", "reason": ""}),
        message("[" * 100_000),
        Reply(body=b"<html>hello</html>", headers={"content-type": "text/html"}),
        Reply(body=b"{broken"),
        Reply(body=b"[1, 2]"),
        Reply(body=b'{"content": "text"}'),
        Reply(body=b"[" * 100_000),
        Reply(body=b"\xff\xfe"),
        Reply(body=b""),
        Reply(body=said(TURN).body + b" " * 2_000_000),
        Reply(
            body=gzip.compress(said(TURN).body + b" " * 20_000_000),
            headers={"content-type": "application/json", "content-encoding": "gzip"},
        ),
    ],
)
def test_a18_malformed_is_worth_another_try(server: Loopback, bot: Claude, reply: Reply) -> None:
    server.reply = reply
    with pytest.raises(Transient) as raised:
        bot.answer(QUESTION)
    assert raised.value.code == "malformed"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("stop", "kind"),
    [
        ("refusal", Rejected),
        ("max_tokens", Transient),
        ("model_context_window_exceeded", Transient),
    ],
)
def test_a18_stop_reasons(
    server: Loopback, bot: Claude, stop: str, kind: type[ProviderError]
) -> None:
    # A refusal may come without content; what was cut off may look whole.
    content: dict[str, Any] = {"content": []} if stop == "refusal" else {}
    server.reply = message(json.dumps(TURN), stop=stop, **content)
    with pytest.raises(kind) as raised:
        bot.answer(QUESTION)
    assert raised.value.code == stop
    assert raised.value.provider == "anthropic"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (302, Rejected, "http_302"),
        (400, Rejected, "invalid_request"),
        (401, Rejected, "authentication"),
        (402, Rejected, "payment"),
        (403, Rejected, "permission"),
        (404, Rejected, "not_found"),
        (413, Rejected, "too_large"),
        (418, Rejected, "http_418"),
        (408, Transient, "timeout"),
        (409, Transient, "conflict"),
        (429, Transient, "rate_limited"),
        (500, Transient, "http_500"),
        (503, Transient, "http_503"),
        (529, Transient, "overloaded"),
    ],
)
def test_a18_statuses(
    server: Loopback, bot: Claude, status: int, kind: type[ProviderError], code: str
) -> None:
    body = json.dumps({"type": "error", "error": {"type": CANARY, "message": f"{CANARY} {KEY}"}})
    headers = {"content-type": "application/json", "location": f"{server.url}/elsewhere"}
    server.reply = Reply(status, body.encode(), headers)
    with pytest.raises(ProviderError) as raised:
        bot.answer(QUESTION)
    error = raised.value
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert len(server.asked) == 1
    told = f"{error} {error!r} {vars(error)} {error.__cause__}"
    assert CANARY not in told
    assert KEY not in told


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("3600", 3600.0),
        ("Tue, 24 Nov 2020 08:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_passed_on_and_not_waited_for(
    server: Loopback, bot: Claude, value: str | None, seconds: float | None
) -> None:
    headers = {} if value is None else {"retry-after": value}
    server.reply = Reply(429, b"{}", headers)
    with pytest.raises(Transient) as raised:
        bot.answer(QUESTION)
    wait = raised.value.retry_after
    assert (None if wait is None else wait.total_seconds()) == seconds
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(hang=True), "timeout"),
        (Reply(body=said(TURN).body, drip=0.05), "timeout"),
        (Reply(reset=True), "unreachable"),
    ],
    ids=["hangs", "drips", "resets"],
)
def test_a18_a_lost_answer_is_one_request_and_transient(
    server: Loopback, make_bot: MakeBot, reply: Reply, code: str
) -> None:
    server.reply = reply
    with pytest.raises(Transient) as raised:
        make_bot(timeout=timedelta(seconds=0.3)).answer(QUESTION)
    assert raised.value.code == code
    assert len(server.asked) == 1


def test_nobody_listens(make_bot: MakeBot) -> None:
    with pytest.raises(Transient) as raised:
        make_bot(base_url="http://127.0.0.1:9").answer(QUESTION)
    assert raised.value.code == "unreachable"


def test_the_summary_has_a_timeout_of_its_own(server: Loopback, make_bot: MakeBot) -> None:
    server.reply = Reply(hang=True)
    with pytest.raises(Transient) as raised:
        make_bot(timeout=timedelta(seconds=60), summary_timeout=timedelta(seconds=0.2)).summarise(
            HANDOVER
        )
    assert (raised.value.code, raised.value.operation) == ("timeout", "summarise")


def test_a28_a_summary_cites_its_messages(server: Loopback, bot: Claude) -> None:
    server.reply = said(SUMMARY)
    summary = bot.summarise(HANDOVER)
    assert summary.subject == "Refund of a lamp"
    assert summary.wants == Point("A refund of the lamp.", (3,))
    assert summary.why_human == Point("Only a person can refund.", (3, 4))
    assert summary.usage.output == 7


def test_a28_claims_without_a_source_are_dropped(server: Loopback, bot: Claude) -> None:
    server.reply = said(
        SUMMARY,
        subject="One\nline " + "and a very long " * 20,
        wants={"text": "A refund.", "messages": [99, 3, 3, -1]},
        tried={"text": "The moon was promised.", "messages": [5]},
        why_human={"text": " ", "messages": [3]},
    )
    summary = bot.summarise(HANDOVER)
    assert summary.wants == Point("A refund.", (3,))
    assert summary.tried == summary.why_human == Point(UNCLEAR, ())
    assert "\n" not in summary.subject
    assert len(summary.subject) <= 80


@pytest.mark.parametrize(
    "changes", [{"subject": " "}, {"wants": "text"}, {"tried": {"text": "x", "messages": ["3"]}}]
)
def test_a_malformed_summary(server: Loopback, bot: Claude, changes: dict[str, Any]) -> None:
    server.reply = said(SUMMARY, **changes)
    with pytest.raises(Transient) as raised:
        bot.summarise(HANDOVER)
    assert raised.value.code == "malformed"


def test_the_key_is_in_no_log(
    server: Loopback, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bot = make_bot(timeout=timedelta(seconds=0.2))
    bot.answer(QUESTION)
    for reply in (Reply(401, b"{}"), Reply(500, b"{}"), Reply(hang=True), Reply(reset=True)):
        server.reply = reply
        with pytest.raises(ProviderError):
            bot.answer(QUESTION)
    assert caplog.records
    assert KEY not in caplog.text
    assert all(KEY not in str(vars(record)) for record in caplog.records)


def test_one_bot_serves_many_threads(server: Loopback, bot: Claude) -> None:
    turns: list[BotTurn] = []
    threads = [
        threading.Thread(target=lambda: turns.append(bot.answer(QUESTION))) for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert len(turns) == len(server.asked) == 8


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("late delivery", "late delivery"),
        ("  Late\nDELIVERY. ", "late delivery"),
        ("Order 4711 of +15550123", "order of"),
        ("<script>alert(1)</script>", "script alert /script"),
        ("¿Devolución y reembolso?", "devolución y reembolso"),
        ("words " * 40, " ".join(["words"] * 10)),
        ("", ""),
        (None, ""),
    ],
)
def test_a_topic_is_a_few_words_and_a_summary_needs_none(
    server: Loopback, bot: Claude, given: str | None, kept: str
) -> None:
    points = {k: v for k, v in SUMMARY.items() if k != "topic"}
    server.reply = said(points if given is None else {**points, "topic": given})
    assert bot.summarise(HANDOVER).topic == kept
