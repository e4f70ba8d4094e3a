"""What the bot does not know: topics of avoidable handoffs, and what agents then answered.

Avoidable is what an article could have spared: the bot had the customer and got no further. Who asks
for a person at once, threatens with a lawyer or is in danger wants no article.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from connector.domain.conversation import Author, Message
from connector.domain.courtesy import is_courtesy
from connector.domain.handoff.base import Trigger
from connector.domain.ids import ConversationId
from connector.reports.periods import Period, Span
from connector.reports.shares import rate
from connector.reports.within import e, within
from connector.storage import articles, codec
from connector.storage.articles import Added
from connector.storage.tables import messages

AVOIDABLE = (Trigger.NO_PROGRESS, Trigger.MODEL, Trigger.OFFER_ACCEPTED, Trigger.FRUSTRATION)
EXAMPLES = 5
MOST_MESSAGES = 200  # of an episode
ANSWERS = 3  # of an agent's messages
WATCHED = 10  # articles
TELLING = 3  # words
COMPARED = timedelta(days=28)  # before an article and after it


@dataclass(frozen=True)
class Gap:
    """One topic in one period."""

    name: str  # "" where it is not known
    number: int  # of avoidable handoffs
    rate: float | None  # in a hundred conversations
    before: float | None  # that, in the period before


@dataclass(frozen=True)
class Share:
    """So many of so many conversations, and when these began."""

    number: int
    conversations: int
    began: Period | Span

    @property
    def rate(self) -> float | None:
        return rate(self.number, self.conversations)


@dataclass(frozen=True)
class Effect:
    """A topic's avoidable handoffs in the 28 days before an article, and in at most 28 after it."""

    before: Share
    since: Share
    days: int  # of these, full ones that have passed


@dataclass(frozen=True)
class Exchange:
    """What a customer asked, what the bot said to it, and what an agent answered."""

    conversation: ConversationId
    episode: int
    channel: str
    trigger: str
    at: datetime  # of the handoff
    question: Message | None
    said: tuple[Message, ...]  # by the bot; none if it handed over without a word
    answered: tuple[Message, ...]  # by the agent, the first ANSWERS


@dataclass(frozen=True)
class Overview:
    gaps: list[Gap]
    articles: dict[str, Added]  # by topic
    effects: dict[str, Effect]  # of the newest articles, by topic


@dataclass(frozen=True)
class Topic:
    """All that is shown of one."""

    exchanges: list[Exchange]
    trend: list[tuple[Period, Share]]  # the oldest first
    article: Added | None
    effect: Effect | None  # of the article

    @property
    def is_empty(self) -> bool:
        """Nothing was ever heard of it, as far as is shown."""
        return not (self.exchanges or self.article or any(s.number for _, s in self.trend))


def overview(connection: Connection, period: Period, now: datetime) -> Overview:
    known = articles.known(connection)
    newest = sorted(known, key=lambda topic: known[topic].at, reverse=True)[:WATCHED]
    effects = {each: effect(connection, each, known[each].at, now) for each in newest}
    return Overview(gaps(connection, period), known, effects)


def about(connection: Connection, period: Period, topic: str, now: datetime) -> Topic:
    added = articles.known(connection).get(topic)
    return Topic(
        exchanges(connection, period, topic),
        trend(connection, period, topic),
        added,
        effect(connection, topic, added.at, now) if added else None,
    )


def avoidable() -> ColumnElement[bool]:
    return e.trigger.in_([x.value for x in AVOIDABLE])


def gaps(connection: Connection, period: Period) -> list[Gap]:
    """The most frequent first, what is not known last."""
    now, whole = _counted(connection, period)
    before, whole_before = _counted(connection, period.previous)
    names = sorted(now, key=lambda name: (not name, -now[name], name))
    return [
        Gap(n, now[n], rate(now[n], whole), rate(before.get(n, 0), whole_before)) for n in names
    ]


def _counted(connection: Connection, period: Period) -> tuple[dict[str, int], int]:
    asked = select(e.topic, func.count()).where(*within(period), avoidable()).group_by(e.topic)
    whole = select(func.count()).where(*within(period))
    rows = connection.execute(asked)
    return {row[0] or "": int(row[1]) for row in rows}, connection.execute(whole).scalar_one()


def trend(connection: Connection, period: Period, topic: str) -> list[tuple[Period, Share]]:
    """The period and those before it, the oldest first."""
    found = []
    for each in period.trend():
        number, whole = connection.execute(_shares(topic).where(*within(each))).one()
        found.append((each, Share(number, whole, each)))
    return found


def effect(connection: Connection, topic: str, added: datetime, now: datetime) -> Effect:
    def share(first: datetime, end: datetime) -> Share:
        span = Span(first, end)
        number, whole = connection.execute(_shares(topic).where(*within(span))).one()
        return Share(number, whole, span)

    until = min(added + COMPARED, max(now, added))
    return Effect(share(added - COMPARED, added), share(added, until), (until - added).days)


def _shares(topic: str) -> Any:
    mine = and_(avoidable(), e.topic == topic if topic else e.topic.is_(None))
    return select(func.count(case((mine, 1))), func.count())


def exchanges(connection: Connection, period: Period, topic: str) -> list[Exchange]:
    """The newest that an agent has answered, else the newest; at most EXAMPLES."""
    asked = (
        select(e.conversation_id, e.number, e.channel, e.trigger, e.handed_off_at)
        .where(*within(period), avoidable(), e.topic == topic if topic else e.topic.is_(None))
        .order_by(case((e.replied_at.is_(None), 1), else_=0), e.started_at.desc())
        .limit(EXAMPLES)
    )
    return [
        _exchange(row, _messages(connection, row[0], row[1])) for row in connection.execute(asked)
    ]


def _messages(connection: Connection, conversation: str, episode: int) -> list[Message]:
    m = messages.c
    asked = select(m.body).where(m.conversation_id == conversation, m.episode == episode)
    rows = connection.execute(asked.order_by(m.seq).limit(MOST_MESSAGES))
    return [codec.load_message(row.body) for row in rows]


def _exchange(row: Any, found: Sequence[Message]) -> Exchange:
    conversation, number, channel, trigger, at = row
    before = [m for m in found if m.at <= at]
    question, said = asked_and_said(before, Trigger(trigger))
    answered = [m for m in found if m.author is Author.AGENT and m.at >= at and m.text]
    return Exchange(
        conversation, number, channel, trigger, at, question, said, tuple(answered[:ANSWERS])
    )


def asked_and_said(
    before: Sequence[Message], trigger: Trigger
) -> tuple[Message | None, tuple[Message, ...]]:
    """Of what was written up to the handoff, the question that an article would answer.

    The model hands over in the place of an answer: then it is the last one. Else the customer did
    not get further with what the bot last said: then it is the one before that.
    """
    bot = [m for m in before if m.author is Author.BOT and m.reached_customer]
    end = bot[-1].seq if bot and trigger is not Trigger.MODEL else None
    asked = [m for m in before if end is None or m.seq < end]
    question = _last_question(asked) or _last_question(before)
    if question is None:
        return None, ()
    return question, tuple(m for m in bot if m.seq > question.seq)


def _last_question(said: Iterable[Message]) -> Message | None:
    """What says something: thanks and a bare number do not, where there is anything else."""
    mine = [m for m in said if m.author is Author.CUSTOMER and m.text.strip()]
    telling = [m for m in mine if not is_courtesy(m.text)]
    asking = [m for m in telling if len(m.text.split()) >= TELLING]
    return next(reversed(asking or telling or mine), None)
