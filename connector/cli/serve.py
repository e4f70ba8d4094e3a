"""`connector serve`: the web server and the runner in one process."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from types import FrameType

import click

from connector import bootstrap, log
from connector.bootstrap import Connector
from connector.cli.common import config_option, fail, settings_from, told
from connector.settings import Settings
from connector.settings.values import is_loopback
from connector.web.app import create_app
from connector.web.server import Listener, listen

DRAIN_SECONDS = 9.0  # with what comes before and after, no more than 10
PUBLIC = (
    "--host {host} would show the dashboard to whoever reaches this machine, and nobody has to sign in: "
    "set ops.auth (accounts, or a provider with oidc; config/channels.example.yaml shows both), or leave "
    "the dashboard out with --no-dashboard, or listen on 127.0.0.1"
)


@click.command()
@config_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-dashboard", "bare", is_flag=True, help="Without /ops/: webhooks only.")
@told
def serve(config: str, host: str, port: int, bare: bool) -> None:
    """Receive webhooks and do the work, until SIGTERM or Ctrl-C; then drain and exit.

    With `runner: procrastinate` the work is left to `connector worker`.
    """
    log.set_up()
    settings = settings_from(config)
    if not (bare or settings.ops.auth or is_loopback(host)):
        fail(PUBLIC.format(host=host))
    connector = bootstrap.build(settings)
    try:
        app = create_app(replace(connector.web, ops=None)) if bare else connector.app
        listener = listen(app, host, port)
    except BaseException:
        connector.close(0)
        raise
    click.echo(f"connector is listening on http://{host}:{port} (webhooks, /healthz, /readyz)")
    if not bare:
        click.echo(_dashboard(settings, host, port))
    run_until_signal(connector, listener)


def _dashboard(settings: Settings, host: str, port: int) -> str:
    if settings.ops.auth is not None:
        return f"  the dashboard is at {settings.public_url}/ops/, for whom ops.auth lets in"
    return f"  the dashboard is at http://{host}:{port}/ops/, for this machine alone (see ops.auth)"


def run_until_signal(connector: Connector, listener: Listener | None) -> None:
    """Until a signal says stop: first no new requests, then let the lanes finish."""
    asked = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        asked.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    # What was imported stays: it need not be looked through ever again.
    gc.freeze()
    gc.enable()
    # Many threads that wait for disk and network: the default, 5 ms, is what each would wait more.
    sys.setswitchinterval(0.0005)
    connector.start()
    if listener:
        listener.start()
    asked.wait()
    log.get(__name__).info("draining")
    deadline = time.monotonic() + DRAIN_SECONDS
    if listener:
        listener.stop()
    drained = connector.close(deadline - time.monotonic())
    log.get(__name__).info("stopped", drained=drained)
    if not drained:
        # Python would wait for the threads that call a model; what they do is not lost.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
