"""`connector export`: everything that is held of one customer, as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from connector import bootstrap
from connector.cli.common import config_option, fail, moment, settings_from, told
from connector.cli.files import whole
from connector.cli.progress import Progress, interruptible
from connector.reports.everything import everything
from connector.storage import held


@click.command()
@click.argument("address")
@config_option
@click.option("--channel", metavar="NAME", help="Only on this channel [default: on all].")
@click.option("--output", "-o", metavar="FILE", help="Write it there [default: print it].")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--json", is_flag=True, expose_value=False, help="It is JSON anyway.")
@interruptible
@told
def export(
    address: str,
    config: str,
    channel: str | None,
    output: str | None,
    force: bool,
    progress: Progress,
) -> None:
    """Write down everything that is held of the customer at ADDRESS, as JSON.

    Texts, names, receipts, what providers sent and what was asked of them; docs/DATA.md tells the
    shape. Files are listed with their addresses at the provider: the connector keeps no copies.
    """
    settings = settings_from(config)
    progress.unharmed = "nothing was written"
    if channel and channel not in settings.channels:
        fail(f"no channel called '{channel}'; there are: {', '.join(settings.channels)}")
    db = bootstrap.opened(settings)
    try:
        now = bootstrap.now()
        facts = db.read(
            lambda c: everything(c, address, held.held(c, address, channel), now, progress.tell)
        )
    finally:
        db.close()
    progress.clear()
    text = json.dumps(facts, indent=2, ensure_ascii=False, default=moment)
    number = len(facts["conversations"])
    if output:
        with whole(Path(output), replace=force) as partial:
            partial.write_text(text + "\n", encoding="utf-8")
        click.echo(f"written to {output}: {number} of {address}", err=True)
        return
    click.echo(text)
