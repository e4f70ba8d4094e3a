"""When to try again, and when to give up: pure, with the time as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, wait_exponential_jitter

from connector.domain.effects import AskBot, Call, OpenTicket, ReadTicket, ShowHolder, Summarise
from connector.errors import ProviderError, Transient

GIVE_UP_AFTER = timedelta(hours=76)
# Not longer: an upstream that is back is to be found soon. While it is out its circuit is open, and
# what waits for that is no attempt.
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_ASKED = timedelta(hours=1)  # of a provider's Retry-After
# A customer waits for a bot's answer or an agent for a summary: better no answer than a late one.
SHORT_WAIT = timedelta(seconds=5)
SUMMARY_ATTEMPTS = 2
# What is said to the customer waits behind it, and it is only for show.
SHOW_ATTEMPTS = 5

_long = wait_exponential_jitter(multiplier=1, max=LONGEST_WAIT.total_seconds(), jitter=1)
_short = wait_exponential_jitter(multiplier=0.5, max=SHORT_WAIT.total_seconds(), jitter=0.5)


@dataclass(frozen=True)
class Again:
    at: datetime


@dataclass(frozen=True)
class GiveUp:
    reason: str


def after(
    error: ProviderError, call: Call, attempts: int, since: datetime, now: datetime
) -> Again | GiveUp:
    """What to do after the failed attempt number `attempts` of a call that was ordered at `since`."""
    asked = error.retry_after if isinstance(error, Transient) else None
    if isinstance(call, AskBot | Summarise):
        most = call.attempts if isinstance(call, AskBot) else SUMMARY_ATTEMPTS
        if attempts >= most:
            return GiveUp(f"after {attempts} attempts: {error.code or error.reason}")
        if asked is not None and asked > SHORT_WAIT:
            return GiveUp(f"asked to wait {asked.total_seconds():.0f} s")
        return Again(now + (asked or wait(_short, attempts)))
    if isinstance(call, ShowHolder) and attempts >= SHOW_ATTEMPTS:
        return GiveUp(f"after {attempts} attempts: {error.code or error.reason}")
    # A ticket must be made some day, and read: a customer waits, an agent may have answered.
    if now - since > GIVE_UP_AFTER and not isinstance(call, OpenTicket | ReadTicket):
        hours = (now - since) / timedelta(hours=1)
        return GiveUp(f"after {attempts} attempts in {hours:.0f} h: {error.reason}")
    pause = wait(_long, attempts)
    return Again(now + max(min(asked or pause, LONGEST_ASKED), pause))


def wait(waits: wait_exponential_jitter, attempts: int) -> timedelta:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = max(attempts, 1)
    return timedelta(seconds=waits(state))
