"""The Graph API's calls for one number, as strict as the real ones, and stricter about names."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.chat import RefusedError
from connector.sandbox.meta import error_body

if TYPE_CHECKING:
    from connector.sandbox.whatsapp.twin import WhatsAppTwin

MOST_TEXT, MOST_CAPTION, MOST_TEMPLATE = 4096, 1024, 1024
TYPING = {"type": "text"}
COMMON = frozenset(
    {"messaging_product", "recipient_type", "to", "recipient", "type", "context",
     "biz_opaque_callback_data"}
)  # fmt: skip
FILES = ("image", "video", "audio", "document")
NO_CAPTION = ("audio",)


def worded(code: int, sentence: str) -> dict[str, Any]:
    told = {"messaging_product": "whatsapp", "details": sentence}
    return error_body(code, sentence, error_data=told)


def _invalid(sentence: str) -> RefusedError:
    return RefusedError(400, 100, sentence)


class Api:
    def __init__(self, twin: WhatsAppTwin) -> None:
        self._twin = twin
        self.app = Flask(__name__, static_folder=None)
        add = self.app.add_url_rule
        add("/<version>/<number>/messages", "send", self._send, methods=["POST"])
        add("/<version>/<int:file>", "media", self._media, methods=["GET"])
        add("/download/<file>", "download", self._download, methods=["GET"])
        self.app.before_request(self._authenticate)
        self.app.register_error_handler(RefusedError, self._refused)
        self.app.register_error_handler(HTTPException, self._no_such)

    @staticmethod
    def _refused(error: RefusedError) -> tuple[Response, int]:
        return jsonify(worded(error.code, error.sentence)), error.status

    @staticmethod
    def _no_such(error: HTTPException) -> tuple[Response, int]:
        return jsonify(worded(100, "Unsupported request")), error.code or 500

    def _authenticate(self) -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._twin.access_token}".encode()):
            raise RefusedError(401, 190, "Invalid OAuth access token")

    def _send(self, version: str, number: str) -> Response:
        given = request.get_json(silent=True)
        if not re.fullmatch(r"v\d+\.\d", version) or number != self._twin.phone_number_id:
            raise RefusedError(400, 100, "Unsupported post request")
        if not isinstance(given, dict) or given.get("messaging_product") != "whatsapp":
            raise _invalid("messaging_product is required")
        if "status" in given:
            return self._read(given)
        kind = str(given.get("type", "text"))
        unknown = set(given) - COMMON - {kind}
        if unknown:
            raise _invalid(f"Invalid keys {sorted(unknown)}")
        customer = self._customer(given)
        content = given.get(kind)
        if not isinstance(content, dict):
            raise RefusedError(400, 131008, f"{kind} is required")
        if kind == "interactive":
            return jsonify(self._twin.accept(customer, *_buttons(content)))
        if kind == "template":
            text = self._template(content)
            return jsonify(self._twin.accept(customer, text, template=True))
        text, media = _file(kind, content) if kind in FILES else _text(kind, content)
        return jsonify(self._twin.accept(customer, text, media))

    def _read(self, given: dict[str, Any]) -> Response:
        typing = given.get("typing_indicator")
        known = {"messaging_product", "status", "message_id", "typing_indicator"}
        if set(given) - known or given["status"] != "read" or typing not in (None, TYPING):
            raise RefusedError(400, 131009, "Parameter value is not valid")
        self._twin.read(str(given.get("message_id", "")), typing=typing is not None)
        return jsonify(success=True)

    def _template(self, content: dict[str, Any]) -> str:
        """The template's text with its variables filled in."""
        body = self._twin.templates.get(str(content.get("name")))
        if body is None or not isinstance(content.get("language"), dict):
            raise RefusedError(404, 132001, "Template name does not exist in the translation")
        given = [
            str(parameter.get("text", ""))
            for component in content.get("components", ())
            if component.get("type") == "body"
            for parameter in component.get("parameters", ())
        ]
        if len(given) != body.count("{{"):
            raise RefusedError(400, 132000, "Number of parameters does not match")
        if any(re.search(r"[\n\t]| {5}", text) for text in given):
            raise RefusedError(400, 132012, "Parameter format does not match")
        for number, text in enumerate(given, 1):
            body = body.replace(f"{{{{{number}}}}}", text)
        if len(body) > MOST_TEMPLATE:
            raise RefusedError(400, 132005, "Translated text too long")
        return body

    @staticmethod
    def _customer(given: dict[str, Any]) -> str:
        if "recipient" in given:
            return str(given["recipient"])
        digits = re.sub(r"[^0-9]", "", str(given.get("to", "")))
        if not digits:
            raise RefusedError(400, 131008, "to is required")
        return f"+{digits}"

    def _media(self, version: str, file: int) -> Response:
        found = self._twin.files.get(str(file))
        if found is None:
            raise RefusedError(404, 100, f"Object with ID '{file}' does not exist ({version})")
        kind, data = found
        url = f"{self._twin.url}/download/{file}"
        return jsonify({"id": str(file), "url": url, "mime_type": kind, "file_size": len(data),
                        "messaging_product": "whatsapp"})  # fmt: skip

    def _download(self, file: str) -> Response:
        found = self._twin.files.get(file)
        if found is None:
            raise RefusedError(404, 100, "expired")
        return Response(found[1], content_type=found[0])


def _text(kind: str, content: dict[str, Any]) -> tuple[str, str]:
    if kind != "text":
        raise RefusedError(400, 131051, "Unsupported message type")
    body = str(content.get("body", ""))
    if set(content) - {"body", "preview_url"} or not body.strip():
        raise RefusedError(400, 131009, "Parameter value is not valid")
    if len(body) > MOST_TEXT:
        raise _invalid("Param text['body'] must be at most 4096 characters long.")
    return body, ""


def _buttons(content: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    text = str((content.get("body") or {}).get("text", ""))
    buttons = (content.get("action") or {}).get("buttons", ())
    titles = tuple(str(b["reply"]["title"]) for b in buttons if b.get("type") == "reply")
    fits = 0 < len(titles) <= 3 and len(set(titles)) == len(titles)
    short = all(0 < len(title) <= 20 for title in titles) and 0 < len(text) <= MOST_CAPTION
    if content.get("type") != "button" or set(content) - {"type", "body", "action"}:
        raise RefusedError(400, 131051, "Unsupported message type")
    if not fits or not short or len({b["reply"]["id"] for b in buttons}) != len(titles):
        raise RefusedError(400, 131009, "Parameter value is not valid")
    return text, "", titles


def _file(kind: str, content: dict[str, Any]) -> tuple[str, str]:
    allowed = {"link", "id"} | (set() if kind in NO_CAPTION else {"caption"})
    if set(content) - allowed - ({"filename"} if kind == "document" else set()):
        raise _invalid(f"Invalid keys in {kind}")
    caption, link = str(content.get("caption", "")), str(content.get("link", ""))
    if not link.startswith(("http://", "https://")) or len(caption) > MOST_CAPTION:
        raise RefusedError(400, 131009, "Parameter value is not valid")
    return caption, link
