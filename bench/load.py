"""An even load of signed webhooks, from a process of its own; says how long each waited."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any
from urllib.parse import urlencode

import requests

from connector.sandbox.stage import Stage

PATH = "/webhooks/channels/sms"
_own = local()


def main() -> None:
    told = json.load(sys.stdin)
    total, rate = told["rate"] * told["seconds"], told["rate"]
    begin = time.perf_counter() + 0.5
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda n: _post(told, n, begin + n / rate), range(total)))
    json.dump(
        {
            "waits": [w for w, _, _ in waits],
            "sent_at": [at for _, _, at in waits],
            "refused": sum(status != 200 for _, status, _ in waits),
        },
        sys.stdout,
    )


def told(stage: Stage) -> dict[str, Any]:
    """What a load of webhooks needs to know."""
    return {
        "url": stage.connector,
        "account": stage.twilio.account_sid,
        "token": stage.twilio.auth_token,
        "number": stage.twilio.number,
    }


def signed(told: dict[str, Any], number: int, customer: str) -> requests.PreparedRequest:
    """A customer's message as Twilio would post it."""
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": told["account"],
        "From": customer,
        "To": told["number"],
        "Body": f"Where is my parcel? n{number}.",
        "NumMedia": "0",
    }
    text = told["url"] + PATH + "".join(k + form[k] for k in sorted(form))
    digest = hmac.new(told["token"].encode(), text.encode(), hashlib.sha1).digest()
    headers = {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return requests.Request("POST", told["url"] + PATH, headers, data=urlencode(form)).prepare()


def _post(told: dict[str, Any], number: int, when: float) -> tuple[float, int, float]:
    request = signed(told, number, f"+1303{number:07}")
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
    time.sleep(max(when - time.perf_counter(), 0))
    at, began = time.time(), time.perf_counter()
    answer = _own.session.send(request, timeout=30)
    return time.perf_counter() - began, answer.status_code, at


if __name__ == "__main__":
    main()
