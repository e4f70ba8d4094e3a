"""Whatever is asked of whichever route: a sentence, never a 5xx, and nothing is done by half."""

from __future__ import annotations

import socket
import threading
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from connector.domain.ids import Address, conversation_id
from connector.storage import tables
from connector.storage.engine import Database
from connector.web.server import listen
from tests.pipeline.rig import Rig
from tests.web.ops_given import HTTP11, accounts, application, sign_in, token
from tests.web.ops_routes import HERE, asked_for, routes

MANY = 10**7  # bytes
# Another installation's: known to it, and nothing here.
ELSEWHERE = conversation_id("another-companys", Address("+15550999"))
BAD = (
    "", "x", "-1", "9" * 20, "9" * 5000, "2026-13", "2026-02-30", "9999-12-31", "0001-01-01",
    "1999-12", "2101-01", "٣", "a\0b", "x" * 30_000, "../../../etc/passwd", "' OR 1=1 --", "%",
    "🦆" * 60, "\r\nSet-Cookie: a=b", "<script>", "0001-01-01T00:00:00+14:00",
    "2026-11-24T00:00:00", ELSEWHERE, f"call-{'9' * 30}", f"event-{'9' * 5000}", "call-٣", "call-7",
)  # fmt: skip
REFUSED = (400, 403, 404, 409, 413)


@pytest.fixture
def rig(db: Database) -> Rig:
    rig = Rig(db)
    rig.texts_in("I want to talk to a human please")
    rig.passes(5)
    return rig


@pytest.fixture
def app(rig: Rig) -> Flask:
    return application(rig, accounts())


@pytest.fixture
def ana(app: Flask) -> FlaskClient:
    made = app.test_client()
    made.environ_base |= HTTP11
    assert sign_in(made, "ana").status_code == 303
    return made


def stored(rig: Rig) -> dict[str, int]:
    """How many rows there are of what an order writes."""
    counted = ("inbox", "outbox", "audit", "conversations", "episodes", "messages", "timers")
    found = [select(func.count()).select_from(tables.metadata.tables[name]) for name in counted]
    return rig.db.read(
        lambda c: {name: c.execute(x).scalar_one() for name, x in zip(counted, found, strict=True)}
    )


def test_no_value_of_any_argument_of_any_route_is_a_fault(
    rig: Rig, app: Flask, ana: FlaskClient
) -> None:
    good = token(ana.get("/ops/"))
    names = asked_for(app, ana, good)
    assert {"by", "at", "page", "topic", "who"} < set().union(
        *(arguments for _, arguments in names)
    )
    before, tried = stored(rig), 0
    for route, arguments in names:
        if "sign_in" in route.endpoint:  # it leads on who is in already
            continue
        for name in sorted(arguments):
            for value in BAD:
                query = urlencode({name: value}, errors="surrogatepass")
                if route.method == "GET":
                    answer = ana.get(f"{route.path()}?{query}")
                else:
                    form = {"token": good, name: value}
                    answer = ana.post(route.path(), data=form, headers=HERE)
                case = (route.endpoint, name, value[:40])
                assert answer.status_code in (200, *REFUSED), (answer.status_code, case)
                assert "<h1>" in answer.text, case
                if answer.status_code != 200:
                    assert "<p>" in answer.text, case  # what is wrong, in a sentence
                tried += 1
    assert tried > 500
    assert stored(rig) == before


def test_no_id_of_any_route_is_a_fault_and_nothing_happens(
    rig: Rig, app: Flask, ana: FlaskClient
) -> None:
    good = token(ana.get("/ops/"))
    before = stored(rig)
    for route in (r for r in routes(app) if r.rule.arguments):
        for value in BAD:
            if "/" in value or not value:  # another route's
                continue
            path = route.path(quote(value, safe=""))
            form = {"token": good, "sure": "yes"} if route.method == "POST" else None
            answer = ana.open(path, method=route.method, data=form, headers=HERE, buffered=True)
            case = (answer.status_code, route.endpoint, value[:40])
            assert answer.status_code in REFUSED, case
            # A path: has no line break in it, so that it is nobody's: the application's own 404.
            ours = "path:" not in route.rule.rule or "\n" not in value
            assert ("<h1>" in answer.text) == ours, case
    assert stored(rig) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_form_of_ten_megabytes_is_too_large_for_every_route(app: Flask, ana: FlaskClient) -> None:
    good = token(ana.get("/ops/"))
    for route in (r for r in routes(app) if r.method == "POST"):
        form = {"token": good, "x": "x" * MANY}
        assert ana.post(route.path(), data=form, headers=HERE).status_code == 413, route.endpoint


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_query_of_ten_megabytes_is_refused_over_the_wire(rig: Rig, app: Flask) -> None:
    """To every route, by the server that runs in production, which goes on as if nothing were."""
    listener = listen(app, "127.0.0.1", 0)
    listener.start()
    try:
        for path in sorted({route.path() for route in routes(app)}):
            said = asked(listener.port, f"{path}?topic=".encode() + b"x" * MANY)
            assert b" 431 Request Header Fields Too Large\r\n" in said[:60], path
            assert b"exceeds max_header" in said
        said = asked(listener.port, b"/ops/sign-in")
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    finally:
        listener.stop()


def asked(port: int, target: bytes) -> bytes:
    """What is answered; all of it is sent, as far as the other side takes it."""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        request = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

        def send() -> None:
            try:
                client.sendall(request)
            except OSError:  # refused, before all of it was there
                return

        sending = threading.Thread(target=send)
        sending.start()
        said = b""
        try:
            while chunk := client.recv(65536):
                said += chunk
        except ConnectionResetError:
            pass
        sending.join(10)
        return said
