"""Twilio's kinds of sender over HTTP, several of them on one account, and what no sender expects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox.stage import CHANNEL, NUMBER
from connector.sandbox.twilio.messages import Media, Message
from connector.sandbox.twilio.sms import segments
from tests.scenarios.lifecycle import Life, life
from tests.scenarios.world import CUSTOMER, PLEA

ZOE, WHATSAPP, SHORT = f"whatsapp:{CUSTOMER}", f"whatsapp:{NUMBER}", "72345"
SENDERS = {CHANNEL: NUMBER, "wa": WHATSAPP, "short": SHORT}
HX = "HX" + "0a1b2c3d" * 4
TEMPLATE = "Hello! We have news on your request: {{1}} Write here to answer."
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def w(tmp_path: Path) -> Iterator[Life]:
    """One account with a number, a WhatsApp sender and a short code."""
    with life(tmp_path, f"content_sid: {HX}\nwaiting_notice: 24h", channels=SENDERS) as made:
        twilio = made.stage.twilio
        twilio.contents[HX] = TEMPLATE
        for name, number in SENDERS.items():
            twilio.numbers.add(number)
            twilio.lines.numbers[number] = {"sms_url": f"{made.url}/webhooks/channels/{name}"}
        yield made


def says(w: Life, text: str, number: str = WHATSAPP, customer: str = ZOE, **more: object) -> None:
    said = w.stage.twilio.customer_says(text, from_=customer, to=number, **more)  # type: ignore[arg-type]
    assert said.wait() == 200


def sent(w: Life, customer: str) -> list[Message]:
    ours = [m for m in w.stage.twilio.messages() if m.direction == "outbound-api"]
    return [m for m in ours if m.to == customer and m.status not in ("failed", "undelivered")]


def test_a_closed_window_is_no_end(w: Life) -> None:
    """63016: what an agent writes a day later comes in a template, long texts in several; a customer's
    answer opens the window again."""
    says(w, PLEA)
    ticket = w.ticket()
    w.hears(1, ZOE)
    w.passes(hours=25)
    w.stage.zendesk.agent_replies(ticket, "It is\n\n- here", author="Ana")
    w.until(lambda: any("Ana" in text for text in w.phone(ZOE)), "the template")
    said = sent(w, ZOE)[-1]
    assert said.text == TEMPLATE.replace("{{1}}", "Ana: It is - here")
    assert said.given["ContentSid"] == HX
    count = len(sent(w, ZOE))
    w.stage.zendesk.agent_replies(ticket, "word " * 250, author="Ana")
    w.hears(count + 2, ZOE)
    templates = sent(w, ZOE)[count:]
    assert [m.text.count("word") for m in templates] == [159, 91]
    says(w, "Thank you, I come today")
    w.rests()
    w.stage.zendesk.agent_replies(ticket, "Fine", author="Ana")
    w.until(lambda: w.phone(ZOE)[-1] == "Ana: Fine", "free text")
    assert "ContentSid" not in sent(w, ZOE)[-1].given
    assert "did not reach" not in w.notes(ticket)


def test_a_window_that_only_looked_open_costs_no_message(w: Life) -> None:
    """Twilio takes it, and reports 63016 afterwards."""
    says(w, PLEA)
    ticket = w.ticket()
    w.hears(1, ZOE)
    w.rests()
    w.stage.twilio.fail_next_delivery(63016)
    w.stage.zendesk.agent_replies(ticket, "Hello", author="Ana")
    template = TEMPLATE.replace("{{1}}", "Ana: Hello")
    w.until(lambda: template in w.phone(ZOE), "the template")
    w.rests()
    assert [m.text for m in sent(w, ZOE)[1:]] == [template]


def test_a10_stop_on_one_number_is_about_that_number(w: Life) -> None:
    """Several channels on one account, one customer on all of them (A55): three conversations."""
    for number, customer in ((NUMBER, CUSTOMER), (WHATSAPP, ZOE), (SHORT, CUSTOMER)):
        says(w, "Where is my parcel?", number, customer)
    w.until(lambda: {m.from_ for m in sent(w, CUSTOMER)} == {NUMBER, SHORT}, "both answers")
    w.hears(1, ZOE)
    says(w, "Stop.", NUMBER, CUSTOMER)
    w.rests()
    before = len(sent(w, CUSTOMER))
    says(w, PLEA, NUMBER, CUSTOMER)
    w.ticket()
    w.rests()
    assert len(sent(w, CUSTOMER)) == before
    says(w, "And my other parcel?", SHORT, CUSTOMER)
    says(w, "And my other parcel?")
    w.hears(2, ZOE)
    w.until(lambda: [m.from_ for m in sent(w, CUSTOMER)[before:]] == [SHORT], "the short code's")
    says(w, "HELP", SHORT, CUSTOMER)
    w.until(lambda: sent(w, CUSTOMER)[-1].text.startswith("This is our customer"), "our own help")
    before += 1
    says(w, "YES", NUMBER, CUSTOMER)
    w.rests()
    w.stage.zendesk.agent_replies(w.ticket(), "“Hi” – it’s here…", author="Ana")
    w.until(lambda: [m.from_ for m in sent(w, CUSTOMER)[before + 1 :]] == [NUMBER], "Ana's")
    heard = sent(w, CUSTOMER)[-1].text
    assert (heard, segments(heard)) == ('Ana: "Hi" - it\'s here...', 1)


def test_what_nobody_expects_reaches_the_ticket_in_words(w: Life) -> None:
    """A08, A34: thirty files, one of 20 MB, one of a wrong kind; and messages of every sort."""
    says(w, PLEA)
    ticket = w.ticket()
    w.hears(1, ZOE)
    sorts = (
        ("", {"MessageType": "location", "Latitude": "37.78", "Longitude": "-122.39"}),
        ("👍", {"MessageType": "reaction"}),
        ("", {"MessageType": "contacts"}),
        ("", {"MessageType": "brand_new"}),
        ("Yes, please", {"MessageType": "button", "ButtonText": "Yes", "ButtonPayload": "yes_1"}),
        ("Look", {"MessageType": "text", "Forwarded": "true"}),
        ("", {"MessageType": "text"}),
    )
    for text, extra in sorts:
        says(w, text, extra=extra)
    w.rests()
    shown = "\n".join(w.comments(ticket, public=True))
    for words in ("[Location: (37.78, -122.39)]", "[Reaction: 👍]", "[Contact card]", "brand_new",
                  "Yes, please", "[Forwarded] Look"):  # fmt: skip
        assert words in shown
    files = [Media("image/png", f"{n}.png", PNG) for n in range(28)]
    files += [Media("image/png", "large.png", PNG + b"\0" * 20_000_000),
              Media("image/png", "evil.png", b"MZ" + b"\0" * 300)]  # fmt: skip
    says(w, "All of them", media=files)
    w.until(lambda: "could not be attached" in w.notes(ticket), "a note")
    found = [a for c in w.view(ticket).comments if c.public for a in c.attachments]
    assert len(found) == 29
    assert "not passed on" in w.notes(ticket)
    assert "All of them" in "\n".join(w.comments(ticket, public=True))
