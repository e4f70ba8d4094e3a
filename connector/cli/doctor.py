"""`connector doctor`: is all well with the accounts, and how to mend what is not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

import click

from connector import log
from connector.cli import marks, upkeep
from connector.cli.common import config_option, pending_from, told
from connector.sites import Account
from connector.upkeep import Finding, Inspects, Mark
from connector.watch import addresses

ALERTS = "ops.alerts"


@click.command()
@config_option
@click.option("--fix", is_flag=True, help="Mend what `connector setup` can make.")
@click.option(
    "--alerts", "send", is_flag=True, help="Send a test message to each address of ops.alerts."
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@told
def doctor(config: str, fix: bool, send: bool, as_json: bool) -> None:
    """Check the accounts: sign-in and scopes, webhook, trigger, loop guards, clock, rate limit, Twilio's
    addresses, the bot's key, and a signed request to the connector's own public address; and whether the
    addresses of ops.alerts are well-formed and, where they name a host, reached. Nobody is told anything,
    unless --alerts asks for a test message.

    Each line says what was found, and after an arrow how to mend it. Exits with 1 if something is
    wrong.
    """
    log.set_up(level="error")
    rows: list[tuple[str, Finding]] = []
    settings = pending_from(config).settings
    with upkeep.opened(settings) as accounts:
        for account in accounts:
            found = _findings(account, fix)
            rows += [(account.called, f) for f in _shown(account.called, found, as_json)]
    given = settings.ops.alerts
    if given.to or given.handoffs_to:
        found = addresses.findings(settings, send=send)
        rows += [(ALERTS, f) for f in _shown(ALERTS, found, as_json)]
    wrong = any(f.mark == Mark.WRONG for _, f in rows)
    if as_json:
        facts = [{"account": called, **vars(f)} for called, f in rows]
        click.echo(json.dumps({"ok": not wrong, "findings": facts}, indent=2, ensure_ascii=False))
    else:
        click.echo(_summary([f.mark for _, f in rows]))
    sys.exit(1 if wrong else 0)


def _shown(called: str, found: Iterable[Finding], quiet: bool) -> Iterator[Finding]:
    """Each line is shown as soon as it is known: some questions take seconds."""
    if not quiet:
        click.echo(called)
    for finding in found:
        if not quiet:
            marks.show(finding)
        yield finding


def _findings(account: Account, fix: bool) -> Iterator[Finding]:
    # What mends comes first, so that what is asked after it finds things mended.
    mended = [_piece(upkeep.seen(p), fix) for p in upkeep.pieces(account)]
    checks = account.adapter.checks(account.site) if isinstance(account.adapter, Inspects) else ()
    first = [c for c in checks if c.about == "sign-in"]
    rest = [c for c in checks if c.about != "sign-in"]
    yield from (upkeep.looked(c.about, c.look) for c in first)
    yield from mended
    yield from (upkeep.looked(c.about, c.look) for c in rest)


def _piece(seen: upkeep.Seen, fix: bool) -> Finding:
    mends = fix and seen.state is not None and not seen.is_right
    return upkeep.mended(seen) if mends else upkeep.finding(seen)


def _summary(found: list[Mark]) -> str:
    total = marks.number(len(found), "check")
    wrong, care = found.count(Mark.WRONG), found.count(Mark.CARE)
    well = len(found) - wrong - care
    parts = [f"{well} {'is' if well == 1 else 'are'} well"] if well else []
    if wrong:
        parts.append(f"{wrong} {'is' if wrong == 1 else 'are'} wrong")
    if care:
        parts.append(f"{care} {'needs' if care == 1 else 'need'} care")
    if not wrong + care:
        return f"\n{total}: all is well."
    return f"\n{total}: {marks.listed(parts)}."
