"""Fits the weights of connector/domain/handoff/weights.py: logistic regression on a dozen features.

    python -m bench.fit_frustration [--write]

Words are no features here: weights of single words learnt from one source were worse than none on
another. What is fitted is how much the phrase lists, the length, faces and marks count. Each source
is judged by weights that were fitted without it.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.handoff import DATA, FITTED, shipped_policy
from connector.domain.handoff import weights
from connector.domain.handoff.base import HandoffPolicy
from connector.domain.handoff.frustration import features
from connector.domain.handoff.scoring import Judged, of_messages

EPOCHS, PULL = 30, 0.002  # towards what the lists alone would do
LABELS = {"frustrated": True, "neutral": False}


@dataclass(frozen=True)
class Row:
    source: str
    positive: bool
    found: dict[str, float]


Weights = dict[str, float]


def read(policy: HandoffPolicy) -> list[Row]:
    lines = (DATA / "frustration.dev.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Row(r["source"], LABELS[r["label"]], {"": 1.0, **features(r["text"], policy)[0]})
        for r in rows
        if r["label"] in LABELS
    ]


def score(row: Row, by: Weights) -> float:
    total = sum(by.get(name, 0.0) * value for name, value in row.found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def fit(rows: Sequence[Row]) -> Weights:
    """Both classes count alike, however many rows they have. The empty name is the bias."""
    found: Weights = {"phrases": 1.0}
    share = sum(r.positive for r in rows) / len(rows)
    order, shuffled = list(rows), random.Random(1)
    for epoch in range(EPOCHS):
        shuffled.shuffle(order)
        rate = 0.05 / (1 + epoch * 0.3)
        for row in order:
            weight = 0.5 / (share if row.positive else 1 - share)
            off = (score(row, found) - row.positive) * weight
            for name, value in row.found.items():
                start = 1.0 if name == "phrases" else 0.0
                now = found.get(name, 0.0)
                found[name] = now - rate * (off * value + PULL * (now - start))
    return found


def told(name: str, rows: Sequence[Row], by: Callable[[Row], float]) -> str:
    judged = [Judged(r.positive, s >= 0.5, s) for r in rows for s in (by(r),)]
    f = of_messages(judged)
    return (
        f"{name:<40} AUC {f['auc']:.3f}  R@5% {f['recall_at_5_percent']:.2f}  "
        f"P {f['precision']:.2f}  R {f['recall']:.2f}"
    )


def main(write: bool) -> None:
    rows = read(shipped_policy())
    support = [r for r in rows if r.source in FITTED]
    for source in ("airline_tweets", "dfrustration", "constructed"):
        held_out = [r for r in support if r.source == source]
        rest = fit([r for r in support if r.source != source])
        print(told(f"{source}, fitted without it", held_out, lambda r, w=rest: score(r, w)))  # type: ignore[misc]
    final = fit(support)
    print(
        told(
            "goemotions, never fitted",
            [r for r in rows if r.source == "goemotions"],
            lambda r: score(r, final),
        )
    )
    print(told("all that was fitted", support, lambda r: score(r, final)))
    shown = {name: round(value, 2) for name, value in sorted(final.items()) if name}
    print(f"bias {final['']:.2f}", shown)
    if write:
        path = Path(weights.__file__)
        head = path.read_text(encoding="utf-8").split("\n", 1)[0]
        body = "".join(f'    "{name}": {value},\n' for name, value in shown.items())
        path.write_text(f"{head}\n\nBIAS = {final['']:.2f}\nWEIGHTS = {{\n{body}}}\n")


if __name__ == "__main__":
    main("--write" in sys.argv[1:])
