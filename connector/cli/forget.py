"""`connector forget`: a customer, out of the database and its files, and out of Zendesk as far as it goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from connector import bootstrap
from connector.cli.common import config_option, fail, moment, settings_from, told
from connector.cli.marks import number
from connector.cli.progress import Progress, interruptible, to_the_end
from connector.pipeline import forgetting
from connector.pipeline.forgetting import Left, TicketUnderWay
from connector.settings import Settings
from connector.storage import held, wipe
from connector.storage.engine import Database
from connector.storage.held import Held
from connector.storage.wipe import Wiped

ACCOUNT = "command line"
ELSEWHERE = (
    "What the connector has no hand in: providers (Twilio, Meta, ...) keep messages by their own "
    "rules, and backups of this database still hold what they held.",
)
IN_ZENDESK = (
    "Zendesk lets us blot out what we and the customer wrote there, replace subject and fields "
    "unless the ticket is closed, and empty the record of a person that we made. What stays there: "
    "what agents wrote themselves, the former subject and fields in the ticket's history, and e-mail "
    "that Zendesk has sent."
)
ON_A_SERVER = (
    "On Postgres the old versions of these rows are out of reach of any query; their bytes go when "
    "the server reuses the space, at the latest with VACUUM FULL. Its log and its backups are its own."
)


@dataclass(frozen=True)
class Done:
    """What was there, and what has been done about it."""

    found: list[Held]
    left: list[Left]
    wiped: Wiped | None  # None: not SQLite, or nothing was to be done
    traces: int | None  # places in the files that still name the address; None: not looked for


@click.command()
@click.argument("address")
@config_option
@click.option("--channel", metavar="NAME", help="Only on this channel [default: on all].")
@click.option("--dry-run", is_flag=True, help="Only say what there is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--keep-tickets", is_flag=True, help="Leave the tickets in Zendesk as they are.")
@click.option(
    "--vacuum/--no-vacuum",
    default=None,
    help="Write the SQLite file anew, or not [default: where it is needed and the file is small].",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@interruptible
@told
def forget(
    address: str,
    config: str,
    channel: str | None,
    dry_run: bool,
    yes: bool,
    keep_tickets: bool,
    vacuum: bool | None,
    as_json: bool,
    progress: Progress,
) -> None:
    """Forget the customer at ADDRESS: a phone number, or what a channel calls them.

    Texts, names, files' addresses and the address itself are taken out of the database and its
    files, for good; what was theirs in Zendesk is blotted out by the running connector, as far as
    Zendesk lets us. How many conversations there were, when, and how each ended stays: reports do
    not change. Works while the connector runs. Who writes again is somebody new.
    """
    settings = settings_from(config)
    if channel and channel not in settings.channels:
        fail(f"no channel called '{channel}'; there are: {', '.join(settings.channels)}")
    db = bootstrap.opened(settings)
    try:
        found = db.read(lambda c: held.held(c, address, channel))
        if not as_json:
            _show(address, found)
        if dry_run:
            done = Done(found, [], None, None)
        else:
            if (
                found
                and not yes
                and sys.stdin.isatty()
                and not click.confirm("Forget it for good?")
            ):
                fail("nothing was changed")
            known = {n: c.helpdesk for n, c in settings.channels.items()}
            desks = None if keep_tickets else known
            left = _forget(db, found, address, desks, progress)
            done = _wiped(settings, db, address, found, left, vacuum, progress)
    finally:
        db.close()
    progress.clear()
    if as_json:
        click.echo(json.dumps(_facts(address, done, dry_run), indent=2, default=moment))
    elif not dry_run:
        for line in _lines(settings, done, keep_tickets):
            click.echo(line)


def _forget(
    db: Database, found: list[Held], address: str, desks: dict[str, str] | None, progress: Progress
) -> list[Left]:
    if not found:
        return []
    progress.tell("forgetting")
    everywhere = db.read(lambda c: held.held(c, address))
    alone = {h.id for h in everywhere} == {h.id for h in found}
    ids = [h.id for h in found]
    with to_the_end():
        try:
            left = forgetting.forget(db, ids, desks, ACCOUNT, bootstrap.now(), person=alone)
        except TicketUnderWay:
            fail(
                "a ticket is being made for this customer at this moment, and nobody knows yet which "
                "it is; nothing was changed: try again in a minute"
            )
        progress.unharmed = (
            "the customer is forgotten, but the database's log may still hold what was said: run the "
            "same command again"
        )
    return left


def _wiped(
    settings: Settings,
    db: Database,
    address: str,
    found: list[Held],
    left: list[Left],
    vacuum: bool | None,
    progress: Progress,
) -> Done:
    """Also where nothing was found: a run that was interrupted is finished that way."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite":
        return Done(found, left, None, None)
    file = Path(url.database or "")
    wiped = wipe.wipe(file, rewrite=vacuum, tell=progress.tell)
    if db.read(lambda c: held.held(c, address)):
        return Done(found, left, wiped, None)  # on another channel they are still known
    progress.tell("looking through the files")
    names = sorted({address, *(h.address for h in found)})
    return Done(found, left, wiped, wipe.traces(file, names))


def _show(address: str, found: Sequence[Held]) -> None:
    if not found:
        click.echo(f"Nothing is kept of {address}.")
    for each in found:
        since = f" since {each.since:%Y-%m-%d}" if each.since else ""
        counts = f"{number(each.messages, 'message')} in {number(each.episodes, 'conversation')}"
        waits = f", {number(each.waiting, 'thing')} under way" if each.waiting else ""
        click.echo(f"{each.address} on {each.channel}: {counts}{since}{waits}")


def _lines(settings: Settings, done: Done, keep_tickets: bool) -> Iterator[str]:
    if done.left:
        yield "Forgotten."
    yield from _of_files(done)
    tickets = [ticket.id for each in done.left for ticket in each.tickets]
    if tickets and not keep_tickets:
        yield (
            f"In Zendesk: {number(len(tickets), 'ticket')} ({', '.join(tickets)}) will be blotted out "
            "by the running connector, a minute from now and until it has worked; what could not be "
            "stands in the log (ticket_redacted, not_redacted), or in `connector buried`."
        )
        yield IN_ZENDESK
    elif tickets:
        yield f"In Zendesk these tickets are as they were: {', '.join(tickets)}."
    if done.left:
        yield from ELSEWHERE
    if not settings.database.startswith("sqlite"):
        yield ON_A_SERVER


def _of_files(done: Done) -> Iterator[str]:
    if done.wiped is None:
        return
    if not done.wiped.log_is_empty:
        yield "The database's log could not be emptied, somebody reads for long: run this again."
    if done.wiped.must_be_rewritten:
        yield (
            "The file was begun by an older version, and its free pages may hold words still: run this "
            "again with --vacuum in a quiet hour (nothing can be written meanwhile)."
        )
    if done.traces is not None:
        where = "Looked through the database's files for the address:"
        more = " That is in what other people wrote." if done.traces else ""
        yield f"{where} {number(done.traces, 'place')}.{more}"


def _facts(address: str, done: Done, dry_run: bool) -> dict[str, object]:
    return {
        "address": address,
        "dry_run": dry_run,
        "found": [asdict(each) for each in done.found],
        "forgotten": len(done.left),
        "tickets": [ticket.id for each in done.left for ticket in each.tickets],
        "files": asdict(done.wiped) if done.wiped else None,
        "places_left": done.traces,
    }
