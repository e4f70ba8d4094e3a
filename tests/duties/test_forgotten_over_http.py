"""A60 as it is in life: over HTTP, beside a running connector, down to the bytes of its files."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from connector import log
from connector.cli.commands import main
from connector.pipeline import forgetting
from connector.sandbox.twilio.messages import Media
from tests.duties.given import in_files, integrity
from tests.scenarios.world import CUSTOMER, ROOT, World, world

CANARIES = ("zanzibar", "quetzalcoatl", CUSTOMER.removeprefix("+"))
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
PLEA = "I want to talk to a human please, about quetzalcoatl"


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(forgetting, "LANDED", timedelta(0))
    with (tmp_path / "connector.log").open("w") as stream:
        log.set_up(stream=stream)
        try:
            with world(tmp_path) as found:
                url = f"sqlite:///{tmp_path}/connector.db"
                for name, value in found.stage.environ(url).items():
                    monkeypatch.setenv(name, value)
                yield found
        finally:
            structlog.reset_defaults()
            logging.basicConfig(force=True)


def connector(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(ROOT / "config" / "sandbox.yaml")])


def twin_text(w: World, ticket: int) -> str:
    """All that Zendesk has of the ticket and its requester, but for what its subject was before."""
    zendesk = w.stage.zendesk
    found = zendesk.tickets_.get(ticket)
    person = zendesk.users.get(found.facts["requester_id"])
    identities = zendesk.users.identities(person)
    audits = [e for a in found.audits for e in a["events"] if e["type"] == "Comment"]
    return json.dumps([found.facts, found.comments, audits, person, identities])


def test_a60_forget_leaves_no_trace_and_the_customer_may_begin_anew(
    w: World, tmp_path: Path
) -> None:
    w.says("Is my zanzibar parcel late?", media=[Media("image/png", "zanzibar.png", PNG)])
    w.hears(1)
    w.says(PLEA)
    ticket = w.ticket()
    w.hears(2)
    w.stage.zendesk.agent_replies(ticket, "It is on its way")
    w.hears(3)
    w.says("zanzibar, thank you")
    w.public(ticket, 2)
    w.rests()
    assert in_files(tmp_path, CANARIES[:1])

    told = connector("forget", CUSTOMER, "--dry-run")
    assert told.exit_code == 0, told.output
    assert f"{CUSTOMER} on sms: 6 messages in 1 conversation since" in told.output
    assert in_files(tmp_path, CANARIES[:1])  # nothing was done

    done = connector("forget", CUSTOMER)
    assert done.exit_code == 0, done.output
    assert "Forgotten." in done.output
    assert "for the address: 0 places." in done.output
    assert f"1 ticket ({ticket}) will be blotted out" in done.output
    # The connector runs on, and its database, its log and what it has told are searched as bytes.
    assert in_files(tmp_path, CANARIES) == []
    assert integrity(tmp_path / "connector.db") == "ok"

    w.until(lambda: "quetzalcoatl" not in twin_text(w, ticket), "a ticket without the words")
    w.rests()
    text = twin_text(w, ticket)
    assert [each for each in CANARIES if each in text] == []
    assert "It is on its way" in text  # the agent's own
    assert '"Forgotten customer"' in text
    assert "connector:" not in text
    assert '"redacted.txt"' in text  # the customer's picture
    assert in_files(tmp_path, CANARIES) == []

    heard = len(w.phone())
    w.says("Hello, I am new here")
    w.hears(heard + 1)
    w.says(PLEA)
    second = w.ticket(2)
    assert second != ticket
    w.hears(heard + 2)
    again = connector("forget", CUSTOMER, "--json", "--keep-tickets")
    assert json.loads(again.output)["tickets"] == [str(second)]
    assert connector("forget", CUSTOMER).output.startswith(f"Nothing is kept of {CUSTOMER}.")
    assert in_files(tmp_path, CANARIES) == []
