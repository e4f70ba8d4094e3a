"""What the rows start from: a policy, a clock, and conversations at each stage, built by deciding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connector.domain import events as e
from connector.domain.conversation import Conversation
from connector.domain.decide import Decision, decide
from connector.domain.effects import (
    AddComment,
    AskBot,
    Call,
    Effect,
    OpenTicket,
    RemoveTags,
    SendText,
    SetTimer,
    StopTimer,
)
from connector.domain.handoff.base import HandoffPolicy
from connector.domain.ids import Address, ExternalId, TicketId
from connector.domain.mask import mask_card_numbers
from connector.domain.policy import Facts, Policy, Told
from connector.domain.tickets import Changes, Comment, TicketFields, TicketStatus
from connector.domain.turns import BotDecision, BotTurn, Point, Summary
from tests.phrases import PHRASES

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CUSTOMER = Address("+15550123")
TICKET = TicketId("41")
REQUESTER = ExternalId("900")
PLEA = "I want to talk to a human please"
SUMMARY = Summary(
    subject="Parcel is late",
    wants=Point("To know where the parcel is", (1,)),
    tried=Point("The bot gave delivery times", (2,)),
    why_human=Point("Asked for a person", (3,)),
)


class Words:
    """Each text is its own name, so that a row can say which one it expects."""

    def render(self, name: str, language: str | None, facts: Told) -> str:
        opening = f" {facts['next_opening']}" if facts["next_opening"] else ""
        return f"<{name}:{language or '-'}{opening}>"


def fields(facts: Facts) -> TicketFields:
    return TicketFields(group=1, tags=("sms",), custom=(("360004", facts["handoff"]["trigger"]),))


POLICY = Policy(
    channel="sms-us",
    handoff=HandoffPolicy(keywords=("chargeback",), phrases=PHRASES),
    wording=Words(),
    ticket_fields=fields,
    agent_prefix=lambda name: f"{name.split()[0]}: " if name else "",
    mask=mask_card_numbers,
    max_text=1600,
)


@dataclass
class Story:
    """A conversation that events happen to; keeps every effect, and what each event gave."""

    policy: Policy = POLICY
    conversation: Conversation = field(
        default_factory=lambda: Conversation.begin("sms-us", CUSTOMER)
    )
    at: datetime = T0
    effects: list[Effect] = field(default_factory=list)
    last: Decision | None = None
    texts: int = 0
    comments: int = 0

    def happens(self, event: e.Event) -> tuple[Effect, ...]:
        self.last = decide(self.conversation, event, self.policy)
        self.conversation = self.last.conversation
        self.effects += self.last.effects
        return self.last.effects

    def calls(self) -> list[Call]:
        """What the last event ordered from providers, without timers."""
        assert self.last is not None
        return [x for x in self.last.effects if isinstance(x, Call)]

    def later(self, seconds: float) -> Story:
        self.at += timedelta(seconds=seconds)
        return self

    def says(self, text: str, **more: object) -> tuple[Effect, ...]:
        self.texts += 1
        event = e.CustomerMessaged(self.at, ExternalId(f"SM{self.texts}"), text)
        return self.happens(replace(event, **more))  # type: ignore[arg-type]

    def consents(self, word: str, text: str) -> tuple[Effect, ...]:
        self.texts += 1
        return self.happens(e.CustomerConsented(self.at, ExternalId(f"SM{self.texts}"), word, text))

    def quiet(self) -> tuple[Effect, ...]:
        return self.later(1.5).happens(e.TimerFired(self.at, "quiet"))

    def timer(self, name: str) -> tuple[Effect, ...]:
        return self.happens(e.TimerFired(self.at, name))

    def draft(self) -> int:
        return max(x.draft for x in self.effects if isinstance(x, AskBot))

    def bot(
        self, reply: str, decision: BotDecision = BotDecision.ANSWER, **more: object
    ) -> tuple[Effect, ...]:
        turn = replace(BotTurn(reply, decision), **more)  # type: ignore[arg-type]
        return self.happens(e.BotAnswered(self.at, self.draft(), turn))

    def bot_fails(self, reason: str = "overloaded", attempts: int = 3) -> tuple[Effect, ...]:
        return self.happens(e.BotFailed(self.at, self.draft(), reason, attempts))

    def talks(self, text: str, reply: str) -> Story:
        """One exchange with the bot."""
        self.says(text)
        self.quiet()
        self.bot(reply)
        return self

    def summarised(self) -> tuple[Effect, ...]:
        return self.happens(e.Summarised(self.at, self.conversation.episode.id, SUMMARY))

    def opened(self) -> tuple[Effect, ...]:
        drafts = [x.draft for x in self.effects if isinstance(x, OpenTicket)]
        return self.happens(e.TicketOpened(self.at, drafts[-1].external_id, TICKET, REQUESTER))

    def with_agent(self) -> Story:
        """Handed over, the ticket open and read once."""
        self.says(PLEA)
        self.summarised()
        self.opened()
        told = self.conversation.messages[-1]
        self.happens(e.MessageSent(self.at, told.id, ExternalId("SMtold")))
        self.reads()
        return self

    def changed(self) -> tuple[Effect, ...]:
        return self.happens(e.TicketChanged(self.at, TICKET))

    def reads(
        self, *comments: Comment, status: TicketStatus = TicketStatus.OPEN, **more: object
    ) -> tuple[Effect, ...]:
        """The ticket as it is now; `more` as in Changes."""
        changes = replace(Changes(TICKET, status, comments), **more)  # type: ignore[arg-type]
        return self.happens(e.TicketRead(self.at, changes))

    def solves(self, *comments: Comment, **more: object) -> tuple[Effect, ...]:
        return self.reads(*comments, status=TicketStatus.SOLVED, **more)

    def done(self) -> Story:
        """The helpdesk has carried out the last order that changes a ticket's state."""
        for effect in reversed(self.effects):
            if isinstance(effect, AddComment) and effect.draft.reopen:
                self.happens(e.CommentAdded(self.at, effect.key, ExternalId("C0"), effect.message))
                return self
            if isinstance(effect, RemoveTags):
                self.happens(e.TagsRemoved(self.at, effect.key, effect.ticket))
                return self
        raise AssertionError("nothing was ordered")

    def sent(self) -> list[str]:
        """What the last event sends to the customer."""
        return [x.text for x in self.calls() if isinstance(x, SendText)]

    def notes(self) -> list[str]:
        """What the last event notes on tickets."""
        return [
            x.draft.html for x in self.calls() if isinstance(x, AddComment) and not x.draft.public
        ]

    def timers(self) -> dict[str, datetime]:
        """The timers that run now."""
        running: dict[str, datetime] = {}
        for effect in self.effects:
            if isinstance(effect, SetTimer):
                running[effect.name] = effect.at
            elif isinstance(effect, StopTimer):
                running.pop(effect.name, None)
        return running

    def comment(self, text: str, **flags: object) -> Comment:
        """A public comment by the agent Ana, unless flags say otherwise."""
        self.comments += 1
        made = Comment(
            id=ExternalId(f"C{self.comments}"),
            at=self.at + timedelta(seconds=self.comments),
            text=text,
            public=True,
            by_agent=True,
            ours=False,
            automatic=False,
            author_name="Ana Gil",
        )
        return replace(made, **flags)  # type: ignore[arg-type]
