"""The commands. Each exits 0, 1 (it failed: one sentence on standard error) or 2 (wrong use)."""

from __future__ import annotations

import click

from connector import __version__
from connector.cli.check import check
from connector.cli.sandbox import sandbox
from connector.cli.serve import migrate, serve
from connector.cli.simulate import simulate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="connector")
def main() -> None:
    """Hand text conversations from an AI bot to people in Zendesk, and back.

    Start with `connector sandbox`: everything on this machine, no accounts needed.
    """


for command in (sandbox, serve, migrate, check, simulate):
    main.add_command(command)
