"""Give back to the bot, and send again: from the button through the decision to phone and ticket."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from connector.domain.conversation import WithBot
from connector.domain.ids import Address, TicketId, conversation_id
from connector.errors import Transient
from connector.storage import conversations
from connector.storage.engine import Database
from connector.storage.tables import conversations as conversations_
from connector.storage.tables import episodes
from tests.domain.decide.given import PLEA
from tests.pipeline.rig import CHANNEL, Rig
from tests.web.ops_given import accounts, client, sign_in, token

HERE = {"Origin": "http://localhost"}
OURS = conversation_id(CHANNEL, Address("+15550123"))
PAGE = f"/ops/conversations/{OURS}"
TICKET = TicketId("1")


@pytest.fixture
def rig(db: Database) -> Rig:
    """Handed over, and an agent's answer did not arrive."""
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(5)
    rig.desk.agent_says(TICKET, "It is on its way.")
    rig.webhook(TICKET)
    rig.passes(5)
    rig.receipt("SMout2", "failed", code="30003", meaning="unreachable")
    rig.passes(30)
    return rig


def test_two_operators_send_again_once_and_then_give_back(rig: Rig) -> None:
    ana, bo = client(rig, accounts()), client(rig, accounts())
    for asks in (ana, bo):
        sign_in(asks, "ana")
    page = ana.get(PAGE)
    for name in ("Send again", "1 message did not reach the customer", "Give back to the bot"):
        assert name in page.text
    assert "Hand over now" not in page.text
    form, other = {"token": token(page)}, {"token": token(bo.get(PAGE))}
    pressed = ana.post(f"{PAGE}/resend", data=form, headers=HERE)
    second = bo.post(f"{PAGE}/resend", data=other, headers=HERE)
    assert (pressed.status_code, second.status_code) == (303, 409)
    assert "ordered that already" in second.text
    rig.passes(5)
    assert rig.phone()[-2:] == ["Ana: It is on its way."] * 2
    assert "as ana ordered on the dashboard: 1 message" in rig.desk.transcript(TICKET)
    nothing = ana.post(f"{PAGE}/resend", data=form, headers=HERE)
    assert (nothing.status_code, "nothing to send again" in nothing.text) == (409, True)

    rig.texts_in("And my refund?")
    rig.passes(5)
    assert ana.post(f"{PAGE}/hand-back", data=form, headers=HERE).status_code == 303
    assert bo.post(f"{PAGE}/hand-back", data=other, headers=HERE).status_code == 409
    rig.passes(5)
    assert rig.phone()[-1].endswith("re: And my refund?")
    assert "Given back to the bot</b> by ana" in rig.desk.transcript(TICKET)
    found = rig.db.read(lambda c: conversations.load(c, OURS))
    assert found is not None
    assert isinstance(found.holder, WithBot)
    late = bo.post(f"{PAGE}/hand-back", data=other, headers=HERE)
    assert (late.status_code, "The bot has it already" in late.text) == (409, True)
    log = ana.get("/ops/log").text
    assert (log.count("had sent again"), log.count("gave back to the bot")) == (1, 1)
    e = episodes.c
    asked = select(e.topic, e.outcome, e.ticket_at, e.replied_at).order_by(e.number)
    rows = [tuple(row) for row in rig.db.read(lambda c: c.execute(asked).all())]
    assert rows[0][:2] == ("late delivery", "handed_back")
    assert rows[0][2] < rows[0][3]
    assert rows[1] == (None,) * 4


def test_what_failed_again_may_be_sent_again_and_nothing_after_stop(rig: Rig) -> None:
    asks = client(rig)
    form = {"token": token(asks.get(PAGE))}
    for number in (1, 2):
        answer = asks.post(f"{PAGE}/resend", data=form, headers=HERE)
        assert answer.status_code == 303
        rig.passes(5)
        rig.receipt(f"SMout{2 + number}", "failed", code="30003", meaning="unreachable")
        rig.passes(30)
    rig.consents("stop")
    rig.passes(5)
    answer = asks.post(f"{PAGE}/resend", data=form, headers=HERE)
    assert (answer.status_code, "opted out" in answer.text) == (409, True)
    assert "Send again" not in asks.get(PAGE).text
    assert rig.phone().count("Ana: It is on its way.") == 3


def test_a_customer_is_forgotten_once_and_only_by_who_means_it(rig: Rig) -> None:
    ana, bo = client(rig, accounts()), client(rig, accounts())
    for asks in (ana, bo):
        sign_in(asks, "ana")
    form, other = {"token": token(ana.get(PAGE))}, {"token": token(bo.get(PAGE))}
    unsure = ana.post(f"{PAGE}/forget", data=form, headers=HERE)
    assert (unsure.status_code, "Tick the box" in unsure.text) == (409, True)
    assert "It is on its way." in ana.get(PAGE).text
    pressed = ana.post(f"{PAGE}/forget", data=form | {"sure": "yes"}, headers=HERE)
    assert pressed.status_code == 303
    assert "The customer is forgotten here" in ana.get(pressed.location).text
    second = bo.post(f"{PAGE}/forget", data=other | {"sure": "yes"}, headers=HERE)
    assert (second.status_code, "no such customer" in second.text) == (409, True)
    assert ana.get(PAGE).status_code == 404
    shown = ana.get("/ops/conversations").text
    assert ("+15550123" in shown, "forgotten " in shown) == (False, True)
    assert ana.get("/ops/log").text.count("forgot") == 1
    ours = rig.db.read(lambda c: c.scalars(select(conversations_.c.id)).one())
    emptied = ana.get(f"/ops/conversations/{ours}").text
    assert ("It is on its way." in emptied, "Forget this customer" in emptied) == (False, False)


def test_while_the_ticket_is_not_there_yet_nothing_is_given_back(db: Database) -> None:
    def down(operation: str, when: str) -> None:
        if operation == "open_ticket":
            raise Transient("down", status=503, code="http_503")

    rig = Rig(db)
    rig.hook(down)
    rig.texts_in(PLEA)
    rig.passes(3)
    asks = client(rig, accounts())
    sign_in(asks, "ana")
    page = asks.get(PAGE)
    assert "What you can order" not in page.text
    form = {"token": token(page)}
    for path, says in (
        (f"{PAGE}/hand-back", "just being handed over"),
        (f"{PAGE}/resend", "nothing to send again"),
        (f"{PAGE}/hand-over", "A person has it already"),
        ("/ops/conversations/none/hand-back", "no such conversation"),
        ("/ops/conversations/none/resend", "no such conversation"),
    ):
        answer = asks.post(path, data=form, headers=HERE)
        assert (answer.status_code, says in answer.text) == (409, True), path
    assert "ordered" not in asks.get("/ops/log").text
