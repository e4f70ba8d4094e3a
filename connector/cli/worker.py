"""`connector worker`: runs lanes, one of any number of processes on any number of machines."""

from __future__ import annotations

import click

from connector import bootstrap, log
from connector.cli.common import config_option, fail, settings_from, told
from connector.cli.serve import run_until_signal
from connector.web.app import create_health
from connector.web.server import Listener, listen


@click.command()
@config_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where --port listens.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Answer /healthz, /readyz and /metrics there [default: nowhere].",
)
@told
def worker(config: str, host: str, port: int | None) -> None:
    """Do the work that `connector serve` takes in, with `runner: procrastinate`.

    Start as many as you like. SIGTERM lets what runs finish, for at most ten seconds: what did not is
    taken over by the others.
    """
    log.set_up()
    settings = settings_from(config)
    if settings.runner != "procrastinate":
        fail(
            "a worker needs `runner: procrastinate`; with `runner: local`, `connector serve` does it"
        )
    connector = bootstrap.build(settings, role="worker")
    listener: Listener | None = None
    try:
        if port is not None:
            listener = listen(create_health(connector.web), host, port, threads=2)
    except BaseException:
        connector.close(0)
        raise
    click.echo("connector worker is running")
    run_until_signal(connector, listener)
