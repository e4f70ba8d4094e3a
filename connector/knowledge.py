"""The operator's Markdown articles, read once at start."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from connector.bots.config import Article

_TITLE = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)


def read(place: Path, files: Iterable[Path]) -> tuple[Article, ...]:
    """The articles of a folder, or of one file; titled by their first heading, else their name."""
    root = place if place.is_dir() else place.parent
    return tuple(_article(file, root) for file in files)


def _article(file: Path, root: Path) -> Article:
    text = file.read_text(encoding="utf-8").strip()
    heading = _TITLE.search(text)
    title = heading.group(1) if heading else file.stem.replace("-", " ").capitalize()
    return Article(title=title, path=str(file.relative_to(root)), text=text)
