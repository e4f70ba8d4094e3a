"""JSON lines in: what `judge` and `score` read, and whose triggers they ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from connector import phrases, policies
from connector.cli.common import F, fail, settings_from
from connector.domain.handoff.base import HandoffPolicy
from connector.domain.handoff.patterns import PhraseError

Row = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")


def policy_options(command: F) -> F:
    """`--config FILE --channel NAME`: whose triggers; else those that the product ships."""
    for option in (
        click.option(
            "--channel", metavar="NAME", help="With --config: which [default: the first]."
        ),
        click.option(
            "--config",
            metavar="FILE",
            help="A channel's settings and your own word lists [default: those that are shipped].",
        ),
    ):
        command = option(command)
    return command


def policy(config: str | None, channel: str | None) -> HandoffPolicy:
    """The triggers of a channel, or those that the product ships. Raise ConfigError."""
    try:
        return _policy(config, channel)
    except PhraseError as error:
        fail(str(error))


def _policy(config: str | None, channel: str | None) -> HandoffPolicy:
    if config is None:
        return HandoffPolicy(phrases=phrases.load())
    settings = settings_from(config)
    name = channel or next(iter(settings.channels))
    if name not in settings.channels:
        fail(f"no channel called '{name}'; there are: {', '.join(settings.channels)}")
    return policies.handoff(settings.channels[name].handoff, phrases.of(settings))


def rows(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, Row]]:
    """Each line's number and object; empty lines are skipped. A broken line: say which, exit 1."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        yield number, checked(name, number, _row, line)


def checked(name: str, number: int, step: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
    """What `step` gives; a ValueError of it is told with the line's number, exit 1."""
    try:
        return step(*given, **named)
    except json.JSONDecodeError as error:
        fail(f"{name}:{number}:{error.colno}: not JSON: {error.msg}")
    except UnicodeDecodeError as error:
        fail(f"{name}:{number}: not UTF-8 at byte {error.start + 1}")
    except RecursionError:
        fail(f"{name}:{number}: nested too deep")
    except ValueError as error:
        fail(f"{name}:{number}: {error}")


def _row(line: bytes) -> Row:
    found = json.loads(line.decode("utf-8-sig").rstrip("\r\n"))
    if not isinstance(found, dict):
        raise ValueError("expected an object {...}")
    return found


def read(file: str) -> list[tuple[int, Row]]:
    """All rows of a file. Exit 1 if it can't be read."""
    try:
        return list(rows(Path(file).read_bytes().splitlines(), file))
    except OSError as error:
        fail(f"{file}: can't be read ({error.strerror})")
