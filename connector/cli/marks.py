"""How what was found is shown: a mark, what it is about, what was found, how to mend it."""

from __future__ import annotations

import click

from connector.upkeep import Finding, Mark

WIDTH = 18
SIGNS = {
    Mark.WELL: ("✓", "green"),
    Mark.NOTE: ("·", "cyan"),
    Mark.CARE: ("!", "yellow"),
    Mark.WRONG: ("✗", "red"),
}


def show(finding: Finding) -> None:
    mend = f" → {finding.mend}" if finding.mend else ""
    line(finding.mark, finding.about, finding.found + mend)


def line(mark: Mark, about: str, told: str) -> None:
    sign, colour = SIGNS[mark]
    click.echo(f"  {click.style(sign, fg=colour)} {about:<{WIDTH}} {told}")


def number(count: int, one: str, many: str = "") -> str:
    """ "1 check", "2 checks"."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def listed(parts: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(x for x in (", ".join(parts[:-1]), *parts[-1:]) if x)
