"""The dashboard's blueprint: who may in, its pages, its buttons, and what an error looks like."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Flask, abort, g, render_template, request
from werkzeug.exceptions import HTTPException

from connector import log
from connector.errors import StorageError
from connector.web.ops import actions, behind, elsewhere, gaps, gate, money, pages, words
from connector.web.ops.parts import Dashboard

_log = log.get(__name__)
_WORDS = ("holders", "triggers", "outcomes", "authors", "calls", "actions", "languages", "meanings")


def register(app: Flask, dashboard: Dashboard) -> None:
    blueprint = Blueprint(
        "ops", __name__, url_prefix="/ops", template_folder="templates", static_folder="static"
    )
    gate.install(blueprint, dashboard)
    pages.add(blueprint, dashboard)
    actions.add(blueprint, dashboard)
    gaps.add(blueprint, dashboard)
    behind.add(blueprint, dashboard)
    elsewhere.add(blueprint, dashboard)
    money.install(blueprint, dashboard)
    # An address that there is not is told to those only who may see what there is.
    blueprint.add_url_rule("/<path:_>", "nothing", _nothing)
    blueprint.register_error_handler(HTTPException, _refused)
    blueprint.register_error_handler(StorageError, _storage_gone)
    blueprint.context_processor(partial(_shared, dashboard))
    app.register_blueprint(blueprint)
    _filters(app, dashboard)


def _nothing(_: str) -> str:
    abort(404, "There is no such page.")


def _refused(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error  # a redirect
    _log.warning("request_refused", status=status, error=error.name, endpoint=request.endpoint)
    return _said(status, error.name, error.description or "")


def _storage_gone(error: StorageError) -> Any:
    _log.error("storage_unavailable", error=str(error), endpoint=request.endpoint)
    text, status = _said(503, "The database does not answer", "Try again in a moment.")
    return text, status, {"Retry-After": "30"}


def _said(status: int, title: str, why: str) -> tuple[str, int]:
    if "HX-Request" in request.headers:
        return render_template("ops/said.html", title=title, why=why), status
    return render_template("ops/refused.html", title=title, why=why), status


def _shared(dashboard: Dashboard) -> dict[str, Any]:
    known = {name: getattr(words, name.upper()) for name in _WORDS}
    return known | {
        "viewer": g.get("viewer"),
        "form_token": gate.form_token,
        "zone": dashboard.ops.zone.key,
        "by_password": bool(dashboard.ops.accounts),
        "elsewhere": dashboard.ops.oidc.label if dashboard.ops.oidc else "",
        "version": dashboard.ops.version,
    }


def _filters(app: Flask, dashboard: Dashboard) -> None:
    """Their names begin with what they are for: another part of the application may have its own."""
    app.jinja_env.filters.update({
        "ops_words": lambda name, known: words.words(known, name),
        "ops_number": words.number,
        "ops_count": words.count,
        "ops_percent": words.percent,
        "ops_decimal": words.decimal,
        "ops_duration": words.duration,
        "ops_moment": lambda at: words.moment(at, dashboard.ops.zone),
        "ops_since": lambda at: words.duration(dashboard.parts.now() - at),
        "ops_spread": words.spread,
        "ops_note": words.note,
        "ops_lines": words.lines,
    })  # fmt: skip
    app.jinja_env.globals["ops_change"] = words.change
