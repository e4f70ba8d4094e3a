"""`connector report`: a month's handoffs, as text, JSON, CSV or a page to send on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from connector import bootstrap
from connector.cli.common import config_option, fail, settings_from, told
from connector.domain.money import NANO
from connector.reports import spend
from connector.reports import told as facts
from connector.reports.aftermath import Aftermath
from connector.reports.handoffs import Group, Part, Topic
from connector.reports.periods import BadPeriod, Kind, Period
from connector.reports.shares import Spread
from connector.web.ops import letter, words

TOPICS = 15


@click.command()
@config_option
@click.option("--month", metavar="YYYY-MM", help="Which month [default: this one].")
@click.option("--json", "form", flag_value="json", default=None, help="Print it as JSON.")
@click.option(
    "--csv", "form", flag_value="csv", help="Print it as CSV: what, of which, now, before."
)
@click.option(
    "--html", "file", metavar="FILE", help="Write it as one page that needs nothing else."
)
@told
def report(config: str, month: str | None, form: str | None, file: str | None) -> None:
    """How many conversations were handed over in a month and why, and how each ended.

    Beside each figure stands the month before. A conversation counts in the month in which it
    began; of those that are over each has one outcome, so that outcomes sum to 100 %.
    """
    settings = settings_from(config)
    period = _period(month, ZoneInfo(settings.ops.timezone))
    db = bootstrap.opened(settings)
    try:
        found = db.read(lambda c: facts.report(c, period))
        cost = db.read(lambda c: (spend.spent(c, period), spend.spent(c, period.previous)))
    finally:
        db.close()
    if file:
        _write(Path(file), letter.page(found))
    if form == "json":
        shown = facts.facts(found) | {"model_cost": _cost_facts(cost[0])}
        shown["before"]["model_cost"] = _cost_facts(cost[1])
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(_csv(found, cost), nl=False)
    elif not file:
        for line in (*_text(found), *_cost(*cost)):
            click.echo(line)


def _period(month: str | None, zone: ZoneInfo) -> Period:
    try:
        if month is None:
            return Period.of(Kind.MONTH, bootstrap.now(), zone)
        return Period.named(Kind.MONTH, month, zone)
    except BadPeriod as error:
        raise click.BadParameter(f"{error}.", param_hint="--month") from None


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{file} can't be written ({error.strerror})")
    click.echo(f"written to {file}", err=True)


Cost = tuple[spend.Spent, ...]


def _cost_facts(rows: Cost) -> list[dict[str, Any]]:
    """US dollars, null where the price is not known; tokens by kind."""
    return [
        {
            "channel": row.channel,
            "model": row.model,
            "calls": row.calls,
            "usd": row.nano / NANO if row.priced else None,
            "tokens": {
                "input": row.input,
                "output": row.output,
                "cache_write": row.cache_write,
                "cache_read": row.cache_read,
            },
        }
        for row in rows
    ]


def _cost(now: Cost, before: Cost) -> Iterable[str]:
    yield from ("", "What the model cost")
    old = {(row.channel, row.model, row.priced): row.dollars for row in before}
    for row in now:
        was = old.get((row.channel, row.model, row.priced), "$0.00")
        yield _line(f"  {row.channel}, {row.model}"[:34], row.dollars, was)
        yield _line("    tokens", words.number(row.tokens), "")
    if not now:
        yield "  nothing"


def _csv(found: facts.Report, cost: tuple[Cost, Cost]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("what", "of", found.now.period.name, found.before.period.name))
    for what, of, now, before in facts.rows(found):
        # A spreadsheet takes what begins with = or the like for a formula.
        safe = f"'{of}" if of[:1] in ("=", "+", "-", "@") else of
        writer.writerow((what, safe, "" if now is None else now, "" if before is None else before))
    sides = [{f"{r.channel}, {r.model}": r for r in side} for side in cost]
    for of in dict.fromkeys([*sides[0], *sides[1]]):
        pair = [side.get(of) for side in sides]
        writer.writerow(("model_tokens", of, *(r.tokens if r else 0 for r in pair)))
        priced = [(r.nano / NANO if r.priced else "") if r else 0 for r in pair]
        writer.writerow(("model_usd", of, *priced))
    return text.getvalue()


def _text(found: facts.Report) -> Iterable[str]:
    now, before = found.now, found.before
    yield f"{now.period.title} ({now.period.zone.key}), beside it {before.period.title}"
    yield ""
    yield _line("Conversations begun", words.number(now.episodes), words.number(before.episodes))
    yield _line("Handed over", words.number(now.handed_over), words.number(before.handed_over))
    yield _line("Handoff rate", words.percent(now.rate), words.percent(before.rate))
    yield _line("Still going on", words.number(now.going_on), words.number(before.going_on))
    yield from _aftermath(found.after, found.after_before)
    yield from _parts("How they ended", words.OUTCOMES, now.outcomes, before.outcomes)
    yield from _parts("Why a person took over", words.TRIGGERS, now.triggers, before.triggers)
    yield from _topics(now.topics, before.topics)
    yield from _groups("Handoff rate by channel", {}, now.channels, before.channels)
    yield from _groups("Handoff rate by language", words.LANGUAGES, now.languages, before.languages)
    yield from ("", "From the handoff on, half within")
    for name, new, old in (
        ("the ticket exists", found.times.to_ticket, found.times_before.to_ticket),
        ("an agent first answers", found.times.to_reply, found.times_before.to_reply),
        ("the ticket is solved", found.times.to_solved, found.times_before.to_solved),
    ):
        yield _line(f"  {name}", _median(new), _median(old))


def _line(name: str, now: str, before: str) -> str:
    return f"{name:<34}{now:>18}{before:>18}"


def _parts(title: str, known: dict[str, str], now: list[Part], before: list[Part]) -> Iterable[str]:
    old = {part.name: part for part in before}
    yield from ("", title)
    for part in now:
        was = old.get(part.name)
        if part.number or (was and was.number):
            shown = f"{words.number(part.number)}  {words.percent(part.share):>7}"
            yield _line(
                f"  {words.words(known, part.name)}", shown, words.percent(was.share if was else 0)
            )
    if not sum(p.number for p in [*now, *before]):
        yield "  none"


def _aftermath(now: Aftermath, before: Aftermath) -> Iterable[str]:
    yield _line("Reopened after solved", *(_of(x.reopened, x.reopened_rate) for x in (now, before)))
    yield _line(
        "Came back within a day", *(_of(x.came_back, x.came_back_rate) for x in (now, before))
    )
    yield _line("Satisfied (4 or 5 of 5)", *(_of(x.satisfied, x.csat) for x in (now, before)))
    yield _line("Answers to the survey", words.number(now.rated), words.number(before.rated))


def _of(number: int, share: float | None) -> str:
    return f"{words.number(number)}  {words.percent(share):>7}"


def _topics(now: list[Topic], before: list[Topic]) -> Iterable[str]:
    old = {topic.name: topic for topic in before}
    yield from ("", "What people took over for, in a hundred conversations")
    for topic in now[:TOPICS]:
        was = old.get(topic.name)
        name = f"  {topic.name or 'not known'}"
        yield _line(name, _of(topic.handed_over, topic.rate), words.percent(was.rate if was else 0))
    if not now:
        yield "  none"
    if len(now) > TOPICS:
        yield f"  and {len(now) - TOPICS} more (--csv and --json have all)"


def _groups(
    title: str, known: dict[str, str], now: list[Group], before: list[Group]
) -> Iterable[str]:
    old = {group.name: group for group in before}
    yield from ("", title)
    for group in now:
        was = old.get(group.name)
        shown = f"{group.handed_over} of {group.episodes}  {words.percent(group.rate):>7}"
        name = f"  {words.words(known, group.name)}"
        yield _line(name, shown, words.percent(was.rate if was else None))
    if not now:
        yield "  none"


def _median(spread: Spread) -> str:
    return words.duration(spread.median)
