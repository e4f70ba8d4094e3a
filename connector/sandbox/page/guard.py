"""Who may talk to the page: this machine, under its own name, from the page itself."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def install(app: Flask) -> None:
    """Refuse every other caller before any route runs, and put the headers on every answer."""
    app.before_request(_refuse_strangers)
    app.after_request(_add_headers)


def _refuse_strangers() -> None:
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104 - not an address to bind
        abort(403, "This page is for this machine only.")
    # A web site can point a name of its own at 127.0.0.1; the Host header still carries that name.
    if _hostname(f"//{request.host}") not in _NAMES:
        abort(403, "Open this page as http://127.0.0.1 or http://localhost.")
    if request.method not in {"GET", "HEAD"} and not _same_origin():
        abort(403, "Only the page itself may do this.")


def _same_origin() -> bool:
    origin = request.headers.get("Origin")
    if origin is None:  # not a browser: every browser names the origin of a POST and a DELETE
        return request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}
    return origin == request.host_url.rstrip("/")


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _add_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response
