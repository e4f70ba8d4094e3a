"""The account's numbers and messaging services: where each is told to call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request

from connector.sandbox.twilio.messages import VERSION, new_sid

if TYPE_CHECKING:
    from connector.sandbox.twilio.twin import TwilioTwin

Json = dict[str, Any]
# A form's field -> the key under which the answer has it.
NUMBER = {"SmsUrl": "sms_url", "SmsMethod": "sms_method", "SmsApplicationSid": "sms_application_sid",
          "SmsFallbackUrl": "sms_fallback_url", "FriendlyName": "friendly_name",
          "StatusCallback": "status_callback"}  # fmt: skip
SERVICE = {"InboundRequestUrl": "inbound_request_url", "InboundMethod": "inbound_method",
           "StatusCallback": "status_callback", "FriendlyName": "friendly_name",
           "UseInboundWebhookOnNumber": "use_inbound_webhook_on_number"}  # fmt: skip


class Lines:
    """Not safe on its own: the twin's lock is held around each call."""

    def __init__(self, numbers: Iterable[str], services: Iterable[str], url: str) -> None:
        self.numbers: dict[str, Json] = {
            each: {"sid": new_sid("PN"), "phone_number": each, "sms_url": url,
                   "sms_method": "POST", "sms_application_sid": "", "status_callback": ""}
            for each in numbers
        }  # fmt: skip
        self.services: dict[str, Json] = {
            sid: {"sid": sid, "inbound_request_url": url or None, "inbound_method": "POST",
                  "status_callback": None, "use_inbound_webhook_on_number": False}
            for sid in services
        }  # fmt: skip

    def address(self, number: str, service: str | None) -> str:
        """Where a message to this number is posted; "" is nowhere. A fragment is never sent."""
        through = self.services.get(service or "")
        if through and not through["use_inbound_webhook_on_number"]:
            return str(through["inbound_request_url"] or "").partition("#")[0]
        line = self.numbers.get(number, {})
        taken_over = line.get("sms_application_sid")
        return "" if taken_over else str(line.get("sms_url", "")).partition("#")[0]

    def status_address(self, service: str | None) -> str:
        through = self.services.get(service or "", {})
        return str(through.get("status_callback") or "").partition("#")[0]


class LinesApi:
    def __init__(self, twin: TwilioTwin, refused: type[Exception]) -> None:
        self._twin, self._refused = twin, refused

    def register(self, app: Flask) -> None:
        root = f"/{VERSION}/Accounts/<account>"
        for rule, view, methods in (
            (f"{root}.json", self._account, ["GET"]),
            (f"{root}/IncomingPhoneNumbers.json", self._numbers, ["GET"]),
            (f"{root}/IncomingPhoneNumbers/<sid>.json", self._number, ["GET", "POST"]),
            ("/v1/Services/<sid>", self._service, ["GET", "POST"]),
            ("/v1/Content/<sid>/ApprovalRequests", self._approval, ["GET"]),
        ):
            app.add_url_rule(rule, view.__name__, view, methods=methods)

    def _account(self, account: str) -> Response:
        return jsonify({"sid": account, "status": "active", "type": "Full"})

    def _numbers(self, **_: str) -> Response:
        if set(request.args) - {"PhoneNumber", "FriendlyName", "PageSize", "Page", "PageToken"}:
            raise self._refused(20001, "Unknown parameter")
        wanted = request.args.get("PhoneNumber", "")
        with self._twin.lock:
            found = [n for n in self._twin.lines.numbers.values() if wanted in n["phone_number"]]
        return jsonify({"incoming_phone_numbers": found, "next_page_uri": None})

    def _number(self, sid: str, **_: str) -> Response:
        with self._twin.lock:
            rows = self._twin.lines.numbers.values()
            return self._changed(next((n for n in rows if n["sid"] == sid), None), NUMBER)

    def _service(self, sid: str) -> Response:
        with self._twin.lock:
            return self._changed(self._twin.lines.services.get(sid), SERVICE)

    def _approval(self, sid: str) -> Response:
        known = sid in self._twin.contents
        row = (
            {"sid": sid, "whatsapp": {"type": "whatsapp", "status": "approved"}} if known else None
        )
        return self._changed(row, {})

    def _changed(self, row: Json | None, fields: Mapping[str, str]) -> Response:
        if row is None:
            raise self._refused(20404, f"The requested resource {request.path} was not found", 404)
        for name, value in request.form.items():
            if name not in fields:
                raise self._refused(20001, f"Unknown parameter {name}")
            if name.lower().endswith(("url", "callback")) and value:
                self._check_url(name, value)
            on_number = name == "UseInboundWebhookOnNumber"
            row[fields[name]] = value.lower() == "true" if on_number else value
        return jsonify(row)

    def _check_url(self, name: str, value: str) -> None:
        found = urlsplit(value)
        if found.scheme not in ("http", "https") or "_" in (found.hostname or "_"):
            raise self._refused(21402, f"{name} is not a valid URL")
