"""The commands by name. Each exits 0, 1 (it failed: one sentence on standard error) or 2 (wrong use).

A command's module is read when it is called: `check` need not wait for the SDKs that `serve` uses.
"""

from __future__ import annotations

from importlib import import_module

import click

from connector import __version__

# name: (where it is, what `connector --help` says of it)
COMMANDS = {
    "sandbox": ("sandbox:sandbox", "Everything on this machine, with no accounts."),
    "serve": ("serve:serve", "Receive webhooks and do the work."),
    "worker": ("worker:worker", "Do the work, where many programs share it."),
    "migrate": ("migrate:migrate", "Bring the database's schema up to date."),
    "check": ("check:check", "Is the configuration right? Needs no network."),
    "setup": ("setup:setup", "Tell Zendesk and Twilio where the connector is."),
    "doctor": ("doctor:doctor", "Is all well with the accounts? Says how to mend what is not."),
    "buried": ("buried:buried", "What was given up on: list, replay, drop."),
    "forget": ("forget:forget", "A customer, for good: what they said, and who they are."),
    "export": ("export:export", "Everything that is held of a customer, as JSON."),
    "backup": ("backup:backup", "The database in one file, while the connector runs."),
    "report": ("report:report", "A month's handoffs: how many, why, and how each ended."),
    "password": ("password:password", "The hash of a password, for the dashboard's accounts."),
    "simulate": ("simulate:simulate", "Talk to the bot in the terminal."),
    "judge": ("judge:command", "The local triggers on JSON lines; no model, no network."),
    "whatif": ("whatif:command", "Past episodes under other handoff settings."),
    "score": ("score:command", "How good the local triggers are on labelled texts."),
}


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(f"connector.cli.{module}"), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="connector")
def main() -> None:
    """Hand text conversations from an AI bot to people in Zendesk, and back.

    Start with `connector sandbox`: everything on this machine, no accounts needed.
    """
