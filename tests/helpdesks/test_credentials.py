"""OAuth tokens: fetched once, renewed early and after a 401, by one thread at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.errors import Transient
from connector.helpdesks.zendesk.config import OAuthClient, ZendeskConfig
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import Clock, comment_draft
from tests.helpdesks.fake import BASIC, CLIENT_ID, Fake, Fault

TOKENS = "/oauth/tokens"


def add(desk: Zendesk, fake: Fake) -> None:
    desk.add_comment(comment_draft(fake.add_ticket()))


def test_one_token_serves_until_shortly_before_its_end(
    desk: Zendesk, fake: Fake, clock: Clock
) -> None:
    add(desk, fake)
    clock.forward(minutes=27, seconds=59)
    add(desk, fake)
    assert len(fake.tokens) == 1
    clock.forward(seconds=1)
    add(desk, fake)
    assert len(fake.tokens) == 2
    (asked, *_) = fake.calls("POST", TOKENS)
    assert asked.body["grant_type"] == "client_credentials"
    assert "read" in asked.body["scope"].split()


def test_a_short_lived_token_is_used_at_all(desk: Zendesk, fake: Fake, clock: Clock) -> None:
    fake.expires_in = 20
    add(desk, fake)
    clock.forward(seconds=9)
    add(desk, fake)
    assert len(fake.tokens) == 1
    clock.forward(seconds=1)
    add(desk, fake)
    assert len(fake.tokens) == 2


def test_a_token_without_an_end_is_kept(desk: Zendesk, fake: Fake, clock: Clock) -> None:
    fake.expires_in = None
    add(desk, fake)
    clock.now += timedelta(days=400)
    add(desk, fake)
    assert len(fake.tokens) == 1


def test_a_revoked_token_is_renewed_once_and_the_comment_is_there_once(
    desk: Zendesk, fake: Fake
) -> None:
    add(desk, fake)
    fake.tokens.append("revoked by an administrator")
    ticket = fake.add_ticket()
    desk.add_comment(comment_draft(ticket))
    assert len(fake.comments[ticket]) == 1
    assert len(fake.calls("POST", TOKENS)) == 2


def test_a_401_that_stays_is_transient_and_asked_twice_at_most(desk: Zendesk, fake: Fake) -> None:
    fake.faults.append(Fault("PUT", "/tickets/", status=401, always=True))
    with pytest.raises(Transient):
        add(desk, fake)
    assert len(fake.calls("PUT", "/tickets/")) == 2


def test_a_wrong_secret_waits_for_the_operator(config: ZendeskConfig, fake: Fake) -> None:
    desk = Zendesk(replace(config, oauth=OAuthClient(CLIENT_ID, "wrong")))
    with pytest.raises(Transient) as raised:
        add(desk, fake)
    assert (raised.value.status, raised.value.code) == (401, "invalid_client")
    fake.faults.append(Fault("POST", TOKENS, status=400, body={"error": "invalid_scope"}))
    with pytest.raises(Transient):
        add(desk, fake)
    assert len(fake.calls("POST", TOKENS)) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", TOKENS, reset="before"),
        Fault("POST", TOKENS, reset="after"),
        Fault("POST", TOKENS, status=502, body="<html>"),
    ],
)
def test_a_passing_fault_of_a_renewal_is_repeated(desk: Zendesk, fake: Fake, fault: Fault) -> None:
    fake.faults.append(fault)
    add(desk, fake)
    assert len(fake.calls("POST", TOKENS)) == 2


def test_an_outage_of_renewals_ends(desk: Zendesk, fake: Fake) -> None:
    fake.faults.append(Fault("POST", TOKENS, status=500, always=True))
    with pytest.raises(Transient):
        add(desk, fake)
    assert len(fake.calls("POST", TOKENS)) == 3


def test_asked_to_wait_it_waits_elsewhere(desk: Zendesk, fake: Fake) -> None:
    headers = {"Retry-After": "90"}
    fake.faults.append(Fault("POST", TOKENS, status=429, headers=headers, always=True))
    with pytest.raises(Transient) as raised:
        add(desk, fake)
    assert raised.value.retry_after == timedelta(seconds=90)
    assert len(fake.calls("POST", TOKENS)) == 1


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": "a\r\nX: b"}, "<p>"])
def test_an_unreadable_token_is_transient(desk: Zendesk, fake: Fake, body: object) -> None:
    fake.faults.append(Fault("POST", TOKENS, status=200, body=body, always=True))
    with pytest.raises(Transient):
        add(desk, fake)
    assert fake.calls("PUT", "/") == []


def test_threads_that_find_an_old_token_renew_it_once(
    desk: Zendesk, fake: Fake, clock: Clock
) -> None:
    add(desk, fake)
    clock.forward(hours=1)
    barrier = threading.Barrier(6, timeout=5)

    def write(_: int) -> None:
        barrier.wait()
        add(desk, fake)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert len(fake.tokens) == 2


def test_an_api_token_is_basic_and_never_renewed(token_desk: Zendesk, fake: Fake) -> None:
    add(token_desk, fake)
    assert fake.calls("PUT", "/tickets/")[0].headers["authorization"] == BASIC
    fake.faults.append(Fault("PUT", "/tickets/", status=401))
    with pytest.raises(Transient):
        add(token_desk, fake)
    assert fake.calls("POST", TOKENS) == []
    assert len(fake.calls("PUT", "/tickets/")) == 2


def test_an_account_without_credentials_is_refused_at_the_door(config: ZendeskConfig) -> None:
    with pytest.raises(ValueError, match="main"):
        Zendesk(replace(config, oauth=None))
