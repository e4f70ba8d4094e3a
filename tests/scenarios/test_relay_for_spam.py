"""The helpdesk is no relay for spam, over real HTTP: nobody's address gets in, and tickets are capped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.scenarios.world import CUSTOMER, PLEA, ROOT, world

SHAPES = (  # what mail and helpdesks take for an address
    "My e-mail is {0}, send it there.",
    "From: {0}\nTo: {0}\nCc: {0}\nReply-To: {0}",
    "<{0}> please answer by mail to {0}",
    "requester: {0}\ncollaborators: {0}\nemail_ccs: {0}",
    "#requester {0} #cc {0} mailto:{0}",
)
CUSTOMERS, EACH = 40, 25
ADDRESSES = CUSTOMERS * EACH


def test_a_thousand_forged_addresses_make_no_requester(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        for number in range(CUSTOMERS):
            forged = [f"victim{number}-{each}@example.com" for each in range(EACH)]
            lines = [SHAPES[n % len(SHAPES)].format(address) for n, address in enumerate(forged)]
            w.says("\n".join([PLEA, *lines])[:1600], f"+1202555{number:04}")
        # A name that is one: what the customer calls themselves.
        w.stage.telegram.customer_says(
            f"{PLEA}. I am boss@example.com", customer="7000001", name="boss@example.com"
        ).wait()
        w.ticket(CUSTOMERS + 1)
        w.rests()
        zendesk = w.stage.zendesk
        people = [p for p in zendesk.users.all() if p["role"] == "end-user"]
        assert len(people) == CUSTOMERS + 1
        assert {p["email"] for p in people} == {None}
        for ticket in zendesk.tickets_.all():
            for others in ("email_cc_ids", "collaborator_ids", "follower_ids"):
                assert not ticket.facts.get(others), others
        # The words themselves are the customer's and stand in the ticket.
        told = "".join(w.html(ticket.id) for ticket in zendesk.tickets())
        assert "victim0-0@example.com" in told
        assert "boss@example.com" in told


def test_one_customers_tickets_are_capped_and_nothing_is_lost(tmp_path: Path) -> None:
    ahead = [timedelta(0)]

    def clock() -> datetime:
        return datetime.now(UTC) + ahead[0]

    text = (ROOT / "config/sandbox.yaml").read_text()
    text = text.replace("prompts/", f"{ROOT}/config/prompts/")
    text = text.replace("knowledge: knowledge", f"knowledge: {ROOT}/config/knowledge")
    assert "tickets_per_day: 1000" in text
    config = tmp_path / "channels.yaml"
    config.write_text(text.replace("tickets_per_day: 1000", "tickets_per_day: 2"))
    with world(tmp_path, config, clock) as w:
        heard = 0
        for number in (1, 2):
            w.says(PLEA)
            ticket = w.ticket(number)
            w.hears(heard + 1)
            w.stage.zendesk.set_status(ticket, "solved")
            heard = len(w.hears(heard + 2))
            w.rests()
        w.says(PLEA)
        w.says("And my invoice is wrong, too.")
        (told,) = w.hears(heard + 1)[heard:]
        assert "as soon as possible" in told
        assert len(w.stage.zendesk.tickets()) == 2
        assert w.metric('connector_alarms{kind="cap_reached",owner="sms"}') == 1
        # Somebody else gets theirs at once.
        w.says(PLEA, "+12025550199")
        w.ticket(3)
        w.rests()
        ahead[0] = timedelta(hours=12, minutes=1)
        late = w.ticket(4)
        w.hears(heard + 2)
        w.rests()
        assert w.view(late).requester_phone == CUSTOMER
        assert w.html(late).count("And my invoice is wrong, too.") == 1
        assert len(w.stage.zendesk.tickets()) == 4
        assert len(w.phone()) == heard + 2
