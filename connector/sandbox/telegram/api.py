"""The Bot API's methods, as strict as the real ones, and stricter about a misspelt parameter."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.chat import RefusedError

if TYPE_CHECKING:
    from connector.sandbox.telegram.twin import TelegramTwin

MOST_TEXT, MOST_CAPTION = 4096, 1024
COMMON = frozenset(
    """
    business_connection_id chat_id message_thread_id parse_mode disable_notification
    protect_content allow_paid_broadcast message_effect_id reply_parameters reply_markup
    """.split()
)
SENDS = {
    "sendMessage": ("text", COMMON | {"text", "entities", "link_preview_options"}),
    "sendPhoto": ("photo", COMMON | {"photo", "caption", "caption_entities", "has_spoiler"}),
    "sendDocument": ("document", COMMON | {"document", "caption", "caption_entities", "thumbnail"}),
    "sendVideo": ("video", COMMON | {"video", "caption", "caption_entities", "duration"}),
    "sendAudio": ("audio", COMMON | {"audio", "caption", "caption_entities", "duration"}),
}


ACTIONS = frozenset(
    """
    typing upload_photo record_video upload_video record_voice upload_voice upload_document
    choose_sticker find_location record_video_note upload_video_note
    """.split()
)


def _bad(sentence: str) -> RefusedError:
    return RefusedError(400, 400, f"Bad Request: {sentence}")


def _choices(markup: Any) -> tuple[str, ...] | None:
    """The keys of a reply keyboard, () where it is taken away, None where it is left alone."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise _bad("object expected as reply markup")
    if markup.get("remove_keyboard") is True:
        return ()
    rows = markup.get("keyboard")
    known = {"keyboard", "is_persistent", "resize_keyboard", "one_time_keyboard",
             "input_field_placeholder", "selective"}  # fmt: skip
    if set(markup) - known or not isinstance(rows, list) or not rows or not all(rows):
        raise _bad("can't parse reply keyboard markup JSON object")
    keys = [
        key if isinstance(key, str) else str(key.get("text", "")) for row in rows for key in row
    ]
    if not all(keys):
        raise _bad("reply keyboard button text is empty")
    return tuple(keys)


class Api:
    def __init__(self, twin: TelegramTwin) -> None:
        self._twin = twin
        self.app = Flask(__name__, static_folder=None)
        add = self.app.add_url_rule
        add("/bot<token>/<method>", "method", self._method, methods=["GET", "POST"])
        add("/file/bot<token>/<path:path>", "file", self._file, methods=["GET"])
        self.app.register_error_handler(RefusedError, self._refused)
        self.app.register_error_handler(HTTPException, self._no_such)

    @staticmethod
    def _refused(error: RefusedError) -> tuple[Response, int]:
        told = {"ok": False, "error_code": error.code, "description": error.sentence}
        return jsonify(told), error.status

    @staticmethod
    def _no_such(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        return jsonify({"ok": False, "error_code": status, "description": error.name}), status

    def _authenticate(self, token: str) -> None:
        if not hmac.compare_digest(token.encode(), self._twin.bot_token.encode()):
            raise RefusedError(401, 401, "Unauthorized")

    def _method(self, token: str, method: str) -> Response:
        self._authenticate(token)
        given = request.get_json(silent=True) if request.is_json else request.values.to_dict()
        if not isinstance(given, dict):
            raise _bad("can't parse the request")
        if method in SENDS:
            return jsonify({"ok": True, "result": self._send(method, given)})
        if method == "sendChatAction":
            self._twin.chat_action(str(given.get("chat_id", "")), self._action(given))
            return jsonify({"ok": True, "result": True})
        if method == "getFile":
            return jsonify({"ok": True, "result": self._get_file(given)})
        if method == "setWebhook":
            self._twin.set_webhook(given)
            return jsonify({"ok": True, "result": True})
        if method == "getWebhookInfo":
            return jsonify({"ok": True, "result": self._twin.webhook_info()})
        if method == "getMe":
            return jsonify({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "Bot"}})
        raise RefusedError(404, 404, "Not Found")

    def _send(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        named, known = SENDS[method]
        unknown = set(given) - known
        if unknown:
            raise _bad(f"unknown parameters: {', '.join(sorted(unknown))}")
        text = str(given.get("text" if named == "text" else "caption", ""))
        if named == "text" and not text.strip():
            raise _bad("message text is empty")
        if len(text.encode("utf-16-le")) // 2 > (MOST_TEXT if named == "text" else MOST_CAPTION):
            raise _bad("message is too long" if named == "text" else "message caption is too long")
        media = "" if named == "text" else str(given.get(named, ""))
        if named != "text" and not media.startswith(("http://", "https://")):
            raise _bad("wrong file identifier/HTTP URL specified")
        choices = _choices(given.get("reply_markup"))
        return self._twin.accept(str(given.get("chat_id", "")), text, media, choices)

    @staticmethod
    def _action(given: dict[str, Any]) -> str:
        unknown = set(given) - {"business_connection_id", "chat_id", "message_thread_id", "action"}
        if unknown or given.get("action") not in ACTIONS:
            raise _bad("wrong parameter action in request")
        return str(given["action"])

    def _get_file(self, given: dict[str, Any]) -> dict[str, Any]:
        file = str(given.get("file_id", ""))
        if file not in self._twin.files:
            raise _bad("invalid file_id")
        _, data = self._twin.files[file]
        return {"file_id": file, "file_unique_id": file, "file_size": len(data),
                "file_path": f"documents/{file}"}  # fmt: skip

    def _file(self, token: str, path: str) -> Response:
        self._authenticate(token)
        found = self._twin.files.get(path.rpartition("/")[2])
        if found is None:
            raise RefusedError(404, 404, "Not Found")
        return Response(found[1], content_type="application/octet-stream")
