"""A message's way as one trace, to a collector on loopback; nothing at all where it is not set."""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connector import tracing
from connector.errors import StartError, Transient
from connector.storage.engine import Database
from tests.pipeline.costly import rig
from tests.pipeline.rig import Rig

PLEA = "I want to talk to a human please"


@contextmanager
def collector() -> Iterator[tuple[str, list[Any]]]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            asked = ExportTraceServiceRequest.FromString(body)
            spans.extend(s for r in asked.resource_spans for c in r.scope_spans for s in c.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def talk(sqlite: Database) -> Rig:
    one = rig(sqlite)
    left = [1]

    def hook(operation: str, moment: str) -> None:
        if operation == "answer" and moment == "before" and left[0]:
            left[0] -= 1
            raise Transient("x", status=529)

    one.hook(hook)
    one.texts_in("Where is my parcel?")
    one.passes(10)
    one.texts_in(PLEA, "+15550199")
    one.passes(1)
    return one


def test_the_way_of_a_message_is_one_trace_and_holds_no_text(sqlite: Database) -> None:
    with collector() as (endpoint, spans):
        tracing.set_up(endpoint, "1")
        try:
            talk(sqlite)
        finally:
            tracing.close()
    traces: dict[bytes, list[Any]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(span)
    assert len(traces) == 2  # a conversation each
    mine = min(traces.values(), key=lambda found: found[0].start_time_unix_nano)
    told = [
        (s.name, {a.key: a.value.string_value for a in s.attributes})
        for s in sorted(mine, key=lambda s: s.start_time_unix_nano)
    ]
    way = [f"{name} {ids.get('event') or ids.get('op') or ''}".strip() for name, ids in told]
    assert way[:7] == [
        "webhook", "advance CustomerMessaged", "advance TimerFired", "perform ask_bot",
        "perform ask_bot", "advance BotAnswered", "perform send_text",
    ]  # fmt: skip
    assert [ids.get("code") for name, ids in told if ids.get("op") == "ask_bot"] == ["529", None]
    assert len({ids["conversation"] for _, ids in told}) == 1
    everything = str(spans)
    assert "parcel" not in everything
    assert "5550" not in everything


def test_without_the_setting_nothing_is_loaded_or_sent(sqlite: Database) -> None:
    with collector() as (_, spans):
        talk(sqlite)
        with tracing.span("webhook", "c1"):
            pass
    assert spans == []


def test_a_collector_that_is_away_holds_nobody_up(sqlite: Database) -> None:
    tracing.set_up("http://127.0.0.1:9", "1")
    try:
        assert talk(sqlite).phone() == ["<automated:-> re: Where is my parcel?"]
    finally:
        tracing.close()


def test_without_the_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(StartError, match=r"pip install 'connector\[traces\]'"):
        tracing.set_up("http://127.0.0.1:4318", "1")
