"""`connector judge`: the local triggers' verdict on JSON lines."""

from __future__ import annotations

import json
import os
import sys

import click

from connector.cli import rows
from connector.cli.common import told
from connector.domain.handoff.judge import TASKS, Task, judge


@click.command(name="judge")
@click.option(
    "--task",
    required=True,
    type=click.Choice(TASKS),
    help="What is looked for: in a text each, or in whole conversations.",
)
@rows.policy_options
@click.option("--json", is_flag=True, expose_value=False, help="As always here: prints JSON only.")
@click.option(
    "--why",
    is_flag=True,
    help='Add "why": each trigger that was looked at, with its score, its threshold and what it saw.',
)
@told
def command(task: Task, config: str | None, channel: str | None, why: bool) -> None:
    """Judge JSON lines from standard input with the local triggers: no model, no network.

    In: {"id", "text", "lang"}, or for conversations {"id", "turns": [{"role": "customer" or "bot",
    "text"}], "lang"}, judged at their last turn. Out, line by line and in order: the same objects
    with "fire", "score" (0 to 1) and "trigger" (or null) added. A broken line ends it with exit 1.
    """
    policy = rows.policy(config, channel)
    try:
        for number, row in rows.rows(sys.stdin.buffer, "standard input"):
            _print(rows.checked("standard input", number, judge, task, row, policy, why=why))
    except BrokenPipeError:  # whoever read us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(row: rows.Row) -> None:
    """At once, so that a reader may wait for each answer."""
    try:
        line = json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a character, which UTF-8 can't say
        line = json.dumps(row).encode()
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
