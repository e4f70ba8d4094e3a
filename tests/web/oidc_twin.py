"""A provider of OpenID Connect over real HTTP, which checks what it is sent as a strict one does.

It shares no code with what it tests: tokens are made by hand, on `cryptography` alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as Answer

CLIENT, SECRET = "connector", "a secret of two"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Twin:
    """`person` signs in at once; tests change what it tells of itself."""

    now: Callable[[], datetime]
    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  # instead of the right ones
    header: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[bytes], bytes] | None = None
    down: bool = False
    keys: list[rsa.RSAPrivateKey] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.new_key()

    def new_key(self) -> None:
        self.keys.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def reset(self) -> None:
        self.person, self.claims, self.header = {"sub": "1"}, {}, {}
        self.sign, self.down = None, False
        self.seen.clear()
        self.faults.clear()

    def jwks(self) -> dict[str, Any]:
        number = len(self.keys)
        public = self.keys[-1].public_key().public_numbers()
        parts = {n: b64(v.to_bytes((v.bit_length() + 7) // 8)) for n, v in
                 (("n", public.n), ("e", public.e))}  # fmt: skip
        return {
            "keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": f"k{number}", **parts}]
        }

    def id_token(self, nonce: str) -> str:
        at = int(self.now().timestamp())
        told = {"iss": self.url, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": nonce}
        told |= self.person | self.claims
        header = {"alg": "RS256", "kid": f"k{len(self.keys)}", "typ": "JWT"} | self.header
        signed = ".".join(b64(json.dumps(x).encode()) for x in (header, told))
        return f"{signed}.{b64((self.sign or self._rs256)(signed.encode()))}"

    def _rs256(self, text: bytes) -> bytes:
        return self.keys[-1].sign(text, padding.PKCS1v15(), hashes.SHA256())

    def exchange(self) -> Response | tuple[Response, int]:
        form, auth = request.form, request.authorization
        known = self.codes.pop(form.get("code", ""), None)  # once
        verifier = form.get("code_verifier", "")
        challenge = b64(hashlib.sha256(verifier.encode()).digest())
        if auth is None or (auth.username, auth.password) != (CLIENT, SECRET):
            self.faults.append("client")
        elif known is None:
            self.faults.append("code")
        elif challenge != known["code_challenge"]:
            self.faults.append("verifier")
        elif form.get("redirect_uri") != known["redirect_uri"]:
            self.faults.append("redirect_uri")
        else:
            token = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
            return jsonify(token | {"id_token": self.id_token(known["nonce"])})
        return jsonify({"error": "invalid_grant"}), 400


def application(twin: Twin) -> Flask:
    app = Flask(__name__)

    @app.before_request
    def note() -> tuple[str, int] | None:
        twin.seen.append(request.path)
        return ("", 503) if twin.down else None

    @app.get("/.well-known/openid-configuration")
    def told() -> Response:
        return jsonify({
            "issuer": twin.url, "authorization_endpoint": f"{twin.url}/authorize",
            "token_endpoint": f"{twin.url}/token", "jwks_uri": f"{twin.url}/jwks",
        })  # fmt: skip

    @app.get("/authorize")
    def authorize() -> Answer:
        given = dict(request.args)
        if given.get("response_type") != "code" or given.get("client_id") != CLIENT:
            twin.faults.append("request")
        if given.get("code_challenge_method") != "S256" or "openid" not in given["scope"]:
            twin.faults.append("pkce")
        code = b64(hashlib.sha256(given["state"].encode()).digest())
        twin.codes[code] = given
        return redirect(
            f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}"
        )

    app.add_url_rule("/token", view_func=twin.exchange, methods=["POST"])
    app.add_url_rule("/jwks", "jwks", lambda: jsonify(twin.jwks()))
    return app


@contextmanager
def running(twin: Twin) -> Iterator[Twin]:
    server = make_server("127.0.0.1", 0, application(twin), threaded=True)
    twin.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield twin
    server.shutdown()
    thread.join()
    server.server_close()
