"""A report as one HTML page that needs nothing else: to send to somebody who has no account."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.reports.told import Report
from connector.web.ops import words

TEMPLATES = Path(__file__).parent / "templates"


def page(found: Report) -> str:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "number": words.number,
        "percent": words.percent,
        "decimal": words.decimal,
        "spread": words.spread,
        "words": lambda name, known: words.words(known, name),
    }
    return made.get_template("ops/letter.html").render(
        found=found, triggers=words.TRIGGERS, outcomes=words.OUTCOMES, languages=words.LANGUAGES,
        change=words.change(found.now.rate, found.before.rate),
    )  # fmt: skip
