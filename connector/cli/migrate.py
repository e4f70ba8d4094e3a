"""`connector migrate`: the database's schema, brought up to date."""

from __future__ import annotations

import click

from connector import bootstrap
from connector.cli.common import config_option, settings_from, told


@click.command()
@config_option
@told
def migrate(config: str) -> None:
    """Bring the database's schema up to this version; twice changes nothing."""
    settings = settings_from(config)
    version = bootstrap.migrate(settings)
    click.echo(f"the database is at schema version {version}")
