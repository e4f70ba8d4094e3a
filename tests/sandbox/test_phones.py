"""The page's phones: one list over SMS, WhatsApp, Telegram and Intercom."""

from __future__ import annotations

import pytest

from connector.sandbox.page.facts import RecentFacts
from connector.sandbox.page.phones import Phones
from connector.sandbox.page.view import state
from connector.sandbox.page.wire import sources
from connector.sandbox.stage import CUSTOMERS, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage("http://127.0.0.1:1", bare=True)  # nobody listens


def test_each_app_has_customers_after_those_of_sms(stage: Stage) -> None:
    with stage:
        listed = list(Phones(stage).customers())
    assert listed[: len(CUSTOMERS)] == list(CUSTOMERS)
    assert {one.partition(":")[0] for one in listed[len(CUSTOMERS) :]} == {
        "whatsapp", "telegram", "intercom",
    }  # fmt: skip


def test_what_is_said_goes_to_its_app_and_is_shown_there_alone(stage: Stage) -> None:
    with stage:
        phones = Phones(stage)
        for customer in ("telegram:7000001", "whatsapp:+12025550149", CUSTOMERS[0]):
            phones.customer_says(customer, f"from {customer}")
        shown = {who: [m.text for m in phones.conversation(who)] for who in phones.customers()}
        stage.telegram.accept("7000001", "an answer", "https://x.example/a")
        answer = phones.conversation("telegram:7000001")[-1]
    assert {who: texts for who, texts in shown.items() if texts} == {
        who: [f"from {who}"] for who in ("telegram:7000001", "whatsapp:+12025550149", CUSTOMERS[0])
    }
    assert (answer.direction, answer.text, answer.media[0].url) == (
        "outbound", "an answer", "https://x.example/a",
    )  # fmt: skip


def test_the_page_shows_them(stage: Stage) -> None:
    with stage:
        made = sources(stage, RecentFacts(lambda: None))
        made.phone.customer_says("whatsapp:+12025550149", "hello")
        told = state(made)
    customers = told["customers"]
    assert isinstance(customers, list)
    found = next(c for c in customers if c["address"] == "whatsapp:+12025550149")
    assert [m["text"] for m in found["messages"]] == ["hello"]
