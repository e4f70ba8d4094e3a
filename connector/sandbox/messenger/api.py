"""POST /<version>/me/messages for one page, as strict as the real one, and stricter about names."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.chat import RefusedError
from connector.sandbox.meta import error_body

if TYPE_CHECKING:
    from connector.sandbox.messenger.twin import MessengerTwin

MOST_TEXT, MOST_REPLIES, MOST_TITLE = 2000, 13, 20
KEYS = frozenset({"recipient", "messaging_type", "tag", "message", "sender_action"})
ACTIONS = frozenset({"mark_seen", "typing_on", "typing_off"})
FILES = frozenset({"image", "video", "audio", "file"})


def _invalid(sentence: str, subcode: int | None = None) -> RefusedError:
    return RefusedError(400, 100, sentence, subcode)


class Api:
    def __init__(self, twin: MessengerTwin) -> None:
        self._twin = twin
        self.app = Flask(__name__, static_folder=None)
        add = self.app.add_url_rule
        add("/<version>/me/messages", "send", self._send, methods=["POST"])
        add("/files/<file>", "file", self._file, methods=["GET"])
        self.app.register_error_handler(RefusedError, self._refused)
        self.app.register_error_handler(HTTPException, self._no_such)

    @staticmethod
    def _refused(error: RefusedError) -> tuple[Response, int]:
        return jsonify(error_body(error.code, error.sentence, error.subcode)), error.status

    @staticmethod
    def _no_such(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error_body(100, "Unsupported request")), error.code or 500

    def _send(self, version: str) -> Response:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._twin.access_token}".encode()):
            raise RefusedError(401, 190, "Invalid OAuth access token")
        told = request.get_json(silent=True)
        if not re.fullmatch(r"v\d+\.\d", version) or not isinstance(told, dict):
            raise _invalid("Unsupported post request")
        if unknown := set(told) - KEYS:
            raise _invalid(f"Invalid keys {sorted(unknown)}")
        customer = str((told.get("recipient") or {}).get("id", ""))
        if "sender_action" in told:
            return self._act(customer, told)
        message = told.get("message")
        if not isinstance(message, dict):
            raise _invalid("The parameter message is required")
        self._twin.may_write(customer, str(told.get("messaging_type")), told.get("tag"))
        text, media, choices = _content(message)
        identity = self._twin.accept(customer, text, media, choices)
        return jsonify(recipient_id=customer, message_id=identity)

    def _act(self, customer: str, told: dict[str, Any]) -> Response:
        if set(told) != {"recipient", "sender_action"} or told["sender_action"] not in ACTIONS:
            raise _invalid("Param sender_action must be one of the known ones, and alone")
        self._twin.act(customer, told["sender_action"])
        return jsonify(recipient_id=customer)

    def _file(self, file: str) -> Response:
        found = self._twin.files.get(file)
        if found is None:
            raise RefusedError(404, 100, "URL signature expired")
        return Response(found[1], content_type=found[0])


def _content(message: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    """Text, a file's address, and what can be tapped."""
    unknown = set(message) - {"text", "attachment", "quick_replies", "metadata"}
    if unknown or ("text" in message) == ("attachment" in message):
        raise _invalid("Exactly one of text and attachment must be given")
    text, attachment = str(message.get("text", "")), message.get("attachment") or {}
    if "text" in message and not 0 < len(text) <= MOST_TEXT:
        raise _invalid(f"Length of param message[text] must be between 1 and {MOST_TEXT}", 2018020)
    url = str((attachment.get("payload") or {}).get("url", ""))
    if attachment and (attachment.get("type") not in FILES or not url.startswith("http")):
        raise _invalid("Upload attachment failure", 2018008)
    replies = message.get("quick_replies", [])
    titles = tuple(str(r.get("title", "")) for r in replies if r.get("content_type") == "text")
    fits = len(titles) == len(replies) <= MOST_REPLIES
    if not fits or not all(0 < len(title) <= MOST_TITLE for title in titles):
        raise _invalid("Param message[quick_replies] is not valid")
    if any(set(r) - {"content_type", "title", "payload", "image_url"} for r in replies):
        raise _invalid("Invalid keys in message[quick_replies]")
    return text, url, titles
