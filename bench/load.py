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

PATH = "/webhooks/channels/sms"
_own = local()


def main() -> None:
    told = json.load(sys.stdin)
    total, rate = told["rate"] * told["seconds"], told["rate"]
    begin = time.perf_counter() + 0.5
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda n: _post(told, n, begin + n / rate), range(total)))
    json.dump(
        {"waits": [w for w, _ in waits], "refused": sum(s != 200 for _, s in waits)}, sys.stdout
    )


def _post(told: dict[str, Any], number: int, when: float) -> tuple[float, int]:
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": told["account"],
        "From": f"+1303{number:07}",
        "To": told["number"],
        "Body": "Where is my parcel?",
        "NumMedia": "0",
    }
    signed = told["url"] + PATH + "".join(k + form[k] for k in sorted(form))
    digest = hmac.new(told["token"].encode(), signed.encode(), hashlib.sha1).digest()
    headers = {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
        _own.session.trust_env = False
    time.sleep(max(when - time.perf_counter(), 0))
    began = time.perf_counter()
    answer = _own.session.post(told["url"] + PATH, urlencode(form), headers=headers, timeout=30)
    return time.perf_counter() - began, answer.status_code


if __name__ == "__main__":
    main()
