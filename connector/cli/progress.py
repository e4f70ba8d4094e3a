"""Commands that take long: how far they are, on a terminal; and Ctrl-C, which does no harm."""

from __future__ import annotations

import functools
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
INTERRUPTED = 130  # what shells give for Ctrl-C
EVERY = 0.1  # seconds between two lines


class Progress:
    """One line on standard error that is written over; nothing where that is no terminal.

    `unharmed` is what Ctrl-C leaves, in words: a command changes it as it goes on.
    """

    def __init__(self) -> None:
        self.unharmed = "nothing was changed"
        self._doing = ""
        self._shown = 0.0
        self._width = 0
        self._terminal = sys.stderr.isatty()

    def tell(self, doing: str, done: int | None = None, of: int | None = None) -> None:
        now = time.monotonic()
        # The first of each kind is shown at once, the rest ten times a second.
        if not self._terminal or (doing == self._doing and now - self._shown < EVERY):
            return
        self._doing = doing
        self._shown = now
        far = f" {done / of:.0%}" if done is not None and of else f" {done}" if done else ""
        line = f"{doing}{far} ..."
        click.echo(f"\r{line:<{self._width}}", nl=False, err=True)
        self._width = len(line)

    def clear(self) -> None:
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
            self._width = 0


def interruptible(command: F) -> F:
    """Gives the command its `progress`. Ctrl-C ends it with one sentence and exit code 130."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        progress = Progress()
        try:
            return command(*args, progress=progress, **kwargs)
        except (KeyboardInterrupt, click.Abort):
            progress.clear()
            click.echo(f"connector: interrupted; {progress.unharmed}", err=True)
            sys.exit(INTERRUPTED)
        finally:
            progress.clear()

    return wrapped  # type: ignore[return-value]


@contextmanager
def to_the_end() -> Iterator[None]:
    """What must not be cut in two: Ctrl-C waits until it is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
