"""A file that is there whole or not at all, and that nobody else on the machine may read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.cli.common import fail

PRIVATE = 0o600


@contextmanager
def whole(wanted: Path, *, replace: bool) -> Iterator[Path]:
    """A name beside it to write to. It gets its own when all is well; cut off, nothing is left.

    Exit 1 if it is there already and may not be replaced, or can't be written.
    """
    if wanted.exists() and not replace:
        fail(f"{wanted} is there already; --force replaces it")
    if wanted.is_dir():
        fail(f"{wanted} is a folder")
    partial = wanted.with_name(f".{wanted.name}.{os.getpid()}.partial")
    try:
        partial.touch(PRIVATE, exist_ok=False)
        yield partial
        os.replace(partial, wanted)
    except OSError as error:
        fail(f"{wanted} can't be written ({error.strerror})")
    finally:
        for left in partial.parent.glob(f"{partial.name}*"):
            left.unlink(missing_ok=True)
