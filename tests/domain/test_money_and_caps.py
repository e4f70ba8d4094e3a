"""What a call costs, which buckets a message counts in, and what a limit that is used up leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.bots import prices
from connector.domain import events as e
from connector.domain.caps import (
    MESSAGES,
    USD_PER_DAY,
    Cap,
    MessageCaps,
    buckets,
    country,
    number,
    ticket_bucket,
)
from connector.domain.conversation import Author, Ended, HandingOff, WithAgent, WithBot
from connector.domain.effects import AskBot, OpenTicket, SendText, SetTimer, Summarise
from connector.domain.handoff.base import Trigger
from connector.domain.ids import Address, ConversationId, ExternalId
from connector.domain.money import Price, Rates, cost
from connector.domain.turns import Usage
from tests.domain.decide.given import PLEA, POLICY, SUMMARY, Story

MILLION = 10**6


@pytest.mark.parametrize(
    ("model", "used", "dollars"),
    [
        ("claude-haiku-5-5", Usage(), 0),
        ("claude-haiku-5-5", Usage(input=100_000), 0.01),
        (
            "claude-haiku-5-5",
            Usage(input=100_001),
            0.0500005,
        ),  # a long prompt: every token at its rate
        ("claude-haiku-5-5", Usage(input=90_000, cache_read=10_001, output=1000), 0.048000_05),
        ("claude-haiku-5-5", Usage(cache_read=20_000, input=500, output=100), 0.0003),
        ("claude-haiku-4-5-20251001", Usage(MILLION, MILLION, MILLION, MILLION), 7.35),
        ("claude-sonnet-5-5", Usage(cache_write=MILLION, cache_read=MILLION), 2.6),
    ],
)
def test_what_a_call_costs(model: str, used: Usage, dollars: float) -> None:
    price = prices.known().price(model)
    assert price is not None
    assert cost(price, used) == round(dollars * 10**9)


def test_money_is_never_rounded_down() -> None:
    assert cost(Price(Rates(0.0001, 0, 0, 0)), Usage(input=1)) == 1


def test_a_model_that_nobody_knows_is_held_to_what_none_exceeds() -> None:
    listed = prices.known()
    assert listed.price("claude-haiku-9") is None
    for price in listed.models.values():
        for used in (
            Usage(input=200_000),
            Usage(output=9),
            Usage(cache_write=9),
            Usage(0, 0, 0, 9),
        ):
            assert cost(price, used) <= cost(listed.dearest, used)


@pytest.mark.parametrize(
    ("address", "digits", "code"),
    [
        ("+15550123", "15550123", "1"),
        ("whatsapp:+5511999990000", "5511999990000", "55"),
        ("+442071234567", "442071234567", "44"),
        ("+351912345678", "351912345678", "351"),
        ("+77011234567", "77011234567", "7"),
        ("US.1349", "", ""),  # a user id of WhatsApp's
        ("12345", "", ""),  # a short code, or an id in a chat
        ("+123", "", ""),
    ],
)
def test_whose_number_it_is(address: str, digits: str, code: str) -> None:
    assert number(Address(address)) == digits
    assert country(digits) == code


def test_a_message_counts_for_its_customer_block_and_country() -> None:
    caps = MessageCaps(60, 600, 6000)
    ours = ConversationId("c1")
    found = buckets(caps, "sms", ours, Address("+442071234567"))
    assert [limit.name for _, limit in found] == [
        "cap:sms:messages_per_hour:c1",
        "cap:sms:prefix_messages_per_hour:44207123",
        "cap:sms:country_messages_per_hour:44",
    ]
    assert all(limit.every * limit.burst == timedelta(hours=1) for _, limit in found)
    assert not any("4567" in limit.name for _, limit in found)
    assert len(buckets(caps, "sms", ours, Address("US.13"))) == 1
    assert buckets(MessageCaps(), "sms", ours, Address("+442071234567")) == ()


# --- what decisions make of it

MONEY, FLOOD = Cap(USD_PER_DAY, "20 US dollars a day"), Cap(MESSAGES, "60 messages an hour")


def told(story: Story, *reached: Cap) -> Story:
    story.policy = POLICY.__class__(**{**POLICY.__dict__, "reached": reached})
    return story


def test_no_limit_reached_no_handoff() -> None:
    story = told(Story())
    story.happens(e.CustomerMessaged(story.at, ExternalId("1"), "Where is my parcel?"))
    assert isinstance(story.conversation.holder, WithBot)


@pytest.mark.parametrize("cap", [MONEY, FLOOD])
def test_a_limit_hands_over_and_says_which_one(cap: Cap) -> None:
    story = told(Story(), cap)
    done = story.happens(e.CustomerMessaged(story.at, ExternalId("1"), "Where is my parcel?"))
    holder = story.conversation.holder
    assert isinstance(holder, HandingOff)
    assert holder.decided.trigger is Trigger.BOT_FAILURE
    assert cap.name in holder.decided.evidence[0].detail
    assert not any(isinstance(x, AskBot) for x in done)
    # Nothing is promised before the ticket exists; without money there is no summary to wait for.
    assert not any(isinstance(x, SendText) for x in done)
    ordered = {type(x) for x in done} & {Summarise, OpenTicket}
    assert ordered == ({OpenTicket} if cap is MONEY else {Summarise})


def test_a_limit_that_is_met_when_the_customer_has_finished_typing() -> None:
    story = Story()
    story.happens(e.CustomerMessaged(story.at, ExternalId("1"), "Where is my parcel?"))
    story = told(story, MONEY)
    done = story.happens(e.TimerFired(story.at, "quiet"))
    assert isinstance(story.conversation.holder, HandingOff)
    assert [type(x) for x in done if isinstance(x, AskBot | OpenTicket)] == [OpenTicket]


def test_a_plea_for_a_person_keeps_its_own_trigger() -> None:
    story = told(Story(), MONEY)
    story.happens(e.CustomerMessaged(story.at, ExternalId("1"), "I want to talk to a human please"))
    holder = story.conversation.holder
    assert isinstance(holder, HandingOff)
    assert holder.decided.trigger is Trigger.EXPLICIT_REQUEST


def test_who_has_opted_out_is_left_alone() -> None:
    story = told(Story(), FLOOD)
    story.happens(e.CustomerConsented(story.at, ExternalId("1"), "stop", "STOP"))
    story.happens(e.CustomerMessaged(story.at, ExternalId("2"), "hm"))
    assert isinstance(story.conversation.holder, WithBot | Ended)


# --- tickets


def test_a_customers_tickets_are_counted_under_no_number_of_theirs() -> None:
    cap, limit = ticket_bucket(4, "sms", ConversationId("c1"))
    assert limit.name == "cap:sms:tickets_per_day:c1"
    assert (limit.burst, limit.every) == (4, timedelta(hours=6))
    assert cap.name == "tickets_per_day"


def put_off() -> Story:
    """A handoff of somebody whose next ticket can be made in an hour."""
    story = Story()
    story.policy = replace(POLICY, next_ticket=story.at + timedelta(hours=1))
    story.says(PLEA)
    story.summarised()
    return story


def test_a_ticket_that_is_one_too_many_is_made_later_and_the_customer_is_told_so() -> None:
    story = put_off()
    assert story.calls() == []
    assert story.last is not None
    timers = {x.name: x.at for x in story.last.effects if isinstance(x, SetTimer)}
    assert timers == {"reopen": story.policy.next_ticket}
    told = story.later(10).timer("delayed")
    assert [x.text for x in told if isinstance(x, SendText)] == ["<handoff_delayed:en>"]
    story.says("And my invoice is wrong, too")
    story.policy = POLICY
    (order,) = [x for x in story.later(3600).timer("reopen") if isinstance(x, OpenTicket)]
    assert order.draft.subject == SUMMARY.subject  # it is not asked for again
    story.opened()
    assert isinstance(story.conversation.holder, WithAgent)
    texts = [m.text for m in story.conversation.messages if m.author is Author.CONNECTOR]
    assert texts == ["<handoff_delayed:en>", "<handoff:en>"]
    assert "my invoice is wrong" in str(story.calls())


def test_a_ticket_stays_put_off_whatever_happens_meanwhile() -> None:
    story = put_off()
    episode = story.conversation.episode.id
    for event in (
        e.SummaryFailed(story.at, episode, "overloaded"),
        e.TimerFired(story.at, "summary"),
        e.Summarised(story.at, episode, SUMMARY),
        e.TimerFired(story.at, "reopen"),
    ):
        assert not any(isinstance(x, OpenTicket) for x in story.happens(event)), event
    assert isinstance(story.conversation.holder, HandingOff)
    assert story.conversation.holder.summary == SUMMARY


def test_a_ticket_that_was_refused_is_tried_again_whatever_is_used_up() -> None:
    story = Story()
    story.says(PLEA)
    story.summarised()
    story.policy = replace(POLICY, next_ticket=story.at + timedelta(hours=1))
    refused = e.TicketRefused(story.at, story.conversation.episode.id, "no such group", "422")
    assert any(isinstance(x, OpenTicket) for x in story.happens(refused))
