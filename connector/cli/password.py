"""`connector password`: the hash of a password, for `ops.auth` in the configuration."""

from __future__ import annotations

import sys

import click

from connector.cli.common import fail
from connector.web.ops.accounts import LONGEST_PASSWORD, hash_of

SHORTEST = 10


@click.command()
def password() -> None:
    """Ask for a password and print its argon2id hash, for an account of the dashboard.

    Put the hash into the environment, never into the file: `password_hash: ${OPS_ANA_HASH}`. In a
    pipe the first line of standard input is the password.
    """
    if sys.stdin.isatty():
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST <= len(given) <= LONGEST_PASSWORD:
        fail(f"a password has from {SHORTEST} to {LONGEST_PASSWORD} characters")
    click.echo(hash_of(given))
