"""A database where one kind tells as much as both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.storage import engine, schema
from connector.storage.engine import Database


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    opened = engine.connect(f"sqlite:///{tmp_path}/one.db")
    schema.migrate(opened)
    yield opened
    opened.close()
