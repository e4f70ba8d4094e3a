"""`connector backup`: the database as it is at this moment, in one file that can be started again."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy.engine import URL, make_url

from connector import bootstrap
from connector.cli.common import config_option, fail, settings_from, told
from connector.cli.files import whole
from connector.cli.marks import number
from connector.cli.progress import Progress, interruptible
from connector.storage import backup as store
from connector.storage.backup import Seen

HOW = "docs/DATA.md says how it is started again"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@config_option
@click.option("--verify", is_flag=True, help="Only look whether FILE, a backup, is whole.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print what is in it as JSON.")
@interruptible
@told
def backup(
    file: Path, config: str, verify: bool, force: bool, as_json: bool, progress: Progress
) -> None:
    """Copy the database into FILE while the connector runs, and read the copy through.

    SQLite: with its online backup; what runs is not held up. Postgres: with pg_dump, or it says the
    command. FILE holds customers' texts: it is readable by its owner alone, and `forget` does not
    reach it.
    """
    settings = settings_from(config)
    progress.unharmed = "no backup was made, and what was there is as it was"
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite":
        _dump(url, file, verify=verify, force=force, progress=progress)
        return
    if verify:
        if not file.exists():
            fail(f"there is no {file}")
        _tell(file, store.verify(file, progress.tell), progress, as_json=as_json)
        return
    bootstrap.opened(settings).close()  # it is there, and its schema is ours
    with whole(file, replace=force) as partial:
        store.copy(Path(url.database or ""), partial, bootstrap.now(), progress.tell)
        seen = store.verify(partial, progress.tell)
        if seen.wrong:
            fail(f"the copy is not whole ({'; '.join(seen.wrong)}): no backup was made")
    _tell(file, seen, progress, as_json=as_json)


def _tell(file: Path, seen: Seen, progress: Progress, *, as_json: bool) -> None:
    progress.clear()
    if as_json:
        click.echo(json.dumps({"file": str(file), "ok": not seen.wrong, **asdict(seen)}, indent=2))
        sys.exit(1 if seen.wrong else 0)
    if seen.wrong:
        fail(f"{file}: {'; '.join(seen.wrong)}")
    what = (
        f"{number(seen.conversations, 'conversation')}, {number(seen.messages, 'message')}, "
        f"{number(seen.open_calls, 'call')} under way"
    )
    click.echo(f"{file} is whole: schema {seen.schema}, {what}; {HOW}")


def _dump(url: URL, file: Path, *, verify: bool, force: bool, progress: Progress) -> None:
    if verify:
        _run(["pg_restore", "--list", str(file)], {}, progress)
        click.echo(f"{file} can be read by pg_restore; {HOW}")
        return
    command, secret = dump_command(url)
    if shutil.which("pg_dump") is None:
        fail(f"there is no pg_dump here; where there is: {shlex.join([*command, str(file)])}")
    with whole(file, replace=force) as partial:
        progress.tell("pg_dump is at work")
        _run([*command, str(partial)], secret, progress)
    click.echo(f"written to {file}; {HOW}")


def dump_command(url: URL) -> tuple[list[str], dict[str, str]]:
    """pg_dump but for the file's name, and the environment that keeps the password off it."""
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    options = str(url.query.get("options", ""))
    _, _, path = options.partition("search_path=")
    schema = [f"--schema={path.split()[0]}"] if path else []
    shown = plain.render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    return ["pg_dump", "--format=custom", *schema, f"--dbname={shown}", "--file"], secret


def _run(command: list[str], secret: dict[str, str], progress: Progress) -> None:
    environ = {**os.environ, **secret}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
    progress.clear()
    if done.returncode:
        fail(f"{command[0]} failed: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
