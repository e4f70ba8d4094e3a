"""A report as one HTML page that needs nothing else: to send to somebody who has no account."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.reports import spend
from connector.reports.told import Report, beside
from connector.web.ops import words

TEMPLATES = Path(__file__).parent / "templates"
TOPICS = 15


def page(found: Report, now: datetime) -> str:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "number": words.number,
        "count": words.count,
        "percent": words.percent,
        "decimal": words.decimal,
        "score": words.score,
        "duration": words.duration,
        "dollars": lambda nano: "–" if nano is None else spend.dollars(nano),
        "words": lambda name, known: words.words(known, name),
    }
    period = found.now.period
    return made.get_template("ops/letter.html").render(
        found=found, triggers=words.TRIGGERS, outcomes=words.OUTCOMES, languages=words.LANGUAGES,
        change=words.change(found.now.rate, found.before.rate), counted=words.COUNTED,
        beside=beside, costs=list(spend.beside(found.cost, found.cost_before)), most=TOPICS,
        goes_on=period.starts_at <= now < period.ends_at,
    )  # fmt: skip
