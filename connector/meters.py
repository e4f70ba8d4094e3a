"""Times that this process measures; what is a total for all processes is in the database."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from prometheus_client import Histogram

from connector.errors import ProviderError

ACK_SECONDS = Histogram(
    "connector_webhook_ack_seconds",
    "From a webhook's arrival to its durable acknowledgement",
    ["source"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
UPSTREAM_SECONDS = Histogram(
    "connector_upstream_request_seconds",
    "A call to a provider, all of its requests; code is ok, an HTTP status or the kind of failure",
    ["upstream", "op", "code"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


@contextmanager
def upstream(name: str, call: object) -> Iterator[None]:
    """Time a call. `name` as `helpdesk:main`; the operation is the order's kind."""
    began, code = time.perf_counter(), "ok"
    try:
        yield
    except ProviderError as error:
        code = _code(error)
        raise
    except Exception as error:
        code = type(error).__name__
        raise
    finally:
        seconds = time.perf_counter() - began
        UPSTREAM_SECONDS.labels(name, operation(type(call).__name__), code).observe(seconds)


def _code(error: ProviderError) -> str:
    """Few and short, whatever a provider says."""
    if error.status is not None:
        return str(error.status)
    return error.code if re.fullmatch(r"[a-z_]{1,30}", error.code) else type(error).__name__.lower()


@cache
def operation(kind: str) -> str:
    """OpenTicket -> open_ticket."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
