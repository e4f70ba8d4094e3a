"""`connector report`: a month's handoffs, as text, JSON, CSV or a page to send on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from connector import bootstrap
from connector.cli import report_lines
from connector.cli.common import config_option, fail, settings_from, told
from connector.reports import told as facts
from connector.reports.periods import BadPeriod, Kind, Period
from connector.web.ops import letter


@click.command()
@config_option
@click.option("--month", metavar="YYYY-MM", help="Which month [default: this one].")
@click.option("--json", "form", flag_value="json", default=None, help="Print it as JSON.")
@click.option(
    "--csv", "form", flag_value="csv", help="Print it as CSV: what, of which, now, before."
)
@click.option(
    "--html", "file", metavar="FILE", help="Write it as one page that needs nothing else."
)
@told
def report(config: str, month: str | None, form: str | None, file: str | None) -> None:
    """How many conversations were handed over in a month and why, how each ended, what it cost.

    Beside each figure stands the month before. A conversation counts in the month in which it
    began; of those that are over each has one outcome, so that outcomes sum to 100 %. A topic's
    rate is of all conversations that began: so many in a hundred were handed over for it.
    """
    settings = settings_from(config)
    period = _period(month, ZoneInfo(settings.ops.timezone))
    now = bootstrap.now()
    db = bootstrap.opened(settings)
    try:
        found = db.read(lambda c: facts.report(c, period))
    finally:
        db.close()
    if file:
        _write(Path(file), letter.page(found, now))
    if form == "json":
        click.echo(json.dumps(facts.facts(found), indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(_csv(found), nl=False)
    elif not file:
        for line in report_lines.text(found, now):
            click.echo(line)


def _period(month: str | None, zone: ZoneInfo) -> Period:
    try:
        if month is None:
            return Period.of(Kind.MONTH, bootstrap.now(), zone)
        return Period.named(Kind.MONTH, month, zone)
    except BadPeriod as error:
        raise click.BadParameter(f"{error}.", param_hint="--month") from None


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{file} can't be written ({error.strerror})")
    click.echo(f"written to {file}", err=True)


def _csv(found: facts.Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("what", "of", found.now.period.name, found.before.period.name))
    for what, of, now, before in facts.rows(found):
        # A spreadsheet takes what begins with = or the like for a formula.
        safe = f"'{of}" if of[:1] in ("=", "+", "-", "@") else of
        writer.writerow((what, safe, "" if now is None else now, "" if before is None else before))
    return text.getvalue()
