"""The Flask application: routes, limits, and what an error looks like to a caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from connector import log
from connector.errors import StorageError, WebhookError
from connector.links import Links
from connector.pipeline.parts import Parts
from connector.web import health, media, metrics, webhooks
from connector.web.ops import app as dashboard
from connector.web.ops.parts import Dashboard, Ops

MAX_BODY = 1024 * 1024  # RELIABILITY: 1 MiB, then 413
RETRY_AFTER = "30"  # Zendesk repeats a 503 only with Retry-After below 60 s

_log = log.get(__name__)


@dataclass(frozen=True)
class Web:
    """What the routes need to know."""

    parts: Parts
    public_url: str
    ready: health.Check
    links: Links = field(default_factory=lambda: Links({}, {}))
    ops: Ops | None = None  # None: without the dashboard
    scraping: metrics.Scraping = metrics.Scraping()


def create_app(web: Web) -> Flask:
    app = Flask("connector", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["PROPAGATE_EXCEPTIONS"] = False
    webhooks.register(app, web.parts, web.public_url)
    media.register(app, web.parts, web.links)
    health.register(app, web.ready)
    metrics.register(app, web.parts.db, web.scraping, tuple(web.parts.channels))
    if web.ops is not None:
        dashboard.register(app, Dashboard(web.parts, web.ops))
    app.register_error_handler(WebhookError, _webhook_error)
    app.register_error_handler(StorageError, _storage_gone)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_headers)
    return app


def create_health(web: Web) -> Flask:
    """What a process that takes no webhooks shows of itself."""
    app = Flask("connector", static_folder=None)
    health.register(app, web.ready)
    metrics.register(app, web.parts.db, web.scraping, tuple(web.parts.channels))
    app.register_error_handler(StorageError, _storage_gone)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _answer(status: int, reason: str) -> Response:
    response = jsonify({"error": reason})
    response.status_code = status
    return response


def _webhook_error(error: WebhookError) -> Response:
    _log.warning("webhook_refused", status=error.status, error=type(error).__name__,
                 **webhooks.ids())  # fmt: skip
    return _answer(error.status, type(error).__name__)


def _storage_gone(error: StorageError) -> Response:
    """Not stored, so not acknowledged: the provider is asked to come again."""
    _log.error("storage_unavailable", error=str(error), **webhooks.ids())
    response = _answer(503, type(error).__name__)
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    _log.warning("request_refused", status=status, error=error.name, **webhooks.ids())
    return _answer(status, error.name)


def _unexpected(error: Exception) -> Response:
    """A fault of ours: told to the log by its kind and place, to the caller not at all."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    _log.error("request_failed", error=type(error).__name__, place=place, **webhooks.ids())
    response = _answer(503, "InternalError")
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _headers(response: Response) -> Any:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
