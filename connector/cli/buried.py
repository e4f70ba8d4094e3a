"""`connector buried`: what was given up on, to be looked at, tried again or dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from connector import bootstrap
from connector.cli.common import config_option, fail, settings_from, told
from connector.domain.text import shorten
from connector.storage import buried as store
from connector.storage.engine import Database

SHOWN = 100  # characters of what the customer saw


def _chosen(context: click.Context, _: click.Parameter, config: str | None) -> None:
    if config is not None:
        context.obj = config


# The same as before the word `list`, `replay` or `drop`: people write it at the end.
_config_too = click.option(
    "--config", callback=_chosen, expose_value=False, metavar="FILE", help="The configuration."
)


@click.group(invoke_without_command=True)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def buried(context: click.Context, config: str, as_json: bool) -> None:
    """Show what was given up on (`list`), try one again (`replay`) or drop it for good (`drop`).

    Works beside a running connector, which takes up a replay within seconds.
    """
    context.obj = config
    if context.invoked_subcommand is None:
        _show(config, as_json)


@buried.command(name="list")
@_config_too
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_obj
@told
def list_(config: str, as_json: bool) -> None:
    """Each with its reason, its attempts and what the customer saw last."""
    _show(config, as_json)


@buried.command()
@_config_too
@click.argument("id")
@click.pass_obj
@told
def replay(config: str, id: str) -> None:
    """Try ID again, e.g. call-12."""
    with _opened(config) as db:
        found = db.write(lambda c: store.replay(c, id, bootstrap.now()))
    if found is None:
        fail(f"nothing buried is called '{id}'; `connector buried list` shows what there is")
    click.echo(f"{id} is tried again")


@buried.command()
@_config_too
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
@told
def drop(config: str, id: str, yes: bool) -> None:
    """Never try ID again. What it would have done stays undone."""
    if not yes:
        click.confirm(f"Drop {id} for good?", abort=True)
    with _opened(config) as db:
        found = db.write(lambda c: store.drop(c, id, bootstrap.now()))
    if found is None:
        fail(f"nothing buried is called '{id}'; `connector buried list` shows what there is")
    click.echo(f"{id} is dropped")


@contextmanager
def _opened(config: str) -> Iterator[Database]:
    db = bootstrap.opened(settings_from(config))
    try:
        yield db
    finally:
        db.close()


@told
def _show(config: str, as_json: bool) -> None:
    with _opened(config) as db:
        found = db.read(store.listed)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2, default=str))
        return
    if not found:
        click.echo("Nothing is buried.")
    for each in found:
        times = "attempt" if each.attempts == 1 else "attempts"
        click.echo(f"{each.id}  {each.what}  {each.since:%Y-%m-%d %H:%M} UTC")
        click.echo(f"  conversation {each.conversation} on {each.channel}")
        click.echo(f"  {each.attempts} {times}: {each.reason or 'no reason was kept'}")
        click.echo(f"  the customer saw last: {shorten(each.customer_saw, SHOWN)}")
