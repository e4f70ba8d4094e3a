"""One JSON line a fact, with ids bound; never a text, a number or a token.

`tap` lets the sandbox watch the same facts that an operator reads.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

Fact = MutableMapping[str, Any]

# What must not be written even if somebody passes it.
SECRET = frozenset(
    {"text", "body", "raw", "html", "token", "secret", "authorization", "address", "phone",
     "customer", "number", "name", "quote", "url"}
)  # fmt: skip
_taps: list[Callable[[Fact], None]] = []


def tap(listener: Callable[[Fact], None]) -> Callable[[], None]:
    """Hear every fact from now on; call the result to stop."""
    _taps.append(listener)
    return lambda: _taps.remove(listener)


def get(name: str) -> Any:
    return structlog.get_logger(name)


def _redact(_: Any, __: str, fact: Fact) -> Fact:
    for key in fact.keys() & SECRET:
        fact[key] = "[redacted]"
    return fact


def _tell_taps(_: Any, __: str, fact: Fact) -> Fact:
    for listener in tuple(_taps):
        listener(dict(fact))
    return fact


def _at_least(level: str) -> Callable[[Any, str, Fact], Fact]:
    """Taps hear everything; what is written starts at this level."""
    least = logging.getLevelNamesMapping()[level.upper()]

    def processor(_: Any, method: str, fact: Fact) -> Fact:
        if logging.getLevelNamesMapping()[method.upper()] < least:
            raise structlog.DropEvent
        return fact

    return processor


def set_up(level: str = "info", stream: Any = None) -> None:
    """Facts to `stream` (standard error) as JSON, one a line; libraries only from warnings up."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact,
            _tell_taps,
            _at_least(level),
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=out, force=True)
    # These put URLs with ids and numbers, or request bodies, into their lines.
    for noisy in ("urllib3", "zenpy", "anthropic", "httpx2", "httpcore2", "werkzeug", "waitress"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
