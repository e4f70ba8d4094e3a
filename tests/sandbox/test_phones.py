"""The page's phones: one list over all apps of the stage."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.sandbox.chat import App, Said
from connector.sandbox.page.facts import RecentFacts
from connector.sandbox.page.phones import Phones
from connector.sandbox.page.sources import FaultOrder, RefusedError
from connector.sandbox.page.view import state
from connector.sandbox.page.wire import sources
from connector.sandbox.stage import CUSTOMERS, Stage

WHO = (
    "telegram:7000001", "whatsapp:+12025550149", "messenger:24601775", f"sms:{CUSTOMERS[0]}",
)  # fmt: skip


@pytest.fixture
def stage() -> Stage:
    return Stage("http://127.0.0.1:1", bare=True)  # nobody listens


def test_each_app_has_its_customers_and_sms_comes_first(stage: Stage) -> None:
    with stage:
        stage.telegram.customer_says("hi", customer="42")
        apps = Phones(stage.apps).apps()
    assert [app.key for app in apps][:4] == ["sms", "whatsapp", "telegram", "messenger"]
    assert apps[0].customers == tuple(f"sms:{one}" for one in CUSTOMERS)
    assert apps[2].customers == ("telegram:7000001", "telegram:42")
    assert all(app.customers and app.label and app.reached_at for app in apps)


def test_an_app_is_offered_as_soon_as_the_stage_has_it(stage: Stage) -> None:
    """A row is all that it takes: no other file knows its name."""

    class Pigeons:
        said: list[Said] = []  # noqa: RUF012

        def customers(self) -> list[str]:
            return ["DE-0342"]

        def conversation(self, customer: str) -> list[Said]:
            return self.said

        def customer_says(self, text: str, *, customer: str) -> None:
            self.said.append(Said("1", "inbound", customer, text, datetime.now(UTC), "sent"))

    with stage:
        pigeon = App("pigeon", "Pigeon", "Pigeons", "the loft", Pigeons())
        phones = Phones((*stage.apps, pigeon))
    phones.customer_says("pigeon:DE-0342", "coo")
    assert phones.apps()[-1].customers == ("pigeon:DE-0342",)
    assert [m.text for m in phones.conversation("pigeon:DE-0342")] == ["coo"]
    assert phones.typing_until("pigeon:DE-0342") is None
    with pytest.raises(RefusedError):
        phones.customer_taps("pigeon:DE-0342", "Yes")


def test_what_can_be_made_to_fail_comes_from_the_apps(stage: Stage) -> None:
    with stage:
        faults = sources(stage, RecentFacts(lambda: None)).faults
        faults.add(FaultOrder("Messenger", "Send a message", "throttled", 2))
        assert [(o.twin, o.times) for o in faults.active()] == [("Messenger", 2)]
        assert {app.provider for app in stage.apps} <= set(faults.operations())
        faults.clear()
        assert faults.active() == []


def test_a_tap_typing_and_read_are_shown(stage: Stage) -> None:
    with stage:
        phones, zoe = Phones(stage.apps), "whatsapp:+12025550149"
        phones.customer_says(zoe, "hello")
        name = stage.whatsapp.conversation("+12025550149")[0].id
        stage.whatsapp.read(name, typing=True)
        assert phones.typing_until(zoe) is not None
        assert phones.conversation(zoe)[0].status == "read"
        stage.whatsapp.accept("+12025550149", "Shall I?", choices=("Yes, please", "No, thanks"))
        assert phones.typing_until(zoe) is None
        assert phones.conversation(zoe)[-1].choices == ("Yes, please", "No, thanks")
        phones.customer_taps(zoe, "Yes, please")
        assert phones.conversation(zoe)[-1].text == "Yes, please"
        with pytest.raises(RefusedError):
            phones.customer_taps(zoe, "Maybe")


def test_what_is_said_goes_to_its_app_and_is_shown_there_alone(stage: Stage) -> None:
    with stage:
        phones = Phones(stage.apps)
        for customer in WHO:
            phones.customer_says(customer, f"from {customer}")
        everybody = [who for app in phones.apps() for who in app.customers]
        shown = {who: [m.text for m in phones.conversation(who)] for who in everybody}
        stage.telegram.accept("7000001", "an answer", "https://x.example/a")
        answer = phones.conversation("telegram:7000001")[-1]
    assert {who: texts for who, texts in shown.items() if texts} == {
        who: [f"from {who}"] for who in WHO
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
