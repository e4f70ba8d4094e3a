"""Zendesk's REST interface as zenpy and plain clients call it, with and without `.json`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.zendesk import exports, taken_back
from connector.sandbox.zendesk.paces import Paces
from connector.sandbox.zendesk.paging import PAGE, page_of
from connector.sandbox.zendesk.refusals import RefusedError, bad_request, missing
from connector.sandbox.zendesk.signing import Signing
from connector.sandbox.zendesk.tickets import API, Ticket, Writer
from connector.sandbox.zendesk.uploads import as_asked

if TYPE_CHECKING:
    from connector.sandbox.zendesk.twin import ZendeskTwin

Json = dict[str, Any]
Answer = tuple[Response, int]
KEY_LIFE = timedelta(hours=2)


class Api:
    def __init__(self, twin: ZendeskTwin) -> None:
        self._twin = twin
        self.app = Flask(__name__, static_folder=None)
        self.signing = Signing(twin)
        self._paces = Paces()
        self._keys: dict[str, tuple[bytes, Json, Any]] = {}
        for rule, view, *methods in (
            ("/oauth/tokens", self._token, "POST"),
            ("/api/v2/tickets", self._create, "POST"),
            ("/api/v2/tickets", self._list, "GET"),
            ("/api/v2/tickets/show_many", self._show_tickets, "GET"),
            ("/api/v2/tickets/<number>", self._show, "GET"),
            ("/api/v2/tickets/<number>", self._update, "PUT"),
            ("/api/v2/tickets/<number>/comments", self._comments, "GET"),
            ("/api/v2/tickets/<number>/audits", self._audits, "GET"),
            ("/api/v2/tickets/<number>/tags", self._tags, "GET", "PUT", "POST", "DELETE"),
            ("/api/v2/users", self._make_user, "POST"),
            ("/api/v2/users/create_or_update", self._create_or_update, "POST"),
            ("/api/v2/users/search", self._search, "GET"),
            ("/api/v2/users/show_many", self._show_many, "GET"),
            ("/api/v2/users/<number>", self._user, "GET", "PUT"),
            ("/api/v2/users/<number>/identities", self._identities, "GET", "POST"),
            ("/api/v2/users/<number>/identities/<identity>", self._drop_identity, "DELETE"),
            ("/api/v2/comment_redactions/<number>", self._redact, "PUT"),
            ("/api/v2/uploads", self._upload, "POST"),
            ("/api/v2/attachments/<number>", self._attachment, "GET"),
            ("/api/v2/incremental/ticket_events", self._incremental, "GET"),
            ("/attachments/token/<address>/", self._file, "GET"),
        ):
            name = f"{view.__name__}:{methods[0]}"
            self.app.add_url_rule(rule, name, view, methods=methods)
            if rule.startswith("/api/"):
                self.app.add_url_rule(f"{rule}.json", f"{name}.json", view, methods=methods)
        self.app.before_request(self._authenticate)
        self.app.after_request(self._limits)
        self.app.register_error_handler(RefusedError, self._refused)
        self.app.register_error_handler(HTTPException, self._no_such)

    @staticmethod
    def _refused(error: RefusedError) -> Answer:
        response = jsonify(error.body)
        response.headers.update(error.headers)
        return response, error.status

    @staticmethod
    def _no_such(error: HTTPException) -> Answer:
        return jsonify({"error": "InvalidEndpoint", "description": "Not found"}), error.code or 404

    @staticmethod
    def _limits(response: Response) -> Response:
        for name, value in (("limit", "700"), ("remaining", "699"), ("reset", "30")):
            response.headers[f"ratelimit-{name}"] = value
        return response

    # Signing in

    def _authenticate(self) -> Answer | None:
        if request.path.startswith(("/oauth/", "/attachments/")):
            return None
        if self.signing.knows(request.headers.get("Authorization", "")):
            return None
        return jsonify({"error": "Couldn't authenticate you"}), 401

    def _token(self) -> Answer:
        given = request.get_json(silent=True) or request.form.to_dict()
        with self._twin.lock:
            answer, status = self.signing.token(given)
        return jsonify(answer), status

    def forget_tokens(self) -> None:
        """As if an admin had revoked them all."""
        self.signing.forget()

    # Tickets

    @property
    def _writer(self) -> Writer:
        return Writer(self._twin.api_user["id"], API)

    def _create(self) -> Response | Answer:
        key = request.headers.get("Idempotency-Key", "")
        now = self._twin.now()
        with self._twin.lock:
            known = self._keys.get(key) if key else None
            if known and now < known[2]:
                if known[0] != request.get_data():
                    raise RefusedError(
                        400, "IdempotentRequestError", "The key was used for another request"
                    )
                return self._keyed(known[1], "hit")
            ticket, audit = self._twin.tickets_.create(self._body("ticket"), self._writer)
            answer = {"ticket": dict(ticket.facts), "audit": audit}
            if key:
                self._keys[key] = (request.get_data(), answer, now + KEY_LIFE)
        self._twin.changed(ticket)
        return self._keyed(answer, "miss" if key else "")

    @staticmethod
    def _keyed(answer: Json, lookup: str) -> Response:
        response = jsonify(answer)
        response.status_code = 201
        response.headers["Location"] = answer["ticket"]["url"]
        if lookup:
            response.headers["x-idempotency-lookup"] = lookup
        return response

    def _list(self) -> Response:
        wanted = request.args.get("external_id")
        with self._twin.lock:
            found = [
                t.facts
                for t in self._twin.tickets_.all()
                if wanted is None or t.facts["external_id"] == wanted
            ]
        return jsonify({"tickets": found, "count": len(found), "next_page": None})

    def _ticket(self, number: str) -> Ticket:
        return self._twin.tickets_.get(number)

    def _show(self, number: str) -> Response:
        with self._twin.lock:
            return jsonify({"ticket": self._ticket(number).facts})

    def _show_tickets(self) -> Response:
        """Those that there are: a ticket that is deleted is simply left out."""
        ids = [each.strip() for each in request.args.get("ids", "").split(",")]
        if len(ids) > PAGE or not all(each.isdecimal() for each in ids):
            raise bad_request("ids must be up to 100 ids of tickets")
        with self._twin.lock:
            found = [t.facts for t in self._twin.tickets_.all() if str(t.id) in ids]
        return jsonify({"tickets": found, "count": len(found), "next_page": None})

    def _update(self, number: str) -> Response:
        with self._twin.lock:
            ticket = self._ticket(number)
            given = self._body("ticket")
            self._paces.count(ticket.id, self._twin.now())
            audit = self._twin.tickets_.update(ticket, given, self._writer)
            answer = {"ticket": dict(ticket.facts), "audit": audit}
        self._twin.changed(ticket)
        return jsonify(answer)

    def _comments(self, number: str) -> Response:
        with self._twin.lock:
            rows = [as_asked(c, request.args) for c in self._ticket(number).comments]
            page = page_of("comments", rows, "created_at")
            if request.args.get("include") == "users":
                ids = {c["author_id"] for c in page["comments"]}
                page["users"] = [u for u in self._twin.users.all() if u["id"] in ids]
        return jsonify(page)

    def _audits(self, number: str) -> Response:
        with self._twin.lock:
            return jsonify(page_of("audits", list(self._ticket(number).audits), "created_at"))

    def _tags(self, number: str) -> Response:
        with self._twin.lock:
            ticket = self._ticket(number)
            if request.method != "GET":
                key = {"PUT": "additional_tags", "POST": "tags", "DELETE": "remove_tags"}
                given = {key[request.method]: self._body("tags")}
                self._twin.tickets_.update(ticket, given, self._writer)
            answer = {"tags": list(ticket.facts["tags"])}
        if request.method != "GET":
            self._twin.changed(ticket)
        return jsonify(answer)

    # People

    def _make_user(self) -> Answer:
        with self._twin.lock:
            return jsonify({"user": self._twin.users.make(self._body("user"))}), 201

    def _create_or_update(self) -> Answer:
        with self._twin.lock:
            person, new = self._twin.users.create_or_update(self._body("user"))
            return jsonify({"user": person}), 201 if new else 200

    def _search(self) -> Response:
        with self._twin.lock:
            if (external := request.args.get("external_id")) is not None:
                one = self._twin.users.by("external_id", external)
                found = [one] if one else []
            else:
                found = self._twin.users.search(request.args.get("query", ""))
            return jsonify({"users": found, "count": len(found), "next_page": None})

    def _show_many(self) -> Response:
        ids = request.args.get("ids", "").split(",")
        with self._twin.lock:
            return jsonify({"users": [p for i in ids if (p := self._twin.users.find(i))]})

    def _user(self, number: str) -> Response:
        with self._twin.lock:
            person = self._twin.api_user if number == "me" else self._twin.users.get(number)
            if request.method == "PUT":
                person = self._twin.users.update(person, self._body("user"))
            return jsonify({"user": person})

    def _identities(self, number: str) -> Response | Answer:
        with self._twin.lock:
            person = self._twin.users.get(number)
            if request.method == "POST":
                made = self._twin.users.add_identity(person, self._body("identity"))
                return jsonify({"identity": made}), 201
            return jsonify({"identities": self._twin.users.identities(person)})

    def _drop_identity(self, number: str, identity: str) -> Response:
        with self._twin.lock:
            self._twin.users.drop_identity(self._twin.users.get(number), identity)
        return Response(status=204)

    def _redact(self, number: str) -> Response:
        with self._twin.lock:
            tickets = self._twin.tickets_
            ticket, comment = taken_back.blot(
                tickets, number, json.loads(request.get_data()), self._writer
            )
        self._twin.changed(ticket)
        return jsonify({"comment": comment})

    # Files and exports

    def _upload(self) -> Answer:
        name = request.args.get("filename")
        if not name:
            raise bad_request("filename is required")
        kind = request.content_type or "application/octet-stream"
        with self._twin.lock:
            made = self._twin.uploads.add(name, kind, request.get_data(), request.args.get("token"))
        return jsonify({"upload": made}), 201

    def _attachment(self, number: str) -> Response:
        found = self._twin.uploads.attachment(number)
        if found is None:
            raise missing()
        return jsonify({"attachment": found})

    def _file(self, address: str) -> Response:
        found = self._twin.uploads.file(address)
        if found is None:
            return Response(status=404)
        return Response(found[0], content_type=found[1])

    def _incremental(self) -> Response:
        if self._twin.api_user["role"] != "admin":
            raise RefusedError(403, "Forbidden", "You do not have access to this page.")
        with self._twin.lock:
            return jsonify(exports.ticket_events(self._twin, request.args))

    @staticmethod
    def _body(name: str) -> Any:
        try:
            given = json.loads(request.get_data())
        except ValueError:
            raise bad_request("the body is no JSON") from None
        if not isinstance(given, dict) or name not in given:
            raise bad_request(f"Parameter {name} is required")
        return given[name]
