"""`connector setup`: what Zendesk and Twilio have to know of the connector."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from connector import log
from connector.cli import marks, upkeep
from connector.cli.common import config_option, fail, pending_from, told
from connector.errors import ProviderError
from connector.sites import Account
from connector.upkeep import Mark, TellsSecret


@dataclass
class Done:
    """What became of it; `as_json` shows the facts and prints nothing in between."""

    dry_run: bool
    as_json: bool
    rows: list[dict[str, Any]] = field(default_factory=list)

    def count(self, *results: str) -> int:
        return sum(row["result"] in results for row in self.rows)


@click.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--fields", is_flag=True, help="Make the optional ticket field 'Handoff trigger' too."
)
@click.option(
    "--secret-file",
    type=click.Path(dir_okay=False),
    help="Write the webhook's signing secret into this file instead of showing it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON, never a secret.")
@told
def setup(config: str, dry_run: bool, fields: bool, secret_file: str | None, as_json: bool) -> None:
    """Tell Zendesk and Twilio where the connector is.

    In Zendesk: the webhook, the trigger that calls it (with the ticket's id and nothing else, and not
    for what the connector wrote itself), and macros with the tags that agents steer with. At Twilio:
    the address of each number or messaging service, with retries. Twice changes nothing.

    A webhook is known by its address, else by its name, "Connector (main)": two connectors on one
    Zendesk account need helpdesks of different names.
    """
    log.set_up(level="error")
    pending = pending_from(config)
    done = Done(dry_run, as_json)
    with upkeep.opened(pending.settings) as accounts:
        found = [replace(a, site=replace(a.site, with_fields=fields)) for a in accounts]
        for account in found:
            _set_up(account, done)
        secrets = [] if dry_run else _secrets(found, pending.names, secret_file, done)
    if as_json:
        facts = {"ok": not done.count("failed"), "dry_run": dry_run, "changes": done.rows}
        click.echo(json.dumps(facts | {"secrets": secrets}, indent=2, ensure_ascii=False))
    else:
        click.echo(_summary(done))
    sys.exit(1 if done.count("failed") else 0)


def _set_up(account: Account, done: Done) -> None:
    pieces = upkeep.pieces(account)
    if pieces and not done.as_json:
        click.echo(account.called)
    for piece in pieces:
        seen = upkeep.seen(piece)
        failure, result = seen.failure, "unchanged"
        if seen.state is not None and not seen.is_right:
            result = "changed" if seen.state.exists else "made"
            failure = "" if done.dry_run else upkeep.made(piece)
        result = "failed" if failure else result
        differences = seen.state.differences if seen.state else ()
        done.rows.append({
            "account": account.called, "about": piece.about, "result": result, "why": failure,
            "differences": [vars(d) for d in differences],
        })  # fmt: skip
        if not done.as_json:
            _show(seen, result, failure, done.dry_run)
            if result in ("made", "changed") and not done.dry_run and (then := _then(seen)):
                click.echo(f"      {then}")


def _then(seen: upkeep.Seen) -> str:
    try:
        return seen.piece.then()
    except ProviderError:
        return ""


def _show(seen: upkeep.Seen, result: str, failure: str, dry_run: bool) -> None:
    words = {"made": "would be made", "changed": "would be changed"} if dry_run else {}
    mark = {"failed": Mark.WRONG, "unchanged": Mark.WELL}.get(result, Mark.NOTE)
    shown = failure or words.get(result) or {"unchanged": "as it should be"}.get(result, result)
    marks.line(mark if dry_run or mark != Mark.NOTE else Mark.WELL, seen.piece.about, shown)
    for d in seen.state.differences if seen.state and result != "unchanged" else ():
        if d.found:
            click.echo(f"      {click.style(f'- {d.name}: {d.found}', fg='red')}")
        if d.wanted or not d.found:
            click.echo(f"      {click.style(f'+ {d.name}: {d.wanted}', fg='green')}")


def _secrets(
    found: Sequence[Account], names: Any, file: str | None, done: Done
) -> list[dict[str, str]]:
    """Hand over what Zendesk signs with, where the configuration does not have it yet."""
    handed: list[dict[str, str]] = []
    for account in found:
        if not isinstance(account.adapter, TellsSecret):
            continue
        try:
            secret = account.adapter.new_secret(account.site)
        except ProviderError as error:
            _unread(account, upkeep.sentence(error), done)
            continue
        if secret is None:
            continue
        variable = next(iter(names.get(account.site.name, ())), "")
        if file and handed:
            fail(f"--secret-file: {account.called} has a secret of its own; set up one at a time")
        handed.append({"account": account.called, "variable": variable, "file": file or ""})
        _hand_over(account, secret, variable, file, done.as_json)
    return handed


def _unread(account: Account, why: str, done: Done) -> None:
    row = {"account": account.called, "about": "secret", "result": "failed", "why": why}
    done.rows.append(row | {"differences": []})
    if not done.as_json:
        marks.line(Mark.WRONG, "secret", why)


def _hand_over(account: Account, secret: str, variable: str, file: str | None, quiet: bool) -> None:
    name = variable or f"helpdesks.{account.site.name}.webhook_secrets"
    if file:
        _write(Path(file), secret)
    if quiet:
        return
    click.echo(f"\nZendesk signs the webhook of {account.called} with a secret of its own making.")
    if file:
        click.echo(f"It is in {file}. Before you start the connector:")
        click.echo(f"  export {name}_FILE={file}")
        return
    click.echo("Before you start the connector, put it where the configuration reads it:")
    click.echo(f"  export {name}={secret}")
    click.echo("It is shown until it is configured, and then no more.")


def _write(path: Path, secret: str) -> None:
    try:
        # For its owner alone from the first moment.
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as out:
            os.fchmod(number, 0o600)
            out.write(secret + "\n")
    except OSError as error:
        fail(f"--secret-file: {path} can't be written ({error.strerror})")


def _summary(done: Done) -> str:
    changes, failed = done.count("made", "changed"), done.count("failed")
    right = done.count("unchanged")
    parts = []
    if changes:
        would = "would be made" if done.dry_run else ("was made" if changes == 1 else "were made")
        parts.append(f"{marks.number(changes, 'change')} {would}")
    if failed:
        parts.append(f"{failed} failed")
    if not parts:
        return f"\nNothing to change: all {right} are as they should be."
    rest = f"; {right} {'is' if right == 1 else 'are'} as before" if right else ""
    return f"\n{marks.listed(parts)}{rest}."
