"""OpenTelemetry, where `ops.traces` is set; else a span is nothing, and nothing is loaded.

The way of a message goes through the database, over processes and waits: what belongs together is
found by the conversation. Its day (UTC) is one trace, whichever process saw a part of it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from connector.errors import ProviderError, StartError

FLUSH_MILLISECONDS = 2000
_tracer: Any = None
_provider: Any = None


def set_up(endpoint: str, version: str) -> None:
    """Send spans to this collector (OTLP over HTTP). Raise StartError if the library is not there."""
    global _tracer, _provider
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise StartError(
            "ops.traces needs OpenTelemetry: pip install 'connector[traces]', or leave it out"
        ) from None
    # A collector that is away is no fault of the connector's: one line each time is too many.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    resource = Resource.create({"service.name": "connector", "service.version": version})
    _provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = _provider.get_tracer("connector", version)


def close() -> None:
    """Send what is there, within two seconds, and be off again."""
    global _tracer, _provider
    if _provider is not None:
        _provider.force_flush(FLUSH_MILLISECONDS)
        _provider.shutdown()
    _tracer = _provider = None


@contextmanager
def span(name: str, conversation: str, **ids: str) -> Iterator[None]:
    """A part of the way. `ids` never hold a text, a number or a token."""
    if _tracer is None:
        yield
        return
    attributes = {"conversation": conversation, **ids}
    with _tracer.start_as_current_span(
        name, context=_trace_of(conversation), attributes=attributes,
        record_exception=False, set_status_on_exception=False,
    ) as current:  # fmt: skip
        try:
            yield
        except ProviderError as error:
            current.set_attribute("outcome", type(error).__name__.lower())
            current.set_attribute("code", str(error.status or error.code))
            raise


def past(name: str, conversation: str, began: int, **ids: str) -> None:
    """A part of the way that is over, where only its end knows the conversation. `began`: ns since 1970."""
    if _tracer is not None:
        context, attributes = _trace_of(conversation), {"conversation": conversation, **ids}
        _tracer.start_span(name, context=context, attributes=attributes, start_time=began).end()


def _trace_of(conversation: str) -> Any:
    from opentelemetry import trace

    day = datetime.now(UTC).date().isoformat()
    digest = hashlib.sha256(f"{conversation} {day}".encode()).digest()
    known = trace.SpanContext(
        trace_id=int.from_bytes(digest[:16], "big"),
        span_id=int.from_bytes(digest[16:24], "big"),
        is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(known))
