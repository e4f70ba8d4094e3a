"""Every interleaving of solving, thanks, real replies, timers, tags, merges and deletions.

The conversation is decided for; beside it runs a small world: tickets with a state of their own, and
calls that are carried out in order within a direction, sooner or later, with readings that may be old.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain import events as e
from connector.domain.conversation import (
    Author,
    Conversation,
    Ended,
    HandingOff,
    Outcome,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.decide import Decision, decide
from connector.domain.effects import (
    DIRECTIONS,
    AddComment,
    AskBot,
    Call,
    Cancel,
    Direction,
    OpenTicket,
    ReadTicket,
    Redact,
    RemoveTags,
    SendText,
    SetTimer,
    ShowHolder,
    StopTimer,
    Summarise,
)
from connector.domain.ids import ExternalId, TicketId
from connector.domain.tickets import Changes, Comment, TicketStatus
from connector.domain.turns import BotDecision, BotTurn
from tests.conftest import LONG
from tests.domain.decide.given import CUSTOMER, PLEA, POLICY, REQUESTER, SUMMARY, T0

GRACE = timedelta(minutes=10)
POLICIES = [
    replace(POLICY, grace=GRACE, waiting_notice=timedelta(minutes=5), survey=timedelta(hours=1)),
    replace(POLICY, waiting_notice=timedelta(minutes=5)),
]
HUMAN = (HandingOff, WithAgent, Solved)
OPEN, SOLVED, CLOSED = TicketStatus.OPEN, TicketStatus.SOLVED, TicketStatus.CLOSED


@dataclass
class Ticket:
    status: TicketStatus = OPEN
    tags: set[str] = field(default_factory=set)
    comments: list[Comment] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # what stands in it of ours
    merged_into: TicketId | None = None
    merged_at: datetime | None = None
    deleted: bool = False


class World:
    def __init__(self, number: int) -> None:
        self.policy = POLICIES[number]
        self.conversation = Conversation.begin("sms-us", CUSTOMER)
        self.at = T0
        self.tickets: dict[TicketId, Ticket] = {}
        self.queues: dict[Direction, list[Call]] = {d: [] for d in Direction}
        self.timers: dict[str, datetime] = {}
        self.phone: list[str] = []
        self.bot_said: list[str] = []
        self.asked: list[str] = []
        self.customer: list[str] = []
        self.agent: list[str] = []
        self.ended: dict[int, list[Outcome | None]] = {}
        self.solves = self.handoffs = 0
        self.number = 0

    # --- deciding

    def happens(self, event: e.Event) -> None:
        before = self.conversation
        decision = decide(before, event, self.policy)
        self.conversation = decision.conversation
        self.bot_is_silent(before, decision)
        self.handoffs += isinstance(event, e.TicketOpened)
        for episode in decision.ended:
            self.ended.setdefault(episode.number, []).append(episode.outcome)
        for effect in decision.effects:
            if isinstance(effect, SetTimer):
                self.timers[effect.name] = effect.at
            elif isinstance(effect, StopTimer):
                self.timers.pop(effect.name, None)
            elif isinstance(effect, Cancel):
                for queue in self.queues.values():
                    queue[:] = [c for c in queue if c.key not in effect.keys]
            else:
                self.queues[DIRECTIONS[type(effect)]].append(effect)

    def bot_is_silent(self, before: Conversation, decision: Decision) -> None:
        """Once a person has it, nothing is asked of the bot and nothing of the bot's goes out."""
        if not isinstance(decision.conversation.holder, HUMAN):
            return
        for effect in decision.effects:
            assert not isinstance(effect, AskBot)
            if isinstance(effect, SendText):
                message = decision.conversation.find(effect.message)
                assert message is None or message.author is not Author.BOT
        waiting = [c for c in self.queues[Direction.CUSTOMER] if isinstance(c, SendText)]
        kept = {k for x in decision.effects if isinstance(x, Cancel) for k in x.keys}
        for call in waiting:
            message = before.find(call.message)
            assert message is None or message.author is not Author.BOT or call.key in kept

    # --- what people do

    def act(self, kind: str, value: int) -> None:
        self.number += 1
        if kind in ("thanks", "real", "plea", "digit"):
            text = {"thanks": "Thanks!", "digit": str(value % 7), "plea": f"{PLEA} {self.number}"}
            said = text.get(kind, f"It is broken, case {self.number}x")
            self.customer.append(said)
            self.happens(e.CustomerMessaged(self.at, ExternalId(f"SM{self.number}"), said))
        elif kind == "time":
            self.passes(timedelta(minutes=value))
        elif kind == "do":
            self.drains(list(Direction)[value % len(Direction)])
        elif kind == "talk":
            self.act("real", 0)
            self.passes(timedelta(seconds=2))
            self.drains(Direction.BOT)  # its words are still on their way to the phone
        elif kind == "wrap up" and self.tickets:
            self.agent_does("solve", max(self.tickets, key=int))
            self.drains(Direction.CHANGES)
            self.passes(timedelta(minutes=value % 3 * 5))
        elif kind == "speak up" and self.tickets:
            ticket = max(self.tickets, key=int)
            self.agent_does("reopen", ticket) if value % 2 else None
            self.agent_does("say", ticket)
            self.drains(Direction.CHANGES)
        elif tickets := [t for t, x in self.tickets.items() if not x.deleted]:
            self.agent_does(kind, tickets[value % len(tickets)])

    def agent_does(self, kind: str, ticket: TicketId) -> None:
        found = self.tickets[ticket]
        if kind == "delete":
            found.deleted = True
        elif found.status is CLOSED:
            return
        elif kind == "say":
            self.agent.append(f"agent {self.number}.")
            self.comment(found, self.agent[-1], by_agent=True)
        elif kind in ("solve", "reopen"):
            self.solves += kind == "solve" and found.status is OPEN
            found.status = SOLVED if kind == "solve" else OPEN
        elif kind == "close" and found.status is SOLVED:
            found.status = CLOSED
        elif kind == "merge":
            self.merge(found)
        elif kind in ("bot_resume", "bot_pause", "connector_resend"):
            found.tags.add(kind)
        elif kind == "unpause":
            found.tags.discard("bot_pause")
        if not found.deleted:
            self.happens(e.TicketChanged(self.at, ticket))

    def merge(self, found: Ticket) -> None:
        target = TicketId(str(100 + len(self.tickets)))
        old = replace(self.comment(Ticket(), "old words", by_agent=True), at=T0 - GRACE)
        self.tickets[target] = Ticket(comments=[old])
        found.status, found.merged_into, found.merged_at = CLOSED, target, self.at
        self.at += timedelta(seconds=2)

    def comment(self, ticket: Ticket, text: str, *, by_agent: bool) -> Comment:
        self.number += 1
        made = Comment(
            ExternalId(f"C{self.number}"), self.at, text, True, by_agent, not by_agent, False, "Ana"
        )
        ticket.comments.append(made)
        return made

    def passes(self, span: timedelta) -> None:
        end = self.at + span
        while due := sorted((at, n) for n, at in self.timers.items() if at <= end):
            at, name = due[0]
            self.at = max(self.at, at)
            del self.timers[name]
            self.happens(e.TimerFired(self.at, name))
        self.at = end

    # --- what providers do

    def drains(self, direction: Direction) -> None:
        while self.queues[direction]:
            self.does(direction)

    def does(self, direction: Direction) -> None:
        if not self.queues[direction]:
            return
        call = self.queues[direction].pop(0)
        event = self.carried_out(call)
        self.happens(event)

    def carried_out(self, call: Call) -> e.Event:
        match call:
            case AskBot():
                self.asked += [line.text for line in call.request.lines]
                return e.BotAnswered(self.at, call.draft, BotTurn("answer", BotDecision.ANSWER))
            case Summarise():
                return e.Summarised(self.at, call.episode, SUMMARY)
            case OpenTicket():
                ticket = TicketId(str(len(self.tickets) + 1))
                self.tickets[ticket] = Ticket()
                return e.TicketOpened(self.at, call.draft.external_id, ticket, REQUESTER)
            case AddComment():
                return self.added(call)
            case RemoveTags():
                return self.untagged(call)
            case ReadTicket():
                return self.read(call)
            case Redact():
                raise AssertionError("no decision orders it")
            case SendText():
                self.phone.append(call.text)
                return e.MessageSent(self.at, call.message, ExternalId(f"SMout{len(self.phone)}"))
            case ShowHolder():
                return e.HolderShown(self.at, call.key)

    def untagged(self, call: RemoveTags) -> e.Event:
        found = self.tickets[call.ticket]
        if found.deleted or found.status is CLOSED:
            return e.TagsRefused(self.at, call.key, call.ticket, "closed", "x")
        found.tags -= set(call.tags)
        return e.TagsRemoved(self.at, call.key, call.ticket)

    def added(self, call: AddComment) -> e.Event:
        found, draft = self.tickets[call.draft.ticket], call.draft
        if found.deleted or found.status is CLOSED:
            code = "gone" if found.deleted else "closed"
            return e.CommentRefused(self.at, call.key, draft.ticket, code, "x", call.message)
        found.texts.append(draft.html)
        found.status = OPEN if draft.reopen else found.status
        made = self.comment(found, draft.html, by_agent=False)
        return e.CommentAdded(self.at, call.key, made.id, call.message)

    def read(self, call: ReadTicket) -> e.Event:
        found = self.tickets[call.ticket]
        if found.deleted:
            return e.TicketGone(self.at, call.ticket, "deleted")
        changes = Changes(
            call.ticket, found.status, tuple(found.comments), tuple(found.tags),
            found.merged_into, found.merged_at,
        )  # fmt: skip
        return e.TicketRead(self.at, changes)

    def rests(self) -> None:
        """All that is under way is done, all that changed is read, and a day goes by."""
        for _ in range(6):
            for _ in range(400):
                busy = [d for d in Direction if self.queues[d]]
                if not busy:
                    break
                self.does(busy[self.number % len(busy)])
                self.number += 1
            for ticket, found in self.tickets.items():
                if not found.deleted:
                    self.happens(e.TicketChanged(self.at, ticket))
            self.passes(timedelta(minutes=3))
        assert not [c for d in (Direction.TICKET, Direction.CUSTOMER) for c in self.queues[d]]


KINDS = (
    "thanks", "real", "real", "plea", "digit", "time", "do", "do", "do", "do", "say", "say",
    "solve", "wrap up", "wrap up", "talk", "talk", "speak up", "reopen", "close", "merge", "delete",
    "bot_resume", "bot_pause", "unpause", "connector_resend",
)  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40)), max_size=40)


def check(world: World) -> None:
    one_outcome_each(world)
    nothing_of_the_customer_is_lost(world)
    agents_words_reach_the_phone_once_in_order(world)
    assert "old words" not in " ".join(world.phone)
    assert sum(t.startswith("<solved") for t in world.phone) <= world.solves
    waits = world.handoffs + len(world.customer)
    assert sum(t.startswith("<waiting") for t in world.phone) <= waits


def one_outcome_each(world: World) -> None:
    current = world.conversation.episode
    for number in range(1, current.number):
        assert world.ended.get(number), f"episode {number} has no outcome"
        assert all(world.ended[number])
    over = isinstance(world.conversation.holder, Ended)
    assert over == (current.outcome is not None)


def nothing_of_the_customer_is_lost(world: World) -> None:
    """It stands in a ticket, or the bot has seen it, or it waits for one of these."""
    stands = " ".join(t for x in world.tickets.values() for t in x.texts)
    gone = any(x.deleted for x in world.tickets.values())
    if gone or isinstance(world.conversation.holder, HandingOff | WithBot):
        return
    for said, count in Counter(world.customer).items():
        assert stands.count(said) + world.asked.count(said) >= min(count, 1), f"{said!r} was lost"


def agents_words_reach_the_phone_once_in_order(world: World) -> None:
    heard = [t.removeprefix("Ana: ") for t in world.phone if t.startswith("Ana: ")]
    assert max(Counter(heard).values(), default=1) == 1
    for ticket in world.tickets.values():
        said = [c.text for c in ticket.comments if c.text in world.agent]
        assert [t for t in heard if t in said] == [t for t in said if t in heard]
    for desk in world.conversation.desks:
        if not (found := world.tickets[desk.ticket]).deleted:
            assert {c.text for c in found.comments if c.text in world.agent} <= set(heard)


@settings(max_examples=20_000 if LONG else 500, deadline=None)
@given(steps, st.integers(0, len(POLICIES) - 1))
def test_the_promises_hold_through_every_life(history: list[tuple[str, int]], policy: int) -> None:
    world = World(policy)
    world.act("plea", 0)
    for _ in range(3):
        for direction in Direction:
            world.does(direction)
    for kind, value in history:
        world.act(kind, value)
    world.rests()
    check(world)
