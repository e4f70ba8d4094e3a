"""`connector sandbox`: the connector with stand-ins of its providers, and a page to play on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from connector import bootstrap, log
from connector.bootstrap import SHIPPED, Connector
from connector.cli.common import settings_from, told
from connector.cli.serve import run_until_signal
from connector.errors import StartError
from connector.sandbox.page import create_page
from connector.sandbox.page.facts import RecentFacts
from connector.sandbox.page.wire import sources
from connector.sandbox.stage import Ports, Stage
from connector.web.server import Listener, listen

HOST = "127.0.0.1"
# Every open tab of the page holds a thread while it waits for news.
PAGE_THREADS = 24


@click.command()
@click.option(
    "--port",
    default=9000,
    show_default=True,
    type=click.IntRange(1024, 65528),
    help="The page's port; the connector and the six stand-ins take the next seven.",
)
@told
def sandbox(port: int) -> None:
    """Run everything on this machine, with no accounts, and print the page's URL.

    Twilio, Zendesk, Anthropic, Telegram, WhatsApp and Intercom are stand-ins that talk real HTTP. With
    ANTHROPIC_API_KEY set, the bot is the real one. Nothing is kept when it stops.
    """
    log.set_up(level=os.environ.get("CONNECTOR_LOG_LEVEL", "warning"))
    with tempfile.TemporaryDirectory(prefix="connector-sandbox-") as folder, _stage(port) as stage:
        facts = RecentFacts(stage.changes.bump)
        log.tap(facts.hear)
        page = listen(create_page(sources(stage, facts)), HOST, port, PAGE_THREADS)
        connector, web = _connector(stage, Path(folder), port + 1)
        page.start()
        _greet(port)
        try:
            run_until_signal(connector, web)
        finally:
            stage.changes.bump()  # lets go of the tabs that wait
            page.stop()


@contextmanager
def _stage(port: int) -> Iterator[Stage]:
    made = Stage(f"http://{HOST}:{port + 1}", Ports(*range(port + 2, port + 8)))
    try:
        made.__enter__()
    except OSError:
        raise StartError(
            f"the sandbox needs the ports {port} to {port + 7}, and one of them is in use; "
            f"choose others with --port, e.g. --port {port + 100}"
        ) from None
    try:
        yield made
    finally:
        made.__exit__(None, None, None)


def _connector(stage: Stage, folder: Path, port: int) -> tuple[Connector, Listener]:
    # Set for this process alone: config/sandbox.yaml reads it like any configuration.
    os.environ.update(stage.environ(f"sqlite:///{folder}/connector.db"))
    if key := os.environ.get("ANTHROPIC_API_KEY"):
        os.environ.update(
            SANDBOX_ANTHROPIC_KEY=key, SANDBOX_ANTHROPIC_URL="https://api.anthropic.com"
        )
    connector = bootstrap.build(settings_from(str(_config())))
    try:
        return connector, listen(connector.app, HOST, port)
    except BaseException:
        connector.close(0)
        raise


def _config() -> Path:
    """The one in this folder, where one can change it, else the one that is shipped."""
    own = Path("config/sandbox.yaml")
    return own if own.is_file() else SHIPPED / "sandbox.yaml"


def _greet(port: int) -> None:
    bot = "the real Claude" if os.environ.get("ANTHROPIC_API_KEY") else "a stand-in"
    click.echo(f"The sandbox is running. Open http://{HOST}:{port} in a browser.")
    click.echo(f"  the bot is {bot}; the connector is http://{HOST}:{port + 1}")
    click.echo(f"  what operators see: http://{HOST}:{port + 1}/ops/")
    click.echo("  Ctrl-C ends it; nothing is kept.")
