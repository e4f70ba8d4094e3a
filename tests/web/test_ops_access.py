"""Who may see the dashboard and act on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from connector.errors import StorageUnavailable
from connector.storage import ops as store
from connector.storage.engine import Database
from connector.storage.tables import audit, ops_sessions
from connector.web.ops.accounts import hash_of, right
from tests.pipeline.rig import Rig
from tests.web.ops_given import PASSWORD, accounts, application, client, sign_in, token

HERE = {"Origin": "http://localhost"}
OPEN = {"ops.static", "ops.sign_in", "ops.try_to_sign_in"}


@pytest.fixture
def rig(db: Database) -> Rig:
    return Rig(db)


@pytest.fixture
def asks(rig: Rig) -> FlaskClient:
    return client(rig, accounts())


def routes(rig: Rig) -> list[tuple[str, str, str]]:
    """Every rule of the dashboard with each of its methods, filled in."""
    rules = application(rig, accounts()).url_map.iter_rules()
    return [
        (rule.endpoint, method, rule.rule.replace("<path:_>", "none").replace("<wanted>", "c1")
         .replace("<path:filename>", "css/base.css"))
        for rule in rules
        if rule.endpoint.startswith("ops.")
        for method in sorted((rule.methods or set()) - {"OPTIONS"})
    ]  # fmt: skip


def said(rig: Rig) -> list[tuple[str, str, str]]:
    asked = select(audit.c.account, audit.c.action, audit.c.subject).order_by(audit.c.id)
    return [tuple(row) for row in rig.db.read(lambda c: c.execute(asked).all())]


def test_anonymous_at_every_route_is_401_or_led_to_sign_in(rig: Rig, asks: FlaskClient) -> None:
    found = routes(rig)
    assert len(found) > 15
    for endpoint, method, path in found:
        answer = asks.open(path, method=method, headers=HERE, buffered=True)
        if endpoint in OPEN:
            assert answer.status_code in (200, 403), path  # 403: a form without its token
        elif method in ("GET", "HEAD"):
            assert answer.status_code == 303, path
            assert answer.headers["Location"].startswith("/ops/sign-in?next="), path
        else:
            assert answer.status_code == 401, path
    assert asks.get("/ops/", headers={"HX-Request": "true"}).status_code == 401


def test_a_form_needs_its_token_its_own_origin_and_an_operator(rig: Rig, asks: FlaskClient) -> None:
    posts = [p for _, method, p in routes(rig) if method == "POST"]
    assert len(posts) >= 10
    sign_in(asks, "ana")
    good = token(asks.get("/ops/"))
    for path in posts:
        for data, headers in (
            ({}, HERE),
            ({"token": "0" * 64}, HERE),
            ({"token": good}, {"Origin": "https://evil.example"}),
            ({"token": good}, {"Origin": "null"}),
            ({"token": good}, {"Sec-Fetch-Site": "cross-site"}),
        ):
            assert asks.post(path, data=data, headers=headers).status_code == 403, (path, data)
    other = client(rig, accounts())
    sign_in(other, "vic")
    bad = other.post("/ops/buried/call-1/drop", data={"token": good}, headers=HERE)
    assert bad.status_code == 403  # another session's
    own = token(other.get("/ops/"))
    for path in posts:
        if "sign" not in path:
            answer = other.post(path, data={"token": own}, headers=HERE)
            assert answer.status_code == 403
            assert "An operator can do this" in answer.text
    answer = asks.post("/ops/buried/call-1/drop", data={"token": good}, headers=HERE)
    assert answer.status_code == 409  # let through: there is no such thing
    public = {"Origin": "https://connector.example.com"}
    assert asks.post("/ops/buried/x/drop", data={"token": good}, headers=public).status_code == 409


def test_signing_in_and_out(rig: Rig, asks: FlaskClient) -> None:
    wrong = sign_in(asks, "ana", "wrong")
    assert wrong.status_code == 401
    assert "do not go together" in wrong.text
    assert sign_in(asks, "no\0body").status_code == 401
    answer = sign_in(asks, "ana")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops/")
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert asks.get("/ops/").status_code == 200
    page = asks.get("/ops/log")
    for words in ("ana", "was refused", "signed in"):
        assert words in page.text
    stored = rig.db.read(lambda c: c.execute(select(ops_sessions.c.digest)).scalars().all())
    assert len(stored) == 1
    assert stored[0] not in cookie
    old = asks.get_cookie("connector_ops")
    assert old is not None
    out = asks.post("/ops/sign-out", data={"token": token(page)}, headers=HERE)
    assert out.headers["Location"] == "/ops/sign-in"
    asks.set_cookie("connector_ops", old.value)
    assert asks.get("/ops/").status_code == 303  # what was copied is worth nothing any more
    assert [x[:2] for x in said(rig)] == [
        ("ana", "sign_in_refused"), ("nobody", "sign_in_refused"), ("ana", "sign_in"),
        ("ana", "sign_out"),
    ]  # fmt: skip


def test_a_session_ends_with_its_time_and_with_its_account(rig: Rig, asks: FlaskClient) -> None:
    sign_in(asks, "ana")
    cookie = asks.get_cookie("connector_ops")
    assert cookie is not None
    without = client(rig, {k: v for k, v in accounts().items() if k != "ana"})
    without.set_cookie("connector_ops", cookie.value)
    assert without.get("/ops/").status_code == 303
    rig.at += timedelta(hours=11, minutes=59)
    assert asks.get("/ops/").status_code == 200
    rig.at += timedelta(minutes=1)
    assert asks.get("/ops/").status_code == 303


def test_cookies_elsewhere_are_for_tls_alone(rig: Rig) -> None:
    asks = application(rig, accounts()).test_client()
    page = asks.get("/ops/sign-in", base_url="https://connector.example.com")
    assert "__Host-connector_ops_form=" in page.headers["Set-Cookie"]
    assert "Secure" in page.headers["Set-Cookie"]


def test_guessing_is_slowed_down(rig: Rig, asks: FlaskClient) -> None:
    found = [sign_in(asks, "ana", f"guess {n}").status_code for n in range(12)]
    assert found == [401] * 10 + [429] * 2
    assert (
        sign_in(client(rig, accounts()), "vic").status_code == 303
    )  # another account's door is open
    rig.at += timedelta(minutes=1)
    assert sign_in(asks, "ana").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/ops/buried", "/ops/buried"),
        ("https://evil.example/", "/ops/"),
        ("//evil.example/ops/", "/ops/"),
        ("/\\evil.example", "/ops/"),
        ("/ops/\\evil", "/ops/"),
        ("/ops/x\r\nSet-Cookie: a=b", "/ops/"),
        ("javascript:alert(1)", "/ops/"),
    ],
)
def test_after_signing_in_one_stays_here(asks: FlaskClient, wanted: str, there: str) -> None:
    page = asks.get("/ops/sign-in", query_string={"next": wanted})
    form = {"token": token(page), "name": "ana", "password": PASSWORD, "next": wanted}
    answer = asks.post("/ops/sign-in", data=form, headers=HERE)
    assert answer.headers["Location"] == there


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "192.0.2.7"}, 403),
        ({"REMOTE_ADDR": ""}, 403),
        ({"HTTP_HOST": "connector.example.com"}, 403),
        ({"HTTP_HOST": "rebound.example:8000"}, 403),
        ({"HTTP_X_FORWARDED_FOR": "192.0.2.7"}, 403),
        ({"HTTP_FORWARDED": "for=192.0.2.7"}, 403),
        ({"HTTP_VIA": "1.1 proxy"}, 403),
        ({"SERVER_PROTOCOL": "HTTP/1.0"}, 403),
    ],
)
def test_without_accounts_it_is_for_this_machine_alone(
    rig: Rig, more: dict[str, str], status: int
) -> None:
    asks = client(rig)
    for path in ("/ops/", "/ops/configuration", "/ops/static/css/base.css"):
        answer = asks.get(path, environ_overrides=more, buffered=True)
        assert answer.status_code == status
    if status == 403:
        assert "ops.auth" in asks.get("/ops/", environ_overrides=more).text


def test_headers(asks: FlaskClient) -> None:
    for path in ("/ops/sign-in", "/ops/", "/ops/none", "/ops/static/css/base.css"):
        headers = asks.get(path, buffered=True).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


def test_no_database_no_page(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(work: object) -> None:
        raise StorageUnavailable("OperationalError")

    asks = client(rig)
    monkeypatch.setattr(rig.db, "read", gone)
    answer = asks.get("/ops/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "database does not answer" in answer.text


def test_only_the_right_password_is_right() -> None:
    known = accounts()
    assert known["ana"].password_hash.startswith("$argon2id$")
    found = right(known, "ana", PASSWORD)
    assert found is not None
    assert found.role == "operator"
    assert hash_of("x") != hash_of("x")
    for name, password in (("ana", ""), ("ana", PASSWORD + " "), ("none", PASSWORD), ("", "")):
        assert right(known, name, password) is None


def test_a_session_is_found_by_its_cookie_alone(rig: Rig) -> None:
    now = rig.at
    rig.db.write(
        lambda c: store.begin(c, "cookie", store.Session("ana"), now, now + timedelta(hours=1))
    )
    for cookie, whose in (
        ("cookie", store.Session("ana")),
        (store.digest("cookie"), None),
        ("", None),
    ):
        assert rig.db.read(lambda c, x=cookie: store.session_of(c, x, now)) == whose  # type: ignore[misc]
