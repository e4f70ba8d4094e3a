"""`connector whatif`: stored episodes under other handoff settings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import click

from connector import bootstrap, phrases, policies
from connector.cli.common import config_option, fail, settings_from, told
from connector.cli.marks import number
from connector.cli.progress import Progress, interruptible
from connector.domain.handoff.base import HandoffPolicy
from connector.domain.handoff.replay import Change, Label, Past, Replayed, rate, replay
from connector.domain.text import shorten
from connector.settings import ConfigError, Settings, load_handoff
from connector.storage import past

SHOWN = 100  # characters of a quote
TOLD = {
    Label.NOT_NEEDED: "not needed (handed back, bot_should_have_known)",
    Label.TOO_LATE: "too late (handoff_too_late)",
}
WANTED = {Label.NOT_NEEDED: "would not be made, or later", Label.TOO_LATE: "would be made earlier"}


@click.command(name="whatif")
@click.argument("file", type=click.Path(dir_okay=False))
@config_option
@click.option("--channel", metavar="NAME", help="Only this channel's episodes.")
@click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="How far back.")
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="Of each.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@interruptible
@told
def command(
    file: str,
    config: str,
    channel: str | None,
    days: int,
    examples: int,
    as_json: bool,
    progress: Progress,
) -> None:
    """Replay stored episodes under the handoff settings of FILE.

    FILE is a whole configuration, or `handoff:` alone for all channels. Nothing is changed and no
    model is asked: what it decided is kept. Says which episodes would have been handed over
    earlier, later or not, and what the agents' hand-backs and the tags bot_should_have_known and
    handoff_too_late say of that.
    """
    settings = settings_from(config)
    others = _policies(file, settings)
    chosen = [channel] if channel else list(settings.channels)
    if channel and channel not in settings.channels:
        fail(f"no channel called '{channel}'; there are: {', '.join(settings.channels)}")
    tags = {n: settings.helpdesks[c.helpdesk].hand_back_tag for n, c in settings.channels.items()}
    since = bootstrap.now() - timedelta(days=days)
    db = bootstrap.opened(settings)
    try:
        stored = db.read(lambda c: _stored(past.episodes(c, since, tags), chosen, progress))
    finally:
        db.close()
    replayed = []
    for place, each in enumerate(stored):
        progress.tell("replaying", place, len(stored))
        if each.channel in others:
            replayed.append(replay(each, others[each.channel]))
    progress.clear()
    if as_json:
        click.echo(json.dumps(_facts(replayed), indent=2, ensure_ascii=False))
    else:
        _show(replayed, examples)


def _stored(found: Iterable[Past], chosen: Collection[str], progress: Progress) -> list[Past]:
    kept: list[Past] = []
    for read, each in enumerate(found, 1):
        progress.tell("reading episodes", read)
        if each.channel in chosen:
            kept.append(each)
    return kept


def _policies(file: str, settings: Settings) -> dict[str, HandoffPolicy]:
    """By channel, as FILE has them."""
    try:
        alone = load_handoff(Path(file))
    except ConfigError as error:
        fail(str(error))
    if alone is not None:
        made = policies.handoff(alone, phrases.of(settings))
        return dict.fromkeys(settings.channels, made)
    other = settings_from(file)
    lists = phrases.of(other)
    return {name: policies.handoff(c.handoff, lists) for name, c in other.channels.items()}


def _facts(replayed: Sequence[Replayed]) -> dict[str, object]:
    counts = Counter(r.change for r in replayed)
    labelled = [r.agrees for r in replayed if r.agrees is not None]
    return {
        "episodes": len(replayed),
        "rate_before": round(rate(replayed, now=False), 4),
        "rate_after": round(rate(replayed, now=True), 4),
        **{change.value: counts[change] for change in Change},
        "labelled": len(labelled),
        "as_agents_wanted": sum(labelled),
        "by_label": {label.value: _said(replayed, label) for label in Label},
        "changed": [_fact(r) for r in replayed if r.change is not Change.SAME],
    }


def _said(replayed: Sequence[Replayed], label: Label) -> dict[str, int]:
    """How many handoffs agents said this of, and how many of them would be as they wanted."""
    said = [r for r in replayed if label in r.past.labels]
    return {"handoffs": len(said), "as_wanted": sum(bool(r.agrees) for r in said)}


def _fact(one: Replayed) -> dict[str, object]:
    before, after = one.past.trigger, one.trigger
    return {
        "episode": one.past.episode,
        "channel": one.past.channel,
        "change": one.change.value,
        "turn_before": one.past.handed_at,
        "trigger_before": before.value if before else None,
        "turn_after": one.at,
        "trigger_after": after.value if after else None,
        "quote": one.quote,
        "labels": sorted(one.past.labels),
    }


def _show(replayed: Sequence[Replayed], examples: int) -> None:
    facts = _facts(replayed)
    before, after = rate(replayed, now=False), rate(replayed, now=True)
    click.echo(f"{len(replayed)} episodes; handed over: {before:.1%} then, {after:.1%} now")
    for change in Change:
        click.echo(f"  {change.value:<8} {facts[change.value]}")
    for label in Label:
        said = _said(replayed, label)
        if said["handoffs"]:
            handoffs = number(said["handoffs"], "handoff")
            click.echo(f"agents: {handoffs} {TOLD[label]}; now {said['as_wanted']} {WANTED[label]}")
    for change in (c for c in Change if c is not Change.SAME):
        for one in [r for r in replayed if r.change is change][:examples]:
            click.echo(f"{change.value}: {one.past.episode} on {one.past.channel}")
            click.echo(
                f"  {_when(one.past.handed_at, one.past.trigger)} -> {_when(one.at, one.trigger)}"
            )
            if one.quote:
                click.echo(f"  because of: {shorten(one.quote, SHOWN)}")


def _when(at: int | None, trigger: object) -> str:
    return "not handed over" if at is None else f"customer message {at + 1} ({trigger})"
