"""`connector check`: is the configuration right? Needs no network."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from connector import phrases
from connector.cli.common import DEFAULT_CONFIG
from connector.domain.handoff.patterns import PhraseError
from connector.pricing import unpriced
from connector.settings import ConfigError, Problem, Settings, load


def _phrases(settings: Settings) -> list[Problem]:
    """What is wrong with the word lists."""
    try:
        phrases.of(settings)
    except PhraseError as error:
        where, _, reason = str(error).partition(": ")
        file, line, column = where.rsplit(":", 2) if where.count(":") > 1 else (where, "1", "1")
        return [Problem(file, int(line), int(column), "", reason)]
    return []


def _prices(settings: Settings, file: str) -> list[Problem]:
    """Models of which nobody knows what they cost."""
    found = []
    for path, reason, hint in unpriced(settings):
        at = settings.origins.get(path)
        found.append(Problem(at.file if at else file, at.line if at else 1, 1, path, reason, hint))
    return found


@click.command()
@click.argument("file", required=False, envvar="CONNECTOR_CONFIG", default=DEFAULT_CONFIG)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(file: str, as_json: bool) -> None:
    """Check the configuration FILE and say what is wrong, as file:line:column.

    Without FILE: $CONNECTOR_CONFIG, else config/channels.yaml. What a provider will end, and a
    model whose price is not known, are printed as warnings.
    """
    try:
        settings = load(Path(file))
        problems = _phrases(settings)
        warnings = sorted((*settings.ending, *_prices(settings, file)))
    except ConfigError as error:
        problems, warnings = error.problems, []
    if as_json:
        found = [p.as_dict() | {"level": "error"} for p in problems]
        found += [p.as_dict() | {"level": "warning"} for p in warnings]
        click.echo(json.dumps({"file": file, "ok": not problems, "problems": found}, indent=2))
    else:
        for warning in warnings:
            click.echo(f"{warning} (warning)")
        for problem in problems:
            click.echo(str(problem), err=True)
        if not problems:
            click.echo(f"{file}: the configuration is right")
    sys.exit(1 if problems else 0)
