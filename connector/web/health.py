"""/healthz: the process answers. /readyz: it can do its work (database, schema, runner)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask, Response, jsonify, request

# The name of each thing that is needed -> "" if it is well, else what is wrong with it.
Check = Callable[[], Mapping[str, str]]


def register(app: Flask, check: Check) -> None:
    def healthz() -> Response:
        return jsonify({"status": "ok"})

    def readyz() -> Response:
        found = check()
        ready = not any(found.values())
        checks = {name: wrong or "ok" for name, wrong in found.items()}
        response = jsonify({"status": "ready" if ready else "not ready", "checks": checks})
        response.status_code = 200 if ready else 503
        return response

    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def hold_back(app: Flask, check: Callable[[], None]) -> None:
    """Take no webhook before `check` has passed once; until then it raises for each.

    Once is enough: a migration that is made under a running program leaves it what it needs.
    """
    passed = False

    def gate() -> None:
        nonlocal passed
        if not passed and request.path.startswith("/webhooks/"):
            check()
            passed = True

    app.before_request(gate)
