"""The phrase lists that the product ships, as tests use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from connector import phrases
from connector.domain.handoff.base import LANGUAGES
from connector.domain.handoff.phrases import Phrases

ROOT = Path(__file__).parent.parent
PHRASES = phrases.load(ROOT / "config" / "phrases", LANGUAGES)


_load = phrases.load
_shipped = cache(lambda languages: _load(phrases.SHIPPED, languages))


def _once(folder: Path = phrases.SHIPPED, languages: Iterable[str] = LANGUAGES) -> Phrases:
    """Only of the shipped lists: a test may change its own."""
    if folder.resolve() == phrases.SHIPPED:
        return _shipped(tuple(languages))
    return _load(folder, languages)


@contextmanager
def lists_read_once() -> Iterator[None]:
    """Connectors that are built in here share the lists: nothing changes them, and compiling them
    is a third of the time to build one.
    """
    with patch.object(phrases, "load", _once):
        yield
