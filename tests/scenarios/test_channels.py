"""The main job over the other kinds of channel, against their twins, over HTTP."""

from __future__ import annotations

import base64
import importlib.util
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.channels.telegram.channel import Telegram
from connector.channels.telegram.config import TelegramConfig
from connector.sandbox.chat import Said
from connector.sandbox.stage import Stage
from connector.upkeep import Mark, Site
from tests.scenarios.world import PLEA, ROOT, World, free_port, world

ZOE = "7000001"  # on Telegram
PSID = "24601775"  # on Messenger
NUMBER, WITHHELD = "+12025550149", "US.13491208655302741918"  # on WhatsApp
OFFER = "What is the capital of the moon?"  # which no article knows
SECRET = "whsec_" + base64.b64encode(b"a secret of this scenario, and long enough").decode()


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def heard(w: World, twin: Any, customer: str, number: int) -> list[Said]:
    """What reached the customer, when it is so much."""
    return w.until(
        lambda: (
            got
            if len(got := [s for s in twin.conversation(customer) if s.direction == "outbound"])
            >= number
            else []
        ),
        f"{number} messages",
    )


@pytest.mark.parametrize(
    ("name", "customer"),
    [("telegram", ZOE), ("whatsapp", NUMBER), ("whatsapp", WITHHELD), ("messenger", PSID)],
)
def test_the_whole_story(w: World, name: str, customer: str) -> None:
    """A17 with a tap: typing while the model thinks, an offer, yes, a person, and read all along."""
    twin: Any = getattr(w.stage, name)
    w.stage.anthropic.hold()
    assert twin.customer_says(OFFER, customer=customer).wait() == 200
    w.until(lambda: twin.typing_until(customer) is not None, "typing")
    w.stage.anthropic.release()
    (offer,) = heard(w, twin, customer, 1)
    assert offer.choices == ("Yes, please", "No, thanks")
    assert twin.typing_until(customer) is None  # the answer took it away
    twin.courier.duplicate()
    twin.customer_taps("Yes, please", customer=customer)
    told = heard(w, twin, customer, 2)[1]
    assert "person" in told.text
    assert told.choices == ()  # also off Telegram's screen
    ticket = w.ticket()
    assert "yes to the bot" in w.html(ticket)
    twin.customer_says("My order is 4711", customer=customer)
    assert w.public(ticket, 1) == ["My order is 4711"]
    w.stage.zendesk.agent_replies(ticket, "It comes tomorrow.", author="Ana")
    assert heard(w, twin, customer, 3)[2].text == "Ana: It comes tomorrow."
    w.rests()
    assert len(heard(w, twin, customer, 3)) == 3
    if name != "telegram":
        mine = [s for s in twin.conversation(customer) if s.direction == "inbound"]
        w.until(lambda: {s.status for s in mine} == {"read"}, "all read")
    assert len([r for r in twin.requests if "typing" in r.body]) == 1  # nobody types for a person


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


def test_what_customers_attach_stands_in_the_ticket(w: World) -> None:
    w.stage.telegram.customer_says(PLEA, customer=ZOE)
    first = w.ticket()
    w.stage.whatsapp.customer_says(PLEA, customer=NUMBER)
    second = w.ticket(2)
    w.stage.telegram.customer_sends_file(
        "box.png", "image/png", PNG, customer=ZOE, caption="see here"
    )
    w.stage.whatsapp.customer_sends_file("image/png", PNG, customer=NUMBER, caption="see here")
    w.stage.messenger.customer_says(PLEA, customer=PSID)
    third = w.ticket(3)
    w.stage.messenger.customer_sends_file("image/png", PNG, customer=PSID, text="see here")
    for ticket in (first, second, third):
        assert w.public(ticket, 1)[0].startswith("see here")
        found = next(t for t in w.stage.zendesk.tickets() if t.id == ticket)
        kinds = [a.kind for c in found.comments if c.public for a in c.attachments]
        assert kinds == ["image/png"]


@pytest.mark.parametrize(
    ("name", "customer"), [("telegram", ZOE), ("whatsapp", WITHHELD), ("messenger", PSID)]
)
def test_an_agents_picture_is_shown_as_one(w: World, name: str, customer: str) -> None:
    twin: Any = getattr(w.stage, name)
    twin.customer_says(PLEA, customer=customer)
    ticket = w.ticket()
    heard(w, twin, customer, 1)
    token = w.stage.zendesk.uploads.add("map.png", "image/png", PNG)["token"]
    w.stage.zendesk.agent_replies(ticket, "See here", author="Ana", attachments=[token])
    _, words, picture = heard(w, twin, customer, 3)
    assert (words.text, words.media) == ("Ana: See here", "")
    assert picture.text == ""
    assert requests.get(picture.media, timeout=5).content == PNG


def test_the_requester_of_whatsapp_has_a_phone_where_there_is_one(w: World) -> None:
    both = {"contact": {"user_id": "US.77", "wa_id": "12025550150"}, "from": "12025550150"}
    w.stage.whatsapp.customer_says(PLEA, customer="US.77", name="Zoë", **both)
    for customer in (NUMBER, WITHHELD):
        w.stage.whatsapp.customer_says(PLEA, customer=customer, name="Zoë")
    w.ticket(3)
    phones = {t.requester_phone for t in w.stage.zendesk.tickets()}
    assert phones == {NUMBER, None, "+12025550150"}
    assert {t.requester for t in w.stage.zendesk.tickets()} == {"Zoë"}


def test_a_customer_who_blocks_the_bot_is_not_written_to(w: World) -> None:
    """The ticket tells the truth."""
    w.stage.telegram.customer_says(PLEA, customer=ZOE)
    ticket = w.ticket()
    heard(w, w.stage.telegram, ZOE, 1)
    assert w.stage.telegram.blocks(ZOE).wait() == 200
    w.until(lambda: any("opted out" in n for n in w.comments(ticket, public=False)), "a note")
    w.stage.zendesk.agent_replies(ticket, "Hello?", author="Ana")
    w.until(
        lambda: any("Not sent" in n or "did not" in n for n in w.comments(ticket, public=False))
    )
    assert w.stage.telegram.blocks(ZOE, on=False).wait() == 200
    w.stage.telegram.customer_says("I am back", customer=ZOE)
    w.public(ticket, 1)
    w.stage.zendesk.agent_replies(ticket, "Welcome.", author="Ana")
    assert heard(w, w.stage.telegram, ZOE, 2)[-1].text == "Ana: Welcome."


def test_a_closed_window_is_told_to_the_agent(w: World) -> None:
    """A23, at Meta itself: accepted, and refused afterwards. Here our own clock is behind theirs."""
    w.stage.whatsapp.customer_says(PLEA, customer=NUMBER)
    ticket = w.ticket()
    heard(w, w.stage.whatsapp, NUMBER, 1)
    w.rests()
    w.stage.whatsapp.now = lambda: datetime.now(UTC) + timedelta(hours=25)
    w.stage.zendesk.agent_replies(ticket, "Are you there?", author="Ana")
    w.until(lambda: any("24 hours" in n for n in w.comments(ticket, public=False)), "a note")


def test_after_a_day_a_template_or_a_persons_tag_carries_it(tmp_path: Path) -> None:
    """The window is closed by both clocks: WhatsApp takes the template, Messenger an agent's words."""
    ahead = [timedelta(0)]

    def clock() -> datetime:
        return datetime.now(UTC) + ahead[0]

    with world(tmp_path, clock=clock) as w:
        w.stage.zendesk.now = clock
        twins: dict[str, tuple[Any, str]] = {
            "whatsapp": (w.stage.whatsapp, NUMBER), "messenger": (w.stage.messenger, PSID),
        }  # fmt: skip
        tickets = {}
        for number, (name, (twin, customer)) in enumerate(twins.items(), 1):
            twin.now = clock
            twin.customer_says(PLEA, customer=customer)
            tickets[name] = w.ticket(number)
            heard(w, twin, customer, 1)
            w.stage.zendesk.agent_replies(tickets[name], "Hello.", author="Ana")
            heard(w, twin, customer, 2)
        w.rests()
        ahead[0] = timedelta(hours=25)
        for name, (twin, customer) in twins.items():
            w.stage.zendesk.agent_replies(
                tickets[name], "We found it.\nIt comes today.", author="Ana"
            )
            said = heard(w, twin, customer, 3)[2]
            shown = (
                "Ana: We found it. It comes today." if name == "whatsapp" else "Ana: We found it."
            )
            assert shown in said.text
            w.until(lambda said=said: said.status == "delivered", "its receipt")  # type: ignore[misc]
        notes = [n for t in tickets.values() for n in w.comments(t, public=False)]
        assert not any("24 hours" in note for note in notes)


def test_messengers_echoes_and_what_else_happens_there(w: World) -> None:
    """Our own words come back and are nobody's; reactions and edits can be read; blocking is told."""
    twin = w.stage.messenger
    twin.customer_says(PLEA, customer=PSID)
    ticket = w.ticket()
    heard(w, twin, PSID, 1)
    assert twin.agent_writes_elsewhere(PSID, "From the page's own inbox").wait() == 200
    mid = twin.conversation(PSID)[0].id
    twin.customer_does("reaction", {"mid": mid, "action": "react", "emoji": "❤"}, customer=PSID)
    twin.customer_does("message_edit", {"mid": mid, "text": "to a person!", "num_edit": 1},
                       customer=PSID)  # fmt: skip
    assert twin.customer_does("read", {"watermark": 1}, customer=PSID).wait() == 200
    assert w.public(ticket, 2) == ["[Reaction: ❤]", "[Edited] to a person!"]
    twin.blocks(PSID)
    w.stage.zendesk.agent_replies(ticket, "Hello?", author="Ana")
    w.until(lambda: any("blocked" in n for n in w.comments(ticket, public=False)), "a note")
    w.rests()
    assert all("page's own inbox" not in c for c in w.comments(ticket, public=True))


def test_meta_shakes_hands_with_our_token_alone(w: World) -> None:
    for name in ("whatsapp", "messenger"):
        twin: Any = getattr(w.stage, name)
        token = w.stage.environ("x")[f"SANDBOX_{name.upper()}_VERIFY"]
        assert twin.shake_hands(token) == (200, "1158201444")
        for wrong in ("", token + "x", token.upper()):
            status, said = twin.shake_hands(wrong)
            assert status == 401
            assert "1158201444" not in said
    url = f"{w.url}/webhooks/channels/whatsapp"
    assert requests.head(url, timeout=5).status_code == 200
    assert requests.get(url, timeout=5).content == b""


def test_what_another_signed_is_refused(w: World) -> None:
    twins: list[tuple[Any, str]] = [
        (w.stage.telegram, "secret_token"), (w.stage.whatsapp, "app_secret"),
        (w.stage.messenger, "app_secret"),
    ]  # fmt: skip
    for twin, secret in twins:
        setattr(twin, secret, "another")
        assert twin.customer_says("hello", customer="1").wait() == 401
    w.rests()
    assert w.stage.anthropic.calls == type(w.stage.anthropic.calls)()


def test_the_story_with_the_example_client(tmp_path: Path) -> None:
    """`kind: webhook`, and docs/webhook_client.py on the other side."""
    client = _client()
    shown: list[str] = []
    port = free_port()
    server = client.server(SECRET, port, shown.append)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    sandbox = (ROOT / "config" / "sandbox.yaml").read_text()
    sandbox = sandbox.replace("prompts/", f"{ROOT}/config/prompts/")
    sandbox = sandbox.replace("knowledge: knowledge/", f"knowledge: {ROOT}/config/knowledge/")
    config = tmp_path / "channels.yaml"
    config.write_text(
        sandbox
        + f"""
  app:
    kind: webhook
    secrets: ["${{APP_SECRET:-{SECRET}}}"]
    deliver_to: http://127.0.0.1:{port}/connector
    base_url: http://127.0.0.1:{port}
    bot: support
    helpdesk: main
    quiet_period: 0s
"""
    )
    try:
        with world(tmp_path, config) as w:
            url = f"{w.url}/webhooks/channels/app"
            assert client.say(url, SECRET, "customer-1", "Where is my parcel?") == 204
            w.until(lambda: len(shown) == 1, "an answer")
            client.say(url, SECRET, "customer-1", PLEA)
            ticket = w.ticket()
            w.stage.zendesk.agent_replies(ticket, "It comes tomorrow.", author="Ana")
            w.until(lambda: shown[-1] == "Ana: It comes tomorrow.", "the agent's words")
            w.rests()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert len(shown) == 3


def _client() -> Any:
    spec = importlib.util.spec_from_file_location("client", ROOT / "docs" / "webhook_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_telegram_is_set_up_and_looked_at() -> None:
    """`setup` tells Telegram address and secret; `doctor` sees a wrong token and a wrong address."""
    url = "https://connector.example.com/webhooks/channels/telegram"
    with Stage("https://connector.example.com", bare=True) as stage:
        environ = stage.environ("sqlite://")
        config = TelegramConfig(
            environ["SANDBOX_TELEGRAM_TOKEN"],
            environ["SANDBOX_TELEGRAM_SECRET"],
            stage.telegram.url,
        )
        adapter, site = Telegram(config), Site("telegram", url)
        (piece,) = adapter.pieces(site)
        assert not piece.look().exists
        piece.make()
        assert piece.look().is_right
        assert stage.telegram.secret_token == config.secret_token
        stage.telegram.allowed_updates = ["message"]
        stage.telegram.webhook_url = "https://old.example.com"
        assert [d.name for d in piece.look().differences] == ["url", "updates"]
        marks = {c.about: c.look().mark for c in adapter.checks(site)}
        assert marks == {"sign-in": Mark.WELL, "deliveries": Mark.WELL}
        wrong = Telegram(replace(config, bot_token="1:wrongwrong"))
        assert wrong.checks(site)[0].look().mark is Mark.WRONG
