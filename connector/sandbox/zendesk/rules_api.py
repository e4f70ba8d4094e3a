"""The REST resources with which an admin sets the account up."""

from __future__ import annotations

import json
from collections.abc import Collection
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request

from connector.sandbox.zendesk.paging import page_of
from connector.sandbox.zendesk.refusals import RefusedError, bad_request, missing
from connector.sandbox.zendesk.rules import Shelf, Webhook

if TYPE_CHECKING:
    from connector.sandbox.zendesk.twin import ZendeskTwin

Answer = Response | tuple[Response, int] | tuple[str, int]


class RulesApi:
    def __init__(self, twin: ZendeskTwin) -> None:
        self._twin = twin

    def register(self, app: Flask) -> None:
        for rule, view, *methods in (
            ("/api/v2/webhooks", self._webhooks, "GET", "POST"),
            ("/api/v2/webhooks/<number>", self._webhook, "GET", "PATCH", "PUT", "DELETE"),
            ("/api/v2/webhooks/<number>/signing_secret", self._secret, "GET", "POST"),
            ("/api/v2/oauth/tokens/current", self._token, "GET"),
            ("/api/v2/<any(groups, brands, ticket_forms):kind>/<number>", self._known, "GET"),
        ):
            app.add_url_rule(rule, view.__name__, view, methods=methods)
            app.add_url_rule(f"{rule}.json", f"{view.__name__}.json", view, methods=methods)
        rules = self._twin.rules
        self._shelf(app, "triggers", "trigger", rules.triggers)
        self._shelf(app, "macros", "macro", rules.macros)
        self._shelf(app, "ticket_fields", "ticket_field", rules.fields)
        app.before_request(self._allowed)

    def _allowed(self) -> Answer | None:
        """What the token's scopes and its owner's role let one do."""
        if not request.path.startswith("/api/"):
            return None
        needed = "read" if request.method == "GET" else "write"
        bearer = request.headers.get("Authorization", "").startswith("Bearer ")
        rules = request.path.startswith(("/api/v2/webhooks", "/api/v2/triggers"))
        outsider = rules and self._twin.api_user["role"] != "admin"
        if outsider or (bearer and needed not in self._twin.scopes):
            told = "You do not have access to this page."
            return jsonify({"error": "Forbidden", "description": told}), 403
        return None

    # Webhooks

    def _webhooks(self) -> Answer:
        with self._twin.lock:
            if request.method == "POST":
                made = self._twin.rules.add_webhook(_body("webhook"))
                return jsonify({"webhook": made.facts}), 201
            rows = [w.facts for w in self._twin.rules.webhooks.values()]
            return jsonify(page_of("webhooks", rows, "created_at"))

    def _webhook(self, number: str) -> Answer:
        with self._twin.lock:
            rules = self._twin.rules
            if request.method == "GET":
                return jsonify({"webhook": rules.webhook(number).facts})
            if request.method == "DELETE":
                del rules.webhooks[rules.webhook(number).id]
            else:
                rules.change_webhook(number, _body("webhook"))
            return "", 204

    def _secret(self, number: str) -> Answer:
        with self._twin.lock:
            webhook: Webhook = self._twin.rules.webhook(number)
            if request.method == "POST":
                webhook.secret = token_urlsafe(32)
            told = {"algorithm": "SHA256", "secret": webhook.secret}
            return jsonify({"signing_secret": told})

    # Triggers, macros, fields

    def _shelf(self, app: Flask, path: str, one: str, shelf: Shelf) -> None:
        def listed() -> Answer:
            with self._twin.lock:
                if request.method == "POST":
                    self._check(one, _body(one))
                    return jsonify({one: shelf.add(_body(one))}), 201
                return jsonify(page_of(path, list(shelf.rows.values()), "id"))

        def single(number: str) -> Answer:
            with self._twin.lock:
                if path == "ticket_fields" and number not in map(str, shelf.rows):
                    return self._known(path, number)
                row = shelf.get(number)
                if request.method == "DELETE":
                    del shelf.rows[row["id"]]
                    return "", 204
                if request.method == "PUT":
                    self._check(one, {**row, **_body(one)})
                    row = shelf.change(number, _body(one))
                return jsonify({one: row})

        for end in ("", ".json"):
            app.add_url_rule(f"/api/v2/{path}{end}", f"{path}{end}", listed,
                             methods=["GET", "POST"])  # fmt: skip
            app.add_url_rule(f"/api/v2/{path}/<number>{end}", f"{one}{end}", single,
                             methods=["GET", "PUT", "DELETE"])  # fmt: skip

    def _check(self, one: str, facts: dict[str, Any]) -> None:
        if not facts.get("title"):
            raise bad_request("title is required")
        if one == "trigger":
            self._twin.rules.check_trigger(facts)
        if one == "ticket_field" and not facts.get("type"):
            raise bad_request("type is required")

    # What else is asked of an account

    def _token(self) -> Answer:
        return jsonify({"token": {"id": 1, "scopes": sorted(self._twin.scopes)}})

    def _known(self, kind: str, number: str) -> Answer:
        known = self._twin.known
        ids: Collection[int] | None = {
            "groups": known.groups, "brands": known.brands, "ticket_forms": known.forms,
            "ticket_fields": known.fields,
        }[kind]  # fmt: skip
        if not number.isdecimal() or (ids is not None and int(number) not in ids):
            raise missing()
        return jsonify({kind.removesuffix("s"): {"id": int(number), "active": True}})


def _body(name: str) -> dict[str, Any]:
    try:
        given = json.loads(request.get_data())
    except ValueError:
        raise bad_request("the body is no JSON") from None
    if not isinstance(given, dict) or not isinstance(given.get(name), dict):
        raise RefusedError(400, "BadRequest", f"Parameter {name} is required")
    return dict(given[name])
