"""The shipped phrase lists, compiled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.domain.handoff.base import LANGUAGES, HandoffPolicy
from connector.phrases import load

LISTS = Path(__file__).parents[3] / "config" / "phrases"


@pytest.fixture(scope="session")
def policy() -> HandoffPolicy:
    return HandoffPolicy(phrases=load(LISTS, LANGUAGES))
