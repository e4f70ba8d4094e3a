"""Twilio's REST interface, as strict as the real one, and stricter about a misspelt parameter."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.twilio.contents import MAX_FILLED, BadVariablesError, filled
from connector.sandbox.twilio.lines import LinesApi
from connector.sandbox.twilio.messages import VERSION, Message, Query, attached
from connector.sandbox.twilio.sms import MAX_BODY, is_address

if TYPE_CHECKING:
    from connector.sandbox.twilio.twin import TwilioTwin

SEND = frozenset(
    {
        "To", "StatusCallback", "ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt",
        "ValidityPeriod", "ForceDelivery", "ContentRetention", "AddressRetention", "SmartEncoded",
        "PersistentAction", "TrafficType", "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms",
        "ContentVariables", "RiskCheck", "From", "FallbackFrom", "MessagingServiceSid", "Body",
        "MediaUrl", "ContentSid",
    }
)  # fmt: skip
LIST = frozenset(
    {"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"}
)
MAX_MEDIA = 10


class RefusedError(Exception):
    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def error_body(code: int, message: str, status: int) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


class Api:
    def __init__(self, twin: TwilioTwin) -> None:
        self._twin = twin
        self.app = Flask(__name__, static_folder=None)
        root = f"/{VERSION}/Accounts/<account>/Messages"
        add = self.app.add_url_rule
        add(f"{root}.json", "send", self._send, methods=["POST"])
        add(f"{root}.json", "list", self._list, methods=["GET"])
        add(f"{root}/<sid>.json", "one", self._one, methods=["GET"])
        add(f"{root}/<sid>/Media.json", "media list", self._media_list, methods=["GET"])
        add(f"{root}/<sid>/Media/<media>", "media", self._media, methods=["GET"])
        LinesApi(twin, RefusedError).register(self.app)
        self.app.before_request(self._authenticate)
        self.app.register_error_handler(RefusedError, self._refused)
        self.app.register_error_handler(HTTPException, self._no_such)

    @staticmethod
    def _refused(error: RefusedError) -> tuple[Response, int]:
        return jsonify(error_body(error.code, error.message, error.status)), error.status

    @staticmethod
    def _no_such(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        message = f"The requested resource {request.path} was not found"
        return jsonify(error_body(20404, message, status)), status

    def _authenticate(self) -> None:
        given = request.authorization
        name, secret = (given.username or "", given.password or "") if given else ("", "")
        fits = hmac.compare_digest(secret.encode(), self._twin.auth_token.encode())
        named = (request.view_args or {}).get("account", self._twin.account_sid)
        if not fits or name != self._twin.account_sid or named != name:
            raise RefusedError(20003, "Authenticate", 401)

    def _send(self, **_: str) -> tuple[Response, int]:
        form = request.form
        unknown = set(form) - SEND
        if unknown:
            raise RefusedError(20001, f"Unknown parameter {', '.join(sorted(unknown))}")
        self._check_addresses()
        text = self._checked_content()
        callback = form.get("StatusCallback", "")
        host = urlsplit(callback)
        if callback and (host.scheme not in ("http", "https") or "_" in (host.hostname or "_")):
            raise RefusedError(21609, "The 'StatusCallback' URL is not a valid URL.")
        message = self._twin.accept(
            to=form["To"],
            from_=form.get("From", ""),
            service=form.get("MessagingServiceSid"),
            text=text,
            callback=callback or None,
            media=attached(form.getlist("MediaUrl")),
            given={name: form[name] for name in form},
        )
        return jsonify(message), 201

    def _check_addresses(self) -> None:
        form, twin = request.form, self._twin
        to, sender, service = (
            form.get("To", ""), form.get("From", ""), form.get("MessagingServiceSid", "")
        )  # fmt: skip
        if not to:
            raise RefusedError(21604, "A 'To' phone number is required.")
        if not sender and not service:
            raise RefusedError(21603, "A 'From' phone number is required.")
        if not is_address(to):
            raise RefusedError(21211, f"The 'To' number {to} is not a valid phone number.")
        if sender and sender not in twin.numbers:
            raise RefusedError(
                21606, "The 'From' phone number provided is not a valid message-capable number."
            )
        if service and service not in twin.services:
            raise RefusedError(21701, "The Messaging Service does not exist")
        if sender and to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
            raise RefusedError(21910, "Invalid 'From' and 'To' pair: channels differ.")
        if to == sender:
            raise RefusedError(21266, "'To' and 'From' number cannot be the same")
        if twin.is_opted_out(to, sender or service):
            raise RefusedError(21610, "Attempt to send to unsubscribed recipient")

    def _checked_content(self) -> str:
        """The text that is sent."""
        form = request.form
        if form.get("ContentSid"):
            return self._from_template(form["ContentSid"], form.get("ContentVariables", ""))
        media = form.getlist("MediaUrl")
        if not form.get("Body") and not media:
            raise RefusedError(21602, "Message body is required.")
        if len(form.get("Body", "")) > MAX_BODY:
            raise RefusedError(
                21617, "The concatenated message body exceeds the 1600 character limit"
            )
        if len(media) > MAX_MEDIA:
            raise RefusedError(21623, "Number of media files exceeds allowed limit")
        if any(urlsplit(url).scheme not in ("http", "https") for url in media):
            raise RefusedError(21620, "Invalid media URL(s)")
        return form.get("Body", "")

    def _from_template(self, sid: str, variables: str) -> str:
        template = self._twin.contents.get(sid)
        if template is None:
            raise RefusedError(21655, "The ContentSid is Invalid")
        try:
            text = filled(template, variables)
        except BadVariablesError:
            raise RefusedError(21656, "The ContentVariables Parameter is invalid") from None
        if len(text) > MAX_FILLED:
            raise RefusedError(63013, "This message violates the channel provider's policy")
        return text

    def _list(self, **_: str) -> Response:
        args = request.args
        if set(args) - LIST:
            raise RefusedError(20001, "Unknown parameter")
        try:
            query = Query(
                args.get("To"), args.get("From"),
                args.get("DateSent"), args.get("DateSent>"), args.get("DateSent<"),
            )  # fmt: skip
            found = query.found(self._twin.messages())
            size, page = int(args.get("PageSize", 50)), int(args.get("Page", 0))
        except ValueError:
            raise RefusedError(20001, "Invalid parameter") from None
        if not 1 <= size <= 1000 or page < 0:
            raise RefusedError(20001, "Page size must be between 1 and 1000")
        return jsonify(self._page(found, size, page))

    def _page(self, found: list[Any], size: int, page: int) -> dict[str, Any]:
        start = page * size
        shown = found[start : start + size]
        more = len(found) > start + size
        return {
            "messages": [m.resource(self._twin.account_sid) for m in shown],
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start + len(shown) - 1, 0),
            "uri": _uri(size, page),
            "first_page_uri": _uri(size, 0),
            "previous_page_uri": _uri(size, page - 1) if page else None,
            "next_page_uri": _uri(size, page + 1) if more else None,
        }

    def _one(self, account: str, sid: str) -> Response:
        return jsonify(self._message(sid).resource(account))

    def _message(self, sid: str) -> Message:
        for message in self._twin.messages():
            if message.sid == sid:
                return message
        raise RefusedError(20404, f"The requested resource {request.path} was not found", 404)

    def _media_list(self, account: str, sid: str) -> Response:
        listed = self._message(sid).media_list(account)
        return jsonify({"media_list": listed, "next_page_uri": None, "uri": request.path})

    def _media(self, media: str, **_: str) -> Response:
        stored = self._twin.stored_media(media)
        if stored is None:
            raise RefusedError(20404, f"The requested resource {request.path} was not found", 404)
        return Response(stored.data, content_type=stored.kind)


def _uri(size: int, page: int) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in ("Page", "PageSize")]
    return f"{request.path}?{urlencode([*kept, ('PageSize', size), ('Page', page)])}"
