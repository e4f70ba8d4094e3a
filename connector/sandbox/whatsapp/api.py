"""The Graph API's calls for one number, as strict as the real ones, and stricter about names."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.chat import RefusedError

if TYPE_CHECKING:
    from connector.sandbox.whatsapp.twin import WhatsAppTwin

MOST_TEXT, MOST_CAPTION = 4096, 1024
COMMON = frozenset(
    {"messaging_product", "recipient_type", "to", "recipient", "type", "context",
     "biz_opaque_callback_data"}
)  # fmt: skip
FILES = ("image", "video", "audio", "document")
NO_CAPTION = ("audio",)


def error_body(code: int, sentence: str) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) {sentence}", "type": "OAuthException", "code": code,
                      "error_data": {"messaging_product": "whatsapp", "details": sentence},
                      "fbtrace_id": "A0"}}  # fmt: skip


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
        return jsonify(error_body(error.code, error.sentence)), error.status

    @staticmethod
    def _no_such(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error_body(100, "Unsupported request")), error.code or 500

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
        kind = str(given.get("type", "text"))
        unknown = set(given) - COMMON - {kind}
        if unknown:
            raise _invalid(f"Invalid keys {sorted(unknown)}")
        customer = self._customer(given)
        content = given.get(kind)
        if not isinstance(content, dict):
            raise RefusedError(400, 131008, f"{kind} is required")
        text, media = _file(kind, content) if kind in FILES else _text(kind, content)
        return jsonify(self._twin.accept(customer, text, media))

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


def _file(kind: str, content: dict[str, Any]) -> tuple[str, str]:
    allowed = {"link", "id"} | (set() if kind in NO_CAPTION else {"caption"})
    if set(content) - allowed - ({"filename"} if kind == "document" else set()):
        raise _invalid(f"Invalid keys in {kind}")
    caption, link = str(content.get("caption", "")), str(content.get("link", ""))
    if not link.startswith(("http://", "https://")) or len(caption) > MOST_CAPTION:
        raise RefusedError(400, 131009, "Parameter value is not valid")
    return caption, link
