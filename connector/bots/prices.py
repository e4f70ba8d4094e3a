"""What models cost, as far as it was known when this version was made: prices.json, with its date."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from connector.domain.money import Price, Rates, dearest

FILE = Path(__file__).parent / "prices.json"
_DATED = re.compile(r"-\d{8}$")  # claude-haiku-4-5-20251001 is a claude-haiku-4-5


@dataclass(frozen=True)
class PriceList:
    as_of: date
    models: Mapping[str, Price]

    def price(self, model: str) -> Price | None:
        """None: nobody knows."""
        return self.models.get(model) or self.models.get(_DATED.sub("", model))

    @property
    def dearest(self) -> Price:
        """What no model in the list exceeds: what is set aside for one that is not in it."""
        return dearest(list(self.models.values()))


@cache
def known() -> PriceList:
    read = json.loads(FILE.read_text(encoding="utf-8"))
    as_of = date.fromisoformat(read["as_of"])
    return PriceList(as_of, {name: _price(row, as_of) for name, row in read["models"].items()})


def _price(row: Mapping[str, Any], as_of: date) -> Price:
    long = row.get("long")
    if long is None:
        return Price(_rates(row), since=as_of)
    return Price(_rates(row), _rates(long), int(long["above"]), as_of)


def _rates(row: Mapping[str, Any]) -> Rates:
    return Rates(row["input"], row["output"], row["cache_write"], row["cache_read"])
