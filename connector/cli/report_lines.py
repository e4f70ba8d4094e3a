"""A report as lines of text, for a terminal or an e-mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from connector.reports import spend
from connector.reports.handoffs import Group, Part, Topic
from connector.reports.shares import Spread
from connector.reports.told import Report, beside
from connector.web.ops import words

TOPICS = 15
NAME, FIGURE = 32, 23  # columns


def text(found: Report, now: datetime) -> Iterable[str]:
    period = found.now.period
    yield f"Handoffs in {period.title} ({period.zone.key})"
    if period.starts_at <= now < period.ends_at:
        yield "The month is not over: its counts still grow."
    yield ""
    yield _line("", period.title, found.before.period.title)
    yield from _plain(found)
    yield from _parts("How they ended", words.OUTCOMES, found.now.outcomes, found.before.outcomes)
    yield from _parts(
        "Why a person took over", words.TRIGGERS, found.now.triggers, found.before.triggers
    )
    yield from _topics(found.now.topics, found.before.topics)
    yield from _groups("By channel", {}, found.now.channels, found.before.channels)
    yield from _groups("By language", words.LANGUAGES, found.now.languages, found.before.languages)
    yield from _times(found)
    yield from _cost(found)
    yield ""
    yield from words.COUNTED


def _plain(found: Report) -> Iterable[str]:
    def both(name: str, of: Callable[[int], str]) -> str:
        return _line(name, of(0), of(1))

    figures, after = (found.now, found.before), (found.after, found.after_before)
    yield both("Conversations begun", lambda n: words.number(figures[n].episodes))
    yield both("Handed over", lambda n: words.number(figures[n].handed_over))
    yield both("Handoff rate", lambda n: words.percent(figures[n].rate))
    yield both("Still going on", lambda n: words.number(figures[n].going_on))
    yield both("Solved by an agent", lambda n: words.number(after[n].solved))
    yield both("Reopened of these", lambda n: _of(after[n].reopened, after[n].reopened_rate))
    yield both("Came back within a day", lambda n: _of(after[n].came_back, after[n].came_back_rate))
    yield both("Answered the survey", lambda n: words.number(after[n].rated))
    yield both("Satisfied of these (4 or 5 of 5)", lambda n: _of(after[n].satisfied, after[n].csat))
    yield both("Mean answer, of 5", lambda n: words.score(after[n].score))


def _line(name: str, now: str, before: str) -> str:
    short = name if len(name) <= NAME else f"{name[: NAME - 1]}…"
    return f"{short:<{NAME}}{now:>{FIGURE}}{before:>{FIGURE}}".rstrip()


def _of(number: int, share: float | None) -> str:
    return f"{words.number(number)}  {words.percent(share):>7}"


def _parts(
    title: str, known: dict[str, str], now: Sequence[Part], before: Sequence[Part]
) -> Iterable[str]:
    def shown(part: Part | None) -> str:
        return _of(part.number, part.share) if part else _of(0, 0.0)

    yield from ("", _line(title, "number    share", "number    share"))
    found = [x for x in beside(now, before) if any(part and part.number for part in x[1:])]
    for name, new, old in found:
        yield _line(f"  {words.words(known, name)}", shown(new), shown(old))
    if not found:
        yield "  none"


def _topics(now: Sequence[Topic], before: Sequence[Topic]) -> Iterable[str]:
    def shown(topic: Topic | None) -> str:
        number, rate = (topic.handed_over, topic.rate) if topic else (0, 0.0)
        return f"{words.number(number)}  {words.decimal(rate):>7}"

    yield from ("", _line("What people took over for", "number   in 100", "number   in 100"))
    found = beside(now, before)
    for name, new, old in found[:TOPICS]:
        yield _line(f"  {name or 'not known'}", shown(new), shown(old))
    if not found:
        yield "  none"
    if len(found) > TOPICS:
        yield f"  and {len(found) - TOPICS} more (--csv and --json have all)"


def _groups(
    title: str, known: dict[str, str], now: Sequence[Group], before: Sequence[Group]
) -> Iterable[str]:
    def shown(group: Group | None) -> str:
        if group is None:
            return "–"
        part = f"{words.number(group.handed_over)} of {words.number(group.episodes)}"
        return f"{part}  {words.percent(group.rate):>7}"

    yield from ("", _line(title, "handed over     rate", "handed over     rate"))
    found = beside(now, before)
    for name, new, old in found:
        yield _line(f"  {words.words(known, name)}", shown(new), shown(old))
    if not found:
        yield "  none"


def _times(found: Report) -> Iterable[str]:
    def shown(spread: Spread) -> str:
        return f"{words.duration(spread.median)} / {words.duration(spread.p90)}"

    yield ""
    yield _line("From the handoff on, until", "half / 9 in 10 within", "half / 9 in 10 within")
    now, before = found.times, found.times_before
    for name, new, old in (
        ("the ticket exists", now.to_ticket, before.to_ticket),
        ("an agent first answers", now.to_reply, before.to_reply),
        ("the ticket is solved", now.to_solved, before.to_solved),
    ):
        yield _line(f"  {name} ({words.number(new.number)})", shown(new), shown(old))


def _cost(found: Report) -> Iterable[str]:
    sides = (found.cost, found.now.episodes), (found.cost_before, found.before.episodes)
    yield from ("", "What the model cost")
    costs = list(spend.beside(found.cost, found.cost_before))
    if not costs:
        yield "  nothing: no model was asked"
        return
    for name, *rows in costs:
        yield _line(f"  {name}", *(row.dollars if row else "$0.00" for row in rows))
        tokens = (words.number(row.tokens if row else 0) for row in rows)
        yield _line("    tokens", *tokens)
    yield _line("  all together", *(spend.dollars(cost.nano) for cost, _ in sides))
    each = (cost.each(number) for cost, number in sides)
    yield _line("  a conversation", *("–" if x is None else spend.dollars(x) for x in each))
    if any(cost.unpriced for cost, _ in sides):
        without = (words.number(cost.unpriced) for cost, _ in sides)
        yield _line("  tokens without a price", *without)
