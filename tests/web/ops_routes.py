"""The dashboard's routes as the application itself has them: a new one is covered without a line here."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Flask, Request
from flask.testing import FlaskClient
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule

BACK = {"ops.leave", "ops.back"}  # of a provider that signs people in: tests/web/test_ops_oidc.py
HERE = {"Origin": "http://localhost"}


class Route(NamedTuple):
    endpoint: str
    method: str  # GET | POST
    rule: Rule

    def path(self, ids: str = "c1") -> str:
        """With that in the place of each of its arguments; a static file is one that there is."""
        path = self.rule.rule
        for name in self.rule.arguments:
            converter = "path:" if f"<path:{name}>" in path else ""
            value = "css/base.css" if name == "filename" and ids == "c1" else ids
            path = path.replace(f"<{converter}{name}>", value)
        assert "<" not in path or "<" in ids
        return path


def routes(app: Flask) -> list[Route]:
    return [
        Route(rule.endpoint, method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted({"GET", "POST"} & (rule.methods or set()))
        if rule.endpoint.startswith("ops.") and rule.endpoint not in BACK
    ]


def asked_for(app: Flask, asks: FlaskClient, token: str) -> list[tuple[Route, set[str]]]:
    """By route, the names of what it reads from a query or a form: it is called, and watched."""
    seen: set[str] = set()

    class Watched(ImmutableMultiDict[str, Any]):
        def get(self, key: str, *more: Any, **how: Any) -> Any:
            seen.add(key)
            return super().get(key, *more, **how)

        def __contains__(self, key: object) -> bool:
            seen.add(str(key))
            return super().__contains__(key)

    class Watching(Request):
        parameter_storage_class = Watched

    found = []
    plain, app.request_class = app.request_class, Watching
    for route in routes(app):
        if route.endpoint == "ops.sign_out":  # it reads nothing, and who is out sees nothing more
            continue
        seen.clear()
        body = {"token": token} if route.method == "POST" else None
        asks.open(route.path(), method=route.method, data=body, headers=HERE, buffered=True)
        found.append((route, seen - {"token"}))
    app.request_class = plain
    return found
