"""What several commands share: where the configuration is, and how a failure is told."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from connector.domain.handoff.patterns import PhraseError
from connector.errors import ConnectorError
from connector.settings import ConfigError, Pending, Settings, load, load_pending

DEFAULT_CONFIG = "config/channels.yaml"
F = TypeVar("F", bound=Callable[..., Any])


def fail(sentence: str) -> NoReturn:
    """Say why on standard error and exit with 1."""
    click.echo(f"connector: {sentence}", err=True)
    sys.exit(1)


def config_option(command: F) -> F:
    """`--config FILE`, else CONNECTOR_CONFIG, else config/channels.yaml."""
    return click.option(
        "--config",
        "config",
        metavar="FILE",
        default=lambda: os.environ.get("CONNECTOR_CONFIG", DEFAULT_CONFIG),
        help=f"The configuration [default: $CONNECTOR_CONFIG, else {DEFAULT_CONFIG}].",
    )(command)


def settings_from(config: str) -> Settings:
    """The checked settings, or every problem, a line each, and exit 1."""
    try:
        return load(Path(config))
    except ConfigError as error:
        for line in str(error).splitlines():
            click.echo(line, err=True)
        sys.exit(1)


def pending_from(config: str) -> Pending:
    """The same, where the webhooks' secrets need not be there yet."""
    try:
        return load_pending(Path(config), os.environ)
    except ConfigError as error:
        for line in str(error).splitlines():
            click.echo(line, err=True)
        sys.exit(1)


def told(command: F) -> F:
    """A failure of ours is one sentence and exit code 1, never a traceback."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (ConnectorError, PhraseError) as error:
            fail(str(error))

    return wrapped  # type: ignore[return-value]


def moment(value: object) -> str:
    """A time as JSON has it, ISO 8601; whatever else JSON does not know is no fact of ours."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
