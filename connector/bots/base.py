"""What a bot is: something that reads a conversation and proposes an answer and a decision.

The bot is an untrusted participant. It can answer, ask for a handoff or say that the matter is
settled; the connector decides what becomes of that.
"""

from __future__ import annotations

from typing import Protocol

from connector.domain.turns import BotRequest, BotTurn, Summary, SummaryRequest


class Bot(Protocol):
    def answer(self, request: BotRequest) -> BotTurn:
        """One model call. Raise Transient (worth repeating) or Rejected (refusal, bad key)."""
        ...

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
        ...

    def summarise(self, request: SummaryRequest) -> Summary:
        """One model call. Raise Transient or Rejected."""
        ...
