"""A conversation in memory with the real bot and the real decisions, and no customer or helpdesk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from connector.bots.base import Bot
from connector.domain import events as e
from connector.domain.conversation import Conversation, HandingOff
from connector.domain.decide import decide
from connector.domain.decide.decision import QUIET
from connector.domain.effects import AskBot, Effect, SendText, SetTimer, Summarise
from connector.domain.ids import Address, ExternalId
from connector.domain.policy import Policy
from connector.domain.turns import Summary
from connector.errors import ProviderError


@dataclass
class Simulation:
    """`says` takes the customer's words and gives the bot's; in the end there may be a handoff."""

    policy: Policy
    bot: Bot
    now: Callable[[], datetime]
    conversation: Conversation = field(
        default_factory=lambda: Conversation.begin("simulation", Address("you"))
    )
    summary: Summary | None = None
    said: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def handoff(self) -> HandingOff | None:
        holder = self.conversation.holder
        return holder if isinstance(holder, HandingOff) else None

    def says(self, text: str) -> list[str]:
        """What the bot answers; nothing once a person would have taken over."""
        self.count += 1
        self.said = []
        self._happens(e.CustomerMessaged(self.now(), ExternalId(str(self.count)), text))
        return self.said

    def _happens(self, event: e.Event) -> None:
        decision = decide(self.conversation, event, self.policy)
        self.conversation = decision.conversation
        for effect in decision.effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SetTimer() if effect.name == QUIET:
                self._happens(e.TimerFired(self.now(), QUIET))
            case AskBot():
                self._happens(self._ask(effect))
            case SendText():
                self.said.append(effect.text)
                sent = ExternalId(f"sim{effect.message}")
                self._happens(e.MessageSent(self.now(), effect.message, sent))
            case Summarise():
                self._summarise(effect)
            case _:
                return

    def _ask(self, order: AskBot) -> e.BotAnswered | e.BotFailed:
        try:
            return e.BotAnswered(self.now(), order.draft, self.bot.answer(order.request))
        except ProviderError as error:
            return e.BotFailed(self.now(), order.draft, error.code or error.reason, 1)

    def _summarise(self, order: Summarise) -> None:
        try:
            self.summary = self.bot.summarise(order.request)
        except ProviderError:
            self.summary = None
