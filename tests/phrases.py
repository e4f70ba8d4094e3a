"""The phrase lists that the product ships, as tests use them."""

from __future__ import annotations

from pathlib import Path

from connector import phrases
from connector.domain.handoff.base import LANGUAGES

ROOT = Path(__file__).parent.parent
PHRASES = phrases.load(ROOT / "config" / "phrases", LANGUAGES)
