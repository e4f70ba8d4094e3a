"""Intercom's REST API, as strict as the real one, and stricter about a misspelt key."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.intercom.refusals import RefusedError, error_list

if TYPE_CHECKING:
    from connector.sandbox.intercom.twin import IntercomTwin

VERSION = re.compile(r"2\.([0-9]|1[0-7])|Unstable")
MOST_FILES = 10
REPLY = frozenset({"message_type", "type", "admin_id", "body", "attachment_urls", "attachment_files",
                   "created_at", "reply_options", "skip_notifications"})  # fmt: skip
# Each change: the keys that it must have, and those that it may have.
CHANGES = {
    "close": ({"type"}, {"body"}),
    "snoozed": ({"snoozed_until"}, set[str]()),
    "open": (set[str](), set[str]()),
    "assignment": ({"type", "assignee_id"}, {"body"}),
}


class Api:
    def __init__(self, twin: IntercomTwin) -> None:
        self._twin = twin
        self.app = Flask(__name__, static_folder=None)
        add = self.app.add_url_rule
        add("/me", "me", self._me)
        add("/admins/<admin>", "admin", self._admin)
        add("/conversations/search", "search", self._search, methods=["POST"])
        add("/conversations/<known>", "conversation", self._conversation)
        add("/conversations/<known>/reply", "reply", self._reply, methods=["POST"])
        add("/conversations/<known>/parts", "parts", self._parts, methods=["POST"])
        add("/files/<name>", "file", self._file)
        self.app.before_request(self._authenticate)
        self.app.after_request(self._tell_room)
        self.app.register_error_handler(RefusedError, self._refused)
        self.app.register_error_handler(HTTPException, self._no_such)

    @staticmethod
    def _refused(error: RefusedError) -> tuple[Response, int]:
        return jsonify(error_list(error.code, error.sentence)), error.status

    @staticmethod
    def _no_such(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error_list("not_found", error.name)), error.code or 500

    def _authenticate(self) -> None:
        if request.endpoint == "file":
            return  # its address is signed
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._twin.access_token}".encode()):
            raise RefusedError(401, "unauthorized", "Access Token Invalid")
        version = request.headers.get("Intercom-Version", "")
        if version and not VERSION.fullmatch(version):
            raise RefusedError(400, "intercom_version_invalid", "The requested version is invalid")
        self._twin.count_call()

    def _tell_room(self, answer: Response) -> Response:
        answer.headers.update(self._twin.room())
        return answer

    def _me(self) -> Response:
        app = {"type": "app", "id_code": self._twin.app_id, "region": self._twin.region}
        return jsonify({"type": "admin", "id": self._twin.admin.id, "app": app})

    def _admin(self, admin: str) -> Response:
        return jsonify(self._twin.known_admin(admin).shown())

    def _conversation(self, known: str) -> Response:
        with self._twin.lock:
            found = self._twin.known(known)
            plain = request.args.get("display_as") == "plaintext"
            return jsonify(found.shown(plain=plain, parts=found.parts))

    def _reply(self, known: str) -> Response:
        given = _given(REPLY)
        kind, body = given.get("message_type"), given.get("body")
        if given.get("type") != "admin" or kind not in ("comment", "note"):
            raise _invalid("type and message_type")
        if not isinstance(body, str) or not body.strip():
            raise _invalid("body")
        urls = given.get("attachment_urls", [])
        if not isinstance(urls, list) or len(urls) > MOST_FILES or not all(map(_is_url, urls)):
            raise _invalid("attachment_urls")
        with self._twin.lock:
            found = self._twin.known(known)
            self._twin.admin_says(found, str(given.get("admin_id", "")), str(kind), body, urls)
            return jsonify(found.shown(plain=False, parts=found.parts))

    def _parts(self, known: str) -> Response:
        given = request.get_json(silent=True)
        kind = given.get("message_type") if isinstance(given, dict) else None
        if not isinstance(given, dict) or kind not in CHANGES:
            raise _invalid("message_type")
        must, may = CHANGES[kind]
        keys = set(given) - {"message_type"}
        if not must | {"admin_id"} <= keys <= must | may | {"admin_id", "type"}:
            raise _invalid(", ".join(sorted(keys ^ (must | {"admin_id"}))))
        with self._twin.lock:
            found = self._twin.known(known)
            self._twin.change(found, str(given["admin_id"]), given)
            return jsonify(found.shown(plain=False, parts=found.parts))

    def _search(self) -> Response:
        given = _given(frozenset({"query", "pagination"}))
        page = given.get("pagination", {})
        per_page, after = page.get("per_page", 20), page.get("starting_after")
        if not isinstance(per_page, int) or not 1 <= per_page <= 150:
            raise _invalid("per_page")
        with self._twin.lock:
            found = self._twin.search(given.get("query"))
            first = int(after) if after else 0
            shown = [each.shown(plain=False) for each in found[first : first + per_page]]
        more = first + per_page < len(found)
        following = {"next": {"per_page": per_page, "starting_after": str(first + per_page)}}
        pages = {"type": "pages", "per_page": per_page, **(following if more else {})}
        return jsonify({"type": "conversation.list", "pages": pages, "total_count": len(found),
                        "conversations": shown})  # fmt: skip

    def _file(self, name: str) -> Response:
        found = self._twin.files.get(name)
        if found is None or not hmac.compare_digest(request.args.get("signature", ""), found[0]):
            raise RefusedError(404, "not_found", "Not Found")
        return Response(found[2], content_type=found[1])


def _given(known: frozenset[str]) -> dict[str, Any]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise _invalid("the body")
    if unknown := set(given) - known:
        raise _invalid(", ".join(sorted(unknown)))
    return given


def _invalid(what: str) -> RefusedError:
    return RefusedError(400, "parameter_invalid", f"{what} is invalid")


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))
