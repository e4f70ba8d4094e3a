"""The wall around zenpy: no repeats, no waiting, no credential elsewhere, no secret in an error."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from connector.domain.ids import TicketId
from connector.domain.tickets import Cursor
from connector.errors import ProviderError, Rejected, Transient, Uncertain
from connector.helpdesks.zendesk.client import Client, ZendeskSession
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.credentials import credentials
from connector.helpdesks.zendesk.desk import Zendesk
from connector.helpdesks.zendesk.refusals import Call
from tests.helpdesks.conftest import comment_draft, ticket_draft
from tests.helpdesks.fake import Fake, Fault, running

PUT = "/tickets/"


def _in(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("42", 42, 42),
        ("1.5", 1.5, 1.5),
        pytest.param(_in(3600), 3400, 3600, id="date"),
        ("0", 0, 0),
        ("soon", None, None),
        (None, None, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503, 409])
def test_too_many_raises_at_once(
    desk: Zendesk, fake: Fake, status: int, header: str | None, low: float, high: float
) -> None:
    """zenpy would sleep in the call, or fail on "1.5"."""
    ticket = fake.add_ticket()
    headers = {"Retry-After": header} if header else {}
    body = {"error": "APIRateLimitExceeded"}
    fake.faults.append(Fault("PUT", PUT, status=status, headers=headers, body=body))
    began = time.monotonic()
    with pytest.raises(Transient) as raised:
        desk.add_comment(comment_draft(ticket))
    assert time.monotonic() - began < 1
    assert len(fake.calls("PUT", PUT)) == 1
    asked = raised.value.retry_after
    assert asked is None if low is None else low <= asked.total_seconds() <= high  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("PUT", PUT, status=500, body={"error": "oops"}), Uncertain),
        (Fault("PUT", PUT, status=502, body="<html>bad gateway</html>"), Uncertain),
        (Fault("PUT", PUT, status=504), Uncertain),
        (Fault("PUT", PUT, status=200, body="<html>hello</html>"), Uncertain),
        (Fault("PUT", PUT, status=200, body=[]), Uncertain),
        (Fault("PUT", PUT, status=200, body={}), Uncertain),
        (Fault("PUT", PUT, status=200, body={"ticket": {"id": 1}}), Uncertain),
        (Fault("PUT", PUT, status=200, body={"ticket": {}, "audit": {"events": []}}), Uncertain),
        (Fault("PUT", PUT, status=301, headers={"Location": "/elsewhere"}), Transient),
        (Fault("PUT", PUT, status=403, body={"error": "Forbidden"}), Transient),
        (Fault("PUT", PUT, status=404, body={"error": "InvalidEndpoint"}), Transient),
        (Fault("PUT", PUT, status=400, body={"error": {"title": "canary"}}), Rejected),
        (Fault("PUT", PUT, status=413), Rejected),
        (Fault("PUT", PUT, status=422, body={"error": "invalid", "details": "canary"}), Rejected),
    ],
)
def test_each_answer_means_one_thing(
    desk: Zendesk, fake: Fake, fault: Fault, error: type[ProviderError]
) -> None:
    ticket = fake.add_ticket()
    fake.faults.append(fault)
    with pytest.raises(error) as raised:
        desk.add_comment(comment_draft(ticket))
    assert type(raised.value) is error
    assert (raised.value.provider, raised.value.operation) == ("zendesk", "add_comment")
    assert len(fake.calls("PUT", PUT)) == 1


def test_nobody_listening_is_transient(config: ZendeskConfig, token_desk: Zendesk) -> None:
    with running() as gone:
        url = gone.url
    desk = Zendesk(replace(config, base_url=url))
    with pytest.raises(Transient):
        desk.add_comment(comment_draft(1))


CALLS: list[Callable[[Zendesk, int], Any]] = [
    lambda desk, _: desk.open_ticket(ticket_draft()),
    lambda desk, _: desk.find_ticket(ticket_draft()),
    lambda desk, ticket: desk.add_comment(comment_draft(ticket)),
    lambda desk, ticket: desk.find_comment(comment_draft(ticket)),
    lambda desk, ticket: desk.changes(TicketId(str(ticket)), Cursor()),
]
FAULTS: list[dict[str, Any]] = [
    {"status": 401, "body": {"error": {"title": "canary"}}},
    {"status": 422, "body": {"error": "canary-x y", "details": {"canary text": [{}]}}},
    {"status": 200, "body": {"canary": "canary-body"}},
    {"status": 200, "body": "<p>canary</p>"},
    {"status": 500, "body": "canary"},
    {"status": 302, "headers": {"Location": "http://canary.example/"}},
    {"reset": "before"},
    {"hang": 0.8},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: "-".join(str(v)[:8] for v in f.values()))
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("which", ["desk", "token_desk"])
def test_an_error_holds_no_token_text_or_number(
    request: pytest.FixtureRequest, fake: Fake, call: Any, fault: dict[str, Any], which: str
) -> None:
    desk: Zendesk = request.getfixturevalue(which)
    ticket = fake.add_ticket()
    desk.add_comment(comment_draft(ticket))  # there is a token in memory now
    fake.faults += [Fault(m, "/api/", **fault, always=True) for m in ("GET", "POST", "PUT")]
    with pytest.raises(ProviderError) as raised:
        call(desk, ticket)
    error = raised.value
    told = "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error)
    chained = error.__cause__ or error.__context__
    lines = [line for line in told.splitlines() if "canary" in line.casefold()]
    assert (lines, chained) == ([], None)
    assert "5550100" not in told


def test_secrets_do_not_show_in_a_repr(config: ZendeskConfig) -> None:
    assert "canary" not in repr(config)


def test_credentials_reach_no_other_host(config: ZendeskConfig, fake: Fake) -> None:
    """Neither by a redirect nor by an address that we are given."""
    with running() as other:
        desk = Zendesk(config)
        ticket = fake.add_ticket()
        elsewhere = {"Location": f"{other.url}/api/v2/tickets/{ticket}.json"}
        fake.faults.append(Fault("GET", "/tickets/", status=302, headers=elsewhere))
        with pytest.raises(Transient):
            desk.changes(TicketId(str(ticket)), Cursor())
        session = ZendeskSession(config, credentials(config))
        for address in (other.url, "https://evil.example", "https://x.acme.zendesk.com"):
            with pytest.raises(requests.exceptions.InvalidURL):
                session.get(f"{address}/api/v2/tickets.json")
        assert other.seen == []


def test_an_answer_keeps_no_credential(config: ZendeskConfig, fake: Fake) -> None:
    session = ZendeskSession(config, credentials(config))
    session.call = Call("read", repeatable=True)
    answer = session.get(f"{config.official}/api/v2/users/search.json", params={"query": "x"})
    assert "Authorization" not in answer.request.headers
    assert fake.calls("GET", "search")[0].headers["authorization"].startswith("Bearer ")


def test_zenpys_environment_cannot_move_us(
    desk: Zendesk, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ZENPY_FORCE_NETLOC is process-wide: it must not carry an account's credentials away."""
    with running() as other:
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", other.url.removeprefix("http://"))
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        with pytest.raises(Rejected):
            desk.add_comment(comment_draft(fake.add_ticket()))
        assert (other.seen, fake.calls("PUT", "/")) == ([], [])


def test_a_proxy_is_chosen_by_the_host_that_is_called(
    desk: Zendesk, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert desk.add_comment(comment_draft(fake.add_ticket()))


def test_two_threads_share_no_client(config: ZendeskConfig, fake: Fake) -> None:
    client = Client(config)
    barrier = threading.Barrier(2, timeout=5)

    def mine() -> tuple[int, int]:
        barrier.wait()
        zenpy = client.write(Call("look"), lambda z: z)
        assert client.write(Call("look"), lambda z: z) is zenpy
        barrier.wait()
        return id(zenpy), id(zenpy.tickets.session)

    with ThreadPoolExecutor(2) as pool:
        one, two = (f.result() for f in [pool.submit(mine), pool.submit(mine)])
    assert one[0] != two[0]
    assert one[1] != two[1]


def test_many_threads_write_each_comment_once(desk: Zendesk, fake: Fake) -> None:
    tickets = [fake.add_ticket() for _ in range(8)]

    def write(number: int) -> None:
        ticket = tickets[number % len(tickets)]
        desk.add_comment(comment_draft(ticket, key=f"k{number}", html=f"<p>{number}</p>"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    texts = sorted(c["html_body"] for t in tickets for c in fake.comments[t])
    assert texts == sorted(f"<p>{number}</p>" for number in range(40))
    assert len(fake.tokens) == 1
