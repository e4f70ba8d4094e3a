"""POST /v1/messages, as the SDK calls it: checked, scripted, or answered from the knowledge sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.anthropic import answers, summaries
from connector.sandbox.changes import Changes
from connector.sandbox.courier import Courier, never
from connector.sandbox.faults import Fault
from connector.sandbox.twin import Now, Twin, utc_now

Json = dict[str, Any]
REQUIRED = ("model", "max_tokens", "messages")
KINDS = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error",
         413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error"}  # fmt: skip


@dataclass(frozen=True)
class Stop:
    """An answer that ends for another reason than being complete."""

    reason: str
    text: str = ""


def refusal() -> Stop:
    return Stop("refusal")


def max_tokens(text: str = '{"reply": "I was about to') -> Stop:
    return Stop("max_tokens", text)


Line = Json | str | Stop | Fault
Script = Line | Callable[[Json], Line]


class InvalidError(Exception):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class AnthropicTwin(Twin):
    """Takes any key unless it is given one. `calls` are the requests, parsed."""

    name = "anthropic"

    def __init__(
        self,
        api_key: str | None = None,
        *,
        changes: Changes | None = None,
        now: Now = utc_now,
        port: int = 0,
    ) -> None:
        self._key = api_key
        self.calls: deque[Json] = deque(maxlen=5000)
        self.delay = 0.0
        self._script: deque[Script] = deque()
        self._go = threading.Event()
        self._go.set()
        self._cached: set[str] = set()
        app = Flask(__name__, static_folder=None)
        app.add_url_rule("/v1/messages", "messages", self._messages, methods=["POST"])
        app.add_url_rule("/v1/models/<name>", "model", self._model, methods=["GET"])
        app.register_error_handler(InvalidError, self._invalid)
        app.register_error_handler(HTTPException, self._no_such)
        super().__init__(app, Courier(self.name, never, 1.0), changes, now, port)

    def stop(self) -> None:
        self._go.set()
        super().stop()

    # What a test tells it

    def script(self, *lines: Script) -> None:
        """What to answer next, one call each: a dict is structured output, a text is taken as it
        is (malformed, that is), a Fault fails; a function makes one of these from the request."""
        with self.lock:
            self._script.extend(lines)

    def due_fault(self, method: str, path: str) -> Fault | None:
        """One that was ordered, or the one whose turn it is in the script."""
        ordered = super().due_fault(method, path)
        with self.lock:
            turn = self._script[0] if self._script else None
            if ordered or not isinstance(turn, Fault):
                return ordered
            self._script.popleft()
            return turn

    def hold(self) -> None:
        """Keep calls in flight from now on."""
        self._go.clear()

    def release(self) -> None:
        self._go.set()

    # The interface

    def _messages(self) -> Response:
        self._authenticate()
        given = _checked(request.get_data())
        with self.lock:
            self.calls.append(given)
            line = self._script.popleft() if self._script else None
        self.changes.bump()
        self._go.wait(60)
        if self.delay:
            threading.Event().wait(self.delay)
        if callable(line):
            line = line(given)
        stop, text = _spoken(given) if line is None else _scripted(line)
        return jsonify(
            {
                "id": f"msg_{token_hex(12)}",
                "type": "message",
                "role": "assistant",
                "model": given["model"],
                "content": [{"type": "text", "text": text}] if text else [],
                "stop_reason": stop,
                "stop_sequence": None,
                "usage": self._usage(given, text),
            }
        )

    def _model(self, name: str) -> Response:
        self._authenticate()
        if not name.startswith("claude-"):
            raise InvalidError(f"model: {name}", 404)
        born = "2026-01-01T00:00:00Z"
        return jsonify({"type": "model", "id": name, "display_name": name, "created_at": born})

    def _authenticate(self) -> None:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer
        if not key or (self._key is not None and not hmac.compare_digest(key, self._key)):
            raise InvalidError("invalid x-api-key", 401)
        if not request.headers.get("anthropic-version"):
            raise InvalidError("anthropic-version: header is required")

    def _usage(self, given: Json, text: str) -> Json:
        """Four characters a token; a prefix marked for caching is written once, then read."""
        blocks = given.get("system") or []
        marked = [i for i, b in enumerate(blocks) if isinstance(b, dict) and "cache_control" in b]
        prefix = json.dumps(blocks[: marked[-1] + 1]) if marked else ""
        digest = hashlib.sha256(prefix.encode()).hexdigest()
        known = digest in self._cached
        if prefix:
            self._cached.add(digest)
        size, cached = len(json.dumps(given)) // 4, len(prefix) // 4
        return {
            "input_tokens": max(size - cached, 1),
            "output_tokens": max(len(text) // 4, 1),
            "cache_creation_input_tokens": 0 if known else cached,
            "cache_read_input_tokens": cached if known else 0,
        }

    def _invalid(self, error: InvalidError) -> tuple[Response, int]:
        return jsonify(self._body(error.status, str(error))), error.status

    def _no_such(self, error: HTTPException) -> tuple[Response, int]:
        return jsonify(self._body(404, "Not found")), error.code or 404

    @staticmethod
    def _body(status: int, message: str) -> Json:
        kind = KINDS.get(status, "api_error")
        return {
            "type": "error",
            "error": {"type": kind, "message": message},
            "request_id": "req_twin",
        }

    def error(self, status: int) -> Any:
        return self._body(status, "Overloaded" if status == 529 else "Internal server error")

    def state(self) -> Any:
        return {"calls": list(self.calls)}

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        return {"hold": self.hold, "release": self.release, "script": self._script_one}

    def _script_one(self, line: Json | str) -> None:
        self.script(line)


def _checked(body: bytes) -> Json:
    try:
        given = json.loads(body)
    except ValueError:
        raise InvalidError("the body is no JSON") from None
    for name in REQUIRED:
        if not isinstance(given, dict) or name not in given:
            raise InvalidError(f"{name}: Field required")
    messages = given["messages"]
    if not messages or messages[0].get("role") != "user":
        raise InvalidError("messages: first message must use the user role")
    for message in messages:
        if not message.get("content"):
            raise InvalidError("messages: text content blocks must be non-empty")
    form = (given.get("output_config") or {}).get("format")
    if form is not None and (form.get("type") != "json_schema" or "schema" not in form):
        raise InvalidError("output_config.format: a json_schema is required")
    return given  # type: ignore[no-any-return]


def _scripted(line: Line) -> tuple[str, str]:
    if isinstance(line, Stop):
        return line.reason, line.text
    return "end_turn", line if isinstance(line, str) else json.dumps(line)


def _spoken(given: Json) -> tuple[str, str]:
    """By the properties that are asked for: a turn, a summary, or plain text."""
    form = (given.get("output_config") or {}).get("format") or {}
    wanted = (form.get("schema") or {}).get("properties", {})
    system = given.get("system") or ""
    if not isinstance(system, str):
        system = "\n".join(block.get("text", "") for block in system)
    if "wants" in wanted:
        asked = given["messages"][-1]["content"]
        text = asked if isinstance(asked, str) else "\n".join(b.get("text", "") for b in asked)
        return "end_turn", json.dumps(summaries.summarise(text), ensure_ascii=False)
    turn = answers.answer(system, given["messages"])
    if "reply" in wanted:
        return "end_turn", json.dumps(turn, ensure_ascii=False)
    return "end_turn", turn["reply"] or "A person will take over."
