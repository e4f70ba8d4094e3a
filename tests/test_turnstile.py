"""Whose turn it is: webhooks before lanes, one lane at a time, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from connector import turnstile
from connector.turnstile import Turnstile

LONG = 30.0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody loses patience within a test."""
    monkeypatch.setattr(turnstile, "BEHIND_WEBHOOKS_SECONDS", LONG)
    monkeypatch.setattr(turnstile, "BEHIND_LANES_SECONDS", LONG)


@contextmanager
def beside(act: Callable[[], None]) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(LONG)
        assert not thread.is_alive()


class Lane:
    """A lane's thread: it tells when it is in, and stays until it is let go."""

    def __init__(self, turns: Turnstile) -> None:
        self.turns, self.entered, self.let_go = turns, threading.Event(), threading.Event()

    def __call__(self) -> None:
        with self.turns.lane():
            self.entered.set()
            assert self.let_go.wait(LONG)


@pytest.mark.usefixtures("patient")
def test_a_lane_waits_until_no_webhook_is_being_taken() -> None:
    turns = Turnstile()
    lane = Lane(turns)
    lane.let_go.set()
    first, second = turns.webhook(), turns.webhook()
    first.__enter__()
    second.__enter__()
    with beside(lane):
        assert not lane.entered.wait(0.2)
        first.__exit__(None, None, None)
        assert not lane.entered.wait(0.2)
        second.__exit__(None, None, None)
        assert lane.entered.wait(LONG)


@pytest.mark.usefixtures("patient")
def test_lanes_take_turns() -> None:
    turns = Turnstile()
    first, second = Lane(turns), Lane(turns)
    with beside(first):
        assert first.entered.wait(LONG)
        with beside(second):
            assert not second.entered.wait(0.2)
            first.let_go.set()
            assert second.entered.wait(LONG)
            second.let_go.set()


@pytest.mark.usefixtures("patient")
def test_who_waits_for_a_socket_lets_others_pass() -> None:
    turns = Turnstile()
    other = Lane(turns)
    with turns.lane():
        with turns.outside(), beside(other):
            assert other.entered.wait(LONG)
            other.let_go.set()
        later = Lane(turns)
        with beside(later):
            assert not later.entered.wait(0.2)  # the turn is its own again
            later.let_go.set()
            with turns.outside():
                assert later.entered.wait(LONG)


def test_outside_is_nothing_to_who_has_no_turn() -> None:
    turns = Turnstile()
    with turns.outside():
        pass
    assert turns._lanes == 0


@pytest.mark.parametrize("held", ["webhook", "lane"])
def test_patience_ends(held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "BEHIND_WEBHOOKS_SECONDS", 0.05)
    monkeypatch.setattr(turnstile, "BEHIND_LANES_SECONDS", 0.05)
    turns = Turnstile()
    lane = Lane(turns)
    lane.let_go.set()
    with getattr(turns, held)(), beside(lane):
        assert lane.entered.wait(LONG)


def test_an_error_gives_the_turn_back() -> None:
    turns = Turnstile()
    with pytest.raises(LookupError), turns.lane(), turns.outside():
        raise LookupError
    assert turns._lanes == 0
