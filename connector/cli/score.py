"""`connector score`: how good the local triggers are on labelled texts of your own."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import click

from connector.cli import rows
from connector.cli.common import fail, told
from connector.domain.handoff.base import HandoffPolicy
from connector.domain.handoff.judge import TASKS, Task, judge, turns_of
from connector.domain.handoff.scoring import (
    Judged,
    Timed,
    is_positive,
    of_conversations,
    of_messages,
    task_of,
)
from connector.domain.text import shorten

SHOWN = 120  # characters of an example
Numbered = Sequence[tuple[int, rows.Row]]


@click.command(name="score")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--task", type=click.Choice(TASKS), help="What its labels are about [default: seen].")
@rows.policy_options
@click.option("--show", metavar="N", default=0, help="Also show so many misses and false alarms.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@told
def command(
    file: str, task: Task | None, config: str | None, channel: str | None, show: int, as_json: bool
) -> None:
    """Score the local triggers on the labelled JSON lines of FILE.

    Messages: {"text", "label", "lang", "source"} with the labels wants_human, frustrated,
    legal_threat and none or neutral; others are not scored. Conversations: {"turns", "ideal",
    "source"}, ideal being the index of the turn at which a person should take over, or null.
    """
    found = rows.read(file)
    about = task or task_of(row for _, row in found)
    if about is None:
        fail(f"{file}: no label tells what it is about; say so with --task")
    policy = rows.policy(config, channel)
    conversations = about == "conversation"
    told = _timed(found, file, policy) if conversations else _judged(found, file, about, policy)
    figures, examples = told
    if as_json:
        click.echo(json.dumps({"file": file, "task": about, **_plain(figures)}, indent=2))
        return
    _show(about, figures)
    for example in examples[:show]:
        click.echo(f"  {example}")


def _judged(
    found: Numbered, file: str, task: Task, policy: HandoffPolicy
) -> tuple[dict[str, Any], list[str]]:
    groups: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    examples, spent = [], []
    for number, row in found:
        positive = is_positive(task, row.get("label"))
        if positive is None:
            continue
        began = time.perf_counter()
        verdict = rows.checked(file, number, judge, task, row, policy)
        spent.append(time.perf_counter() - began)
        one = Judged(positive, verdict["fire"], verdict["score"])
        groups[("all", "")].append(one)
        for kind in ("source", "lang"):
            groups[(kind, str(row.get(kind, "")))].append(one)
        if one.fire != positive:
            wrong = "missed" if positive else "false alarm"
            examples.append(f"{wrong}, line {number}: {shorten(row['text'], SHOWN)}")
    figures: dict[str, Any] = of_messages(groups[("all", "")])
    figures["p95_us"] = sorted(spent)[int(len(spent) * 0.95)] * 1e6 if spent else 0.0
    for kind in ("source", "lang"):
        named = {n: v for (k, n), v in sorted(groups.items()) if k == kind}
        figures[f"by_{kind}"] = {n: of_messages(v) for n, v in named.items()}
    return figures, examples


def _timed(found: Numbered, file: str, policy: HandoffPolicy) -> tuple[dict[str, Any], list[str]]:
    groups: dict[str, list[Timed]] = defaultdict(list)
    examples = []
    for number, row in found:
        one = rows.checked(file, number, _when, row, policy)
        groups[""].append(one)
        groups[str(row.get("source", ""))].append(one)
        if one.ideal != one.fired:
            examples.append(f"line {number}: ideal turn {one.ideal}, handed over at {one.fired}")
    figures: dict[str, Any] = of_conversations(groups.pop("", []))
    figures["by_source"] = {n: of_conversations(v) for n, v in sorted(groups.items())}
    return figures, examples


def _when(row: rows.Row, policy: HandoffPolicy) -> Timed:
    """The customer turns (0, 1, ...) at which it should go to a person, and at which it does."""
    said = turns_of(row)
    ideal = row.get("ideal")
    if ideal is not None and not (isinstance(ideal, int) and 0 <= ideal < len(said)):
        raise ValueError("ideal is the index of a turn, or null")
    customers = [i for i, turn in enumerate(said) if turn.role == "customer"]
    fired = next((n for n, i in enumerate(customers) if _fires(row, i, policy)), None)
    return Timed(None if ideal is None else sum(i < ideal for i in customers), fired)


def _fires(row: rows.Row, upto: int, policy: HandoffPolicy) -> bool:
    part = {**row, "turns": row["turns"][: upto + 1]}
    return bool(judge("conversation", part, policy)["fire"])


def _plain(figures: dict[str, Any]) -> dict[str, Any]:
    """What can't be said of so few rows is null: JSON has no NaN."""
    known = {k: v if v == v else None for k, v in figures.items()}
    return {k: _plain(v) if isinstance(v, dict) else v for k, v in known.items()}


def _show(task: Task, figures: dict[str, Any]) -> None:
    click.echo(task)
    for name, figure in figures.items():
        if isinstance(figure, dict):
            for group, inner in figure.items():
                told = "  ".join(f"{k} {_number(v)}" for k, v in inner.items() if v == v)
                click.echo(f"  {name[3:]} {group or '(none)'}: {told}")
        else:
            click.echo(f"  {name:<22}{_number(figure)}")


def _number(figure: float) -> str:
    return str(figure) if isinstance(figure, int) else f"{figure:.3f}"
