"""Who may see the dashboard, and what a browser is told about it."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from secrets import token_urlsafe
from typing import Literal
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from connector.storage import ops as store
from connector.web.ops.parts import Dashboard, Viewer

_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_OPEN = frozenset({"ops.sign_in", "ops.try_to_sign_in", "ops.leave", "ops.back", "ops.static"})
_FOR_VIEWERS = frozenset({"ops.sign_out", "ops.try_to_sign_in"})
# What a proxy adds to a request that it passes on.
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
              "Via")  # fmt: skip
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer browsers name no origin with a form, and the forms would be refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SESSION, SEED = "connector_ops", "connector_ops_form"
LOCAL = Viewer("this machine", "operator", signed_in=False)


def install(blueprint: Blueprint, dashboard: Dashboard) -> None:
    """Refuse whoever may not before any route runs, and put the headers on every answer."""

    def refuse() -> Answer | None:
        g.viewer = _viewer(dashboard)
        if "\0" in request.path:  # no id has one, and Postgres takes it for a fault of ours
            abort(404, "There is no such page.")
        if request.endpoint in _OPEN and request.method in ("GET", "HEAD"):
            return None
        if request.method not in ("GET", "HEAD"):
            _refuse_other_sites(dashboard)
        if g.viewer is None and request.endpoint not in _OPEN:
            return _to_sign_in()
        if request.method not in ("GET", "HEAD"):
            _refuse_without_token()
            if request.endpoint not in _FOR_VIEWERS and not g.viewer.may_act:
                abort(403, "Your account may look, and not act. An operator can do this.")
        return None

    blueprint.before_request(refuse)
    blueprint.after_request(_finish)


def _viewer(dashboard: Dashboard) -> Viewer | None:
    accounts = dashboard.ops.accounts
    if accounts is None:
        _refuse_strangers()
        return LOCAL
    cookie = request.cookies.get(cookie_name(SESSION))
    if not cookie or request.endpoint == "ops.static":
        return None
    now = dashboard.parts.now()
    found = dashboard.parts.db.read(lambda c: store.session_of(c, cookie, now))
    if found is None:
        return None
    if found.kind is not None:  # for as long as one may sign in there
        role: Literal["viewer", "operator"] = "operator" if found.role == "operator" else "viewer"
        return Viewer(found.account, role, signed_in=True) if dashboard.ops.oidc else None
    account = accounts.get(found.account)
    return Viewer(account.name, account.role, signed_in=True) if account else None


def from_here() -> bool:
    """Whether who asks sits at this machine, calls it by its own name, and came through no proxy."""
    here = ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - not an address to bind
    # A web site can point a name of its own at 127.0.0.1; the Host header still carries that name.
    named = _hostname(f"//{request.host}") in _NAMES
    # nginx, unless told otherwise, names this machine as the host and adds nothing; but it speaks 1.0.
    old = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return here and named and not old and not any(name in request.headers for name in _PASSED_ON)


def _refuse_strangers() -> None:
    """Without accounts it is for this machine only."""
    if not from_here():
        abort(403, "Without ops.auth the dashboard is for this machine only: open it there as "
                   "http://127.0.0.1 or http://localhost, or set ops.auth.")  # fmt: skip


def _refuse_other_sites(dashboard: Dashboard) -> None:
    origin = request.headers.get("Origin")
    if origin is None:  # not a browser: every browser names the origin of a POST
        ours = request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
    else:
        host = origin.partition("://")[2]
        ours = host in (request.host, dashboard.ops.public_host)
    if not ours:
        abort(403, "Only the dashboard itself may do this.")


def _refuse_without_token() -> None:
    given = request.headers.get("X-Form-Token") or request.form.get("token", "")
    if not hmac.compare_digest(given.encode(), form_token().encode()):
        abort(403, "The form was too old. Go back, load the page again, and try once more.")


def form_token() -> str:
    """Bound to the session; without one, to a cookie that only our own pages can read back."""
    seed = (
        request.cookies.get(cookie_name(SESSION))
        if g.get("viewer") and g.viewer.signed_in
        else None
    )
    seed = seed or request.cookies.get(cookie_name(SEED)) or _fresh_seed()
    return hmac.new(seed.encode(), b"form", "sha256").hexdigest()


def _fresh_seed() -> str:
    if "seed" not in g:
        g.seed = token_urlsafe(32)
    found: str = g.seed
    return found


def _to_sign_in() -> Answer:
    if request.method not in ("GET", "HEAD") or "HX-Request" in request.headers:
        abort(401, "You are signed out. Sign in again.")
    there = request.full_path.rstrip("?")
    return redirect(url_for("ops.sign_in", next=there), 303)


def safe_next(wanted: str) -> str:
    """A page of the dashboard, whatever was asked for."""
    fine = wanted.startswith("/ops/") and "\\" not in wanted and wanted.isprintable()
    return wanted if fine else url_for("ops.today")


def is_secure() -> bool:
    """Browsers talk to this machine without TLS; to any other name only with it."""
    return _hostname(f"//{request.host}") not in _NAMES


def cookie_name(name: str) -> str:
    return f"__Host-{name}" if is_secure() else name


def set_cookie(response: Answer, name: str, value: str, seconds: int | None = None) -> None:
    response.set_cookie(
        cookie_name(name), value, max_age=seconds, httponly=True, samesite="Lax",
        secure=is_secure(), path="/",
    )  # fmt: skip


def drop_cookie(response: Answer, name: str) -> None:
    response.delete_cookie(cookie_name(name), secure=is_secure(), httponly=True, samesite="Lax")


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _finish(response: Response) -> Response:
    response.headers.update(_HEADERS)
    fixed = request.endpoint == "ops.static"
    response.headers["Cache-Control"] = "no-cache" if fixed else "no-store"
    if "seed" in g:
        set_cookie(response, SEED, g.seed)
    return response
