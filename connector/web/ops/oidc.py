"""Signing in elsewhere: OpenID Connect with a code, PKCE, state and nonce (OpenID Connect Core 1.0).

Authlib speaks the protocol and checks the token. What a browser keeps between leaving and coming back
is an `Attempt`, in a cookie of ten minutes: nothing is stored for somebody who never comes back.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Literal
from urllib.parse import urlsplit

import requests

SECONDS = 10  # for each call of the provider
LEEWAY = 60  # seconds by which its clock may be off
KNOWN_FOR = timedelta(hours=1)  # what it says of itself
# Those with a key pair: one that both sides know could be our own secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
LONGEST_COOKIE = 3000
EVERYBODY = "*"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Provider:
    """Who may sign in through it, and as what."""

    issuer: str  # without a / at its end
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    label: str  # on the button
    scopes: tuple[str, ...]
    roles_claim: str  # "groups", or a path as "realm_access.roles"
    name_claim: str
    operators: frozenset[str]
    viewers: frozenset[str]


@dataclass(frozen=True)
class Attempt:
    """What is compared when the browser comes back. `there`: the page that it wanted."""

    state: str
    nonce: str
    verifier: str
    there: str

    @classmethod
    def new(cls, there: str) -> Attempt:
        return cls(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48), there)

    def cookie(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def read(cls, cookie: str) -> Attempt | None:
        """None for anything that is no attempt."""
        try:
            told = json.loads(base64.urlsafe_b64decode(cookie[:LONGEST_COOKIE]))
            found = cls(**told)
        except (ValueError, TypeError):
            return None
        return found if all(isinstance(x, str) and x for x in asdict(found).values()) else None


@dataclass(frozen=True)
class Person:
    name: str
    role: Literal["viewer", "operator"]


class NotSignedIn(Exception):
    """The text is a sentence for whoever tried; `reason` is a word for the log."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class Unreachable(Exception):
    """The provider does not answer, or not as one."""


class Client:
    """Safe to use from several threads at once."""

    def __init__(self, provider: Provider, now: Callable[[], datetime]) -> None:
        self.provider = provider
        self._now = now
        self._lock = threading.Lock()
        self._told: tuple[datetime, Mapping[str, Any], Any] | None = None

    def begin(self, attempt: Attempt) -> str:
        """The address at the provider that the browser goes to. Raise Unreachable."""
        told, _ = self._known()
        with self._session() as session:
            url, _ = session.create_authorization_url(
                told["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    def finish(self, attempt: Attempt | None, given: Mapping[str, str]) -> Person:
        """Who came back. Raise NotSignedIn or Unreachable."""
        state = given.get("state", "")
        if attempt is None or not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise NotSignedIn("It took too long, or began elsewhere. Try again.", "state")
        if "error" in given:
            raise NotSignedIn(
                "The provider refused it. Try again, or with another account.", "error"
            )
        if not given.get("code"):
            raise NotSignedIn("The provider’s answer had no code in it. Try again.", "code")
        return self._person(self._claims(attempt, given["code"]))

    def _claims(self, attempt: Attempt, code: str) -> Mapping[str, Any]:
        from authlib.integrations.base_client.errors import OAuthError
        from authlib.oauth2.base import OAuth2Error
        from joserfc.errors import JoseError

        told, keys = self._known()
        try:
            with self._session() as session:
                got = session.fetch_token(
                    told["token_endpoint"], code=code, code_verifier=attempt.verifier,
                    grant_type="authorization_code", timeout=SECONDS, allow_redirects=False,
                )  # fmt: skip
            return self._checked(got, attempt, told["issuer"], keys)
        except (OAuthError, OAuth2Error):
            raise NotSignedIn("The provider did not take the code. Try again.", "token") from None
        except (JoseError, KeyError, TypeError, ValueError) as error:
            reason = type(error).__name__
            raise NotSignedIn("The provider’s answer is not valid. Try again.", reason) from None
        except requests.RequestException as error:
            raise Unreachable(type(error).__name__) from None

    def _checked(
        self, got: Mapping[str, Any], attempt: Attempt, issuer: str, keys: Any
    ) -> Mapping[str, Any]:
        """The claims of a token that was signed by the provider for us, now, and for this attempt."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError
        from joserfc.jws import JWSRegistry

        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        token = got["id_token"]
        try:
            read = jwt.decode(token, key=keys, registry=registry)
        except InvalidKeyIdError:  # it has a new key
            read = jwt.decode(token, key=self._known(again=True)[1], registry=registry)
        ours = {"nonce": attempt.nonce, "client_id": self.provider.client_id}
        expected = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
        }
        claims = CodeIDToken(read.claims, read.header, expected, ours)
        claims.validate(now=int(self._now().timestamp()), leeway=LEEWAY)
        return dict(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        name = _name(claims, self.provider.name_claim)
        has = {*_words(_claim(claims, self.provider.roles_claim)), EVERYBODY}
        if has & self.provider.operators:
            return Person(name, "operator")
        if has & self.provider.viewers:
            return Person(name, "viewer")
        text = f"You are {name} there, and nobody gave that account a role here (ops.auth.oidc)."
        raise NotSignedIn(text, f"no role for {name}")

    def _known(self, again: bool = False) -> tuple[Mapping[str, Any], Any]:
        """What the provider says of itself, and its keys. Raise Unreachable."""
        with self._lock:
            now, told = self._now(), self._told
            # A stranger's token must not make us ask at each of them.
            age = timedelta(minutes=1) if again else KNOWN_FOR
            if told is None or not timedelta() <= now - told[0] < age:
                told = self._told = (now, *self._asked())
            return told[1], told[2]

    def _asked(self) -> tuple[Mapping[str, Any], Any]:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        issuer = self.provider.issuer
        try:
            told = _get(f"{issuer}/.well-known/openid-configuration")
            if told["issuer"].rstrip("/") != issuer:  # some end with one
                raise Unreachable(f"it calls itself another issuer than {issuer}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _refuse_plain(told[name])
            return told, KeySet.import_key_set(_get(told["jwks_uri"]))
        except (requests.RequestException, JoseError, KeyError, TypeError, ValueError) as error:
            raise Unreachable(type(error).__name__) from None

    @contextmanager
    def _session(self) -> Iterator[Any]:
        from authlib.integrations.requests_client import OAuth2Session

        ours = self.provider
        session = OAuth2Session(
            ours.client_id, ours.client_secret, scope=" ".join(ours.scopes),
            redirect_uri=ours.redirect_uri, code_challenge_method="S256",
        )  # fmt: skip
        try:
            yield session
        finally:
            session.close()


def _get(url: str) -> Any:
    answer = requests.get(url, timeout=SECONDS)
    answer.raise_for_status()
    return answer.json()


def _refuse_plain(url: str) -> None:
    """Codes and secrets go over TLS, except on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise Unreachable("it names an address without TLS")


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """By its name, else by its path through what is nested."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _words(value: Any) -> set[str]:
    """One role, or several in a list. `*` means everybody and is nobody's role."""
    given = value if isinstance(value, list) else [value]
    return {each for each in given if isinstance(each, str)} - {EVERYBODY}


def _name(claims: Mapping[str, Any], wanted: str) -> str:
    """For the log: printable, and never empty. It opens nothing; roles do."""
    for claim in (wanted, "preferred_username", "sub"):
        name = "".join(c for c in str(claims.get(claim) or "")[:100] if c.isprintable()).strip()
        if name:
            return name
    return "somebody"
