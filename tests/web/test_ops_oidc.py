"""Signing in elsewhere, against a provider over HTTP: who gets in, and all the ways in which one does not."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from connector.storage import engine, schema
from connector.storage.tables import audit
from connector.web.app import Web, create_app
from connector.web.ops.oidc import Attempt, Provider
from tests.pipeline.rig import Rig
from tests.web.oidc_twin import CLIENT, SECRET, Twin, running
from tests.web.ops_given import HTTP11, ops, sign_in, token
from tests.web.ops_given import accounts as local

PUBLIC = "connector.example.com"
BASE = f"https://{PUBLIC}"
BACK = "/ops/sign-in/oidc/back"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, Twin]]:
    """One database and one provider for all: what a test does not say is as it was."""
    file: Path = tmp_path_factory.mktemp("oidc") / "connector.db"
    db = engine.connect(f"sqlite:///{file}")
    schema.migrate(db)
    rig = Rig(db)
    with running(Twin(lambda: rig.at)) as twin:
        yield rig, twin
    db.close()


@pytest.fixture
def rig(world: tuple[Rig, Twin]) -> Rig:
    world[0].at += timedelta(hours=2)  # what was known of the provider is asked again
    return world[0]


@pytest.fixture
def twin(world: tuple[Rig, Twin], rig: Rig) -> Twin:
    world[1].reset()
    return world[1]


def provider(twin: Twin, **more: Any) -> Provider:
    given: dict[str, Any] = {
        "issuer": twin.url, "client_id": CLIENT, "client_secret": SECRET,
        "redirect_uri": f"{BASE}{BACK}", "label": "Acme", "scopes": ("openid", "email"),
        "roles_claim": "groups", "name_claim": "email",
        "operators": frozenset({"leads"}), "viewers": frozenset({"support"}),
    }  # fmt: skip
    return Provider(**given | more)


def browser(rig: Rig, found: Provider | None, accounts: Any = None) -> FlaskClient:
    from dataclasses import replace

    given = replace(ops(accounts if accounts is not None else {}), oidc=found)
    asks = create_app(Web(rig.parts, BASE, dict, ops=given)).test_client()
    asks.environ_base |= HTTP11
    return asks


def leave(asks: FlaskClient, there: str = "") -> str:
    """To the provider, and from it back: the address that it sends the browser to."""
    away = asks.get("/ops/sign-in/oidc", query_string={"next": there}, base_url=BASE)
    assert away.status_code == 303, away.text
    answer = requests.get(away.headers["Location"], allow_redirects=False, timeout=5)
    back: str = answer.headers["Location"]
    assert back.startswith(f"{BASE}{BACK}?")
    return back.removeprefix(BASE)


def come_back(asks: FlaskClient, there: str = "") -> TestResponse:
    return asks.get(leave(asks, there), base_url=BASE)


def noted(rig: Rig) -> list[tuple[str, str, str, str]]:
    a = audit.c
    asked = select(a.account, a.action, a.subject, a.came_to).order_by(a.id.desc()).limit(1)
    return [tuple(row) for row in rig.db.read(lambda c: c.execute(asked).all())]


@pytest.mark.parametrize(
    ("person", "changes", "name", "role"),
    [
        ({"email": "ana@acme.example", "groups": ["x", "leads"]}, {}, "ana@acme.example", "operator"),
        ({"email": "bo@acme.example", "groups": "support"}, {}, "bo@acme.example", "viewer"),
        ({"groups": ["support", "leads"]}, {}, "1", "operator"),
        ({"preferred_username": "cy\n\x00"}, {"viewers": frozenset({"*"})}, "cy", "viewer"),
        ({"realm_access": {"roles": ["leads"]}}, {"roles_claim": "realm_access.roles"}, "1", "operator"),
        ({"https://x.example/roles": ["leads"]}, {"roles_claim": "https://x.example/roles"}, "1",
         "operator"),
    ],
)  # fmt: skip
def test_who_has_a_role_there_is_in(
    rig: Rig, twin: Twin, person: dict[str, Any], changes: dict[str, Any], name: str, role: str
) -> None:
    twin.person |= person
    asks = browser(rig, provider(twin, **changes))
    page = asks.get("/ops/sign-in", base_url=BASE)
    assert "Sign in with Acme" in page.text
    assert "Password" not in page.text
    answer = come_back(asks, "/ops/buried")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops/buried")
    page = asks.get("/ops/", base_url=BASE)
    assert (page.status_code, f"{name} <small>{role}</small>" in page.text) == (200, True)
    assert noted(rig) == [(name, "sign_in", "", role)]
    form = {"token": token(page)}
    act = asks.post("/ops/buried/x/drop", data=form, base_url=BASE, headers={"Origin": BASE})
    assert act.status_code == (409 if role == "operator" else 403)
    assert twin.faults == []
    # Switched off, it opens nothing any more.
    cookie = asks.get_cookie("__Host-connector_ops", PUBLIC)
    assert cookie is not None
    other = browser(rig, None, local())
    other.set_cookie("__Host-connector_ops", cookie.value, domain=PUBLIC, secure=True)
    assert other.get("/ops/", base_url=BASE).status_code == 303


def _plain(twin: Twin) -> None:
    twin.header, twin.sign = {"alg": "none"}, lambda text: b""


def _shared(twin: Twin) -> None:
    twin.header = {"alg": "HS256"}
    twin.sign = lambda text: hmac.digest(SECRET.encode(), text, hashlib.sha256)


def _claims(**told: Any) -> Callable[[Twin], None]:
    return lambda twin: twin.claims.update(told)


@pytest.mark.parametrize(
    "wrong",
    [
        _plain,
        _shared,
        lambda twin: setattr(twin, "sign", lambda text: b"x" * 256),
        lambda twin: twin.header.update({"kid": "another"}),
        _claims(nonce="another"),
        _claims(nonce=None),
        _claims(aud="another"),
        _claims(aud=["another", CLIENT]),  # for somebody else, who is not named
        _claims(iss="https://evil.example"),
        _claims(exp=1),
        _claims(exp=None),
        _claims(groups=["customers"]),
        _claims(groups=None),
        _claims(groups={"leads": True}),
        _claims(groups=["*"]),
    ],
)  # fmt: skip
def test_who_has_no_valid_token_or_no_role_is_out(
    rig: Rig, twin: Twin, wrong: Callable[[Twin], None]
) -> None:
    twin.person["groups"] = ["leads"]
    wrong(twin)
    asks = browser(rig, provider(twin))
    answer = come_back(asks)
    assert answer.status_code == 401
    assert "Sign in with Acme" in answer.text
    assert asks.get("/ops/", base_url=BASE).status_code == 303
    assert noted(rig)[0][:2] == ("oidc", "sign_in_refused")


def test_a_way_back_is_good_once_in_one_browser_and_for_ten_minutes(rig: Rig, twin: Twin) -> None:
    twin.person["groups"] = ["leads"]
    asks, stranger = browser(rig, provider(twin)), browser(rig, provider(twin))
    leave(stranger)
    back = leave(asks)
    assert stranger.get(back, base_url=BASE).status_code == 401  # another's attempt
    assert twin.faults == []  # the code was not even tried
    changed = back.replace("state=", "state=x")
    fresh = browser(rig, provider(twin))
    assert fresh.get(changed, base_url=BASE).status_code == 401
    assert fresh.get(back, base_url=BASE).status_code == 401  # no cookie
    assert asks.get(back, base_url=BASE).status_code == 303
    assert asks.get(back, base_url=BASE).status_code == 401  # a second time
    for query in ("", "?state=", "?error=access_denied", f"{back.partition('&')[0]}"):
        assert (
            asks.get(f"{BACK}{query}".replace(BACK + BACK, BACK), base_url=BASE).status_code == 401
        )
    for bad in ("", "x", "e30=", Attempt("a", "b", "", "c").cookie(), "A" * 9000):
        assert Attempt.read(bad) is None
    made = Attempt.new("/ops/")
    assert Attempt.read(made.cookie()) == made


def test_a_refusal_there_and_a_hostile_next_page(rig: Rig, twin: Twin) -> None:
    twin.person["groups"] = ["leads"]
    asks = browser(rig, provider(twin))
    away = asks.get("/ops/sign-in/oidc", base_url=BASE)
    state = away.headers["Location"].partition("&state=")[2].partition("&")[0]
    denied = asks.get(f"{BACK}?error=<script>&state={state}", base_url=BASE)
    assert (denied.status_code, "refused it" in denied.text) == (401, True)
    assert "<script>" not in denied.text
    assert come_back(asks, "https://evil.example/").headers["Location"] == "/ops/"


def test_it_begins_at_the_public_name(rig: Rig, twin: Twin) -> None:
    asks = browser(rig, provider(twin))
    answer = asks.get("/ops/sign-in/oidc?next=/ops/log")
    assert answer.headers["Location"] == f"{BASE}/ops/sign-in/oidc?next=%2Fops%2Flog"


def test_a_new_key_is_fetched_and_a_provider_that_is_down_is_told(rig: Rig, twin: Twin) -> None:
    twin.person["groups"] = ["leads"]
    asks = browser(rig, provider(twin))
    assert come_back(asks).status_code == 303
    assert come_back(browser(rig, provider(twin))).status_code == 303
    rig.at += timedelta(minutes=5)
    back = leave(asks)
    twin.new_key()
    assert asks.get(back, base_url=BASE).status_code == 303
    back = leave(asks)
    twin.down = True
    gone = asks.get(back, base_url=BASE)
    assert (gone.status_code, "does not answer" in gone.text) == (503, True)
    fresh = browser(rig, provider(twin, issuer="http://127.0.0.1:1"))
    assert fresh.get("/ops/sign-in/oidc", base_url=BASE).status_code == 503
    twin.down = False
    other = browser(rig, provider(twin, issuer=twin.url.replace("127.0.0.1", "localhost")))
    assert other.get("/ops/sign-in/oidc", base_url=BASE).status_code == 503  # it is somebody else


def test_beside_accounts_and_without(rig: Rig, twin: Twin) -> None:
    both = browser(rig, provider(twin), local())
    page = both.get("/ops/sign-in")
    assert "Sign in with Acme" in page.text
    assert "Password" in page.text
    assert sign_in(both, "ana").status_code == 303
    alone = browser(rig, provider(twin))
    form = {"token": token(both.get("/ops/"))}
    assert alone.post("/ops/sign-in", data=form).status_code in (403, 404)
    for path in ("/ops/sign-in/oidc", BACK):
        assert browser(rig, None, local()).get(path).status_code in (303, 404)
