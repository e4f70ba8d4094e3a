"""`connector simulate`: talk to the bot in the terminal."""

from __future__ import annotations

import json
import sys

import click

from connector import bootstrap
from connector.cli.common import config_option, fail, settings_from, told
from connector.domain.conversation import HandingOff
from connector.simulation import Simulation


@click.command()
@config_option
@click.option("--channel", metavar="NAME", help="Whose bot and triggers [default: the first].")
@click.option("--json", "as_json", is_flag=True, help="Print each turn as a JSON line.")
@told
def simulate(config: str, channel: str | None, as_json: bool) -> None:
    """Talk to the bot as a customer would, with the channel's own bot and triggers.

    Nothing is stored and no ticket is made: when a person would take over, it says why and what
    the agent would read. An empty line or Ctrl-D ends.
    """
    settings = settings_from(config)
    name = channel or next(iter(settings.channels))
    if name not in settings.channels:
        fail(f"no channel called '{name}'; there are: {', '.join(settings.channels)}")
    made = bootstrap.rehearsal(settings, name)
    if not as_json:
        click.echo(f"You are a customer of '{name}'. An empty line ends.")
    while made.handoff is None and (text := _line(as_json)):
        replies = made.says(text)
        _show(replies, made, as_json)


def _line(quiet: bool) -> str:
    """What the customer types; empty at the end."""
    if not quiet and sys.stdin.isatty():
        click.echo("you> ", nl=False)
    return sys.stdin.readline().strip()


def _show(replies: list[str], made: Simulation, as_json: bool) -> None:
    handoff = made.handoff
    if as_json:
        fact = {"replies": replies, "handoff": _why(handoff) if handoff else None}
        click.echo(json.dumps(fact, ensure_ascii=False))
        return
    for reply in replies:
        click.echo(f"bot> {reply}")
    if handoff is None:
        return
    why = _why(handoff)
    click.echo(f"\nA person would take over: {why['trigger']} (score {why['score']}).")
    if why["quote"]:
        click.echo(f"  because of: {why['quote']}")
    if why["detail"]:
        click.echo(f"  {why['detail']}")
    if made.summary:
        rows = (
            ("wants", made.summary.wants),
            ("tried", made.summary.tried),
            ("why a human", made.summary.why_human),
        )
        for title, point in rows:
            click.echo(f"  {title}: {point.text}")
    else:
        click.echo("  (summary unavailable)")


def _why(handoff: HandingOff) -> dict[str, object]:
    decided = handoff.decided
    first = decided.evidence[0] if decided.evidence else None
    return {
        "trigger": decided.trigger.value,
        "score": round(decided.score, 2),
        "quote": first.quote if first else "",
        "detail": first.detail if first else "",
    }
