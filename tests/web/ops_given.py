"""A dashboard over a database, with accounts or without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.web.app import Web, create_app
from connector.web.ops.accounts import Account
from connector.web.ops.parts import Group, Ops, Value
from tests.pipeline.rig import Rig

PASSWORD = "a quiet password"
PUBLIC = "https://connector.example.com"
HTTP11 = {"SERVER_PROTOCOL": "HTTP/1.1"}


@cache
def _hash() -> str:
    """Its cost stands in it: what a real one takes (a quarter of a second) is not what these tests
    are about, and `hash_of` has its own.
    """
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)


def accounts() -> Mapping[str, Account]:
    return {
        "ana": Account("ana", _hash(), "operator"),
        "vic": Account("vic", _hash(), "viewer"),
    }


def ops(known: Mapping[str, Account] | None = None, zone: str = "UTC") -> Ops:
    shown = Group("What runs", (Value("runner", "local", "channels.yaml:3"),))
    return Ops(known, ZoneInfo(zone), "connector.example.com", (shown,), {"sms-us": ""}, "0.1.0")


def application(rig: Rig, known: Mapping[str, Account] | None = None) -> Flask:
    return create_app(Web(rig.parts, PUBLIC, dict, ops=ops(known)))


def client(rig: Rig, known: Mapping[str, Account] | None = None) -> FlaskClient:
    made = application(rig, known).test_client()
    made.environ_base |= HTTP11
    return made


def token(page: TestResponse) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]


def sign_in(asks: FlaskClient, name: str, password: str = PASSWORD) -> TestResponse:
    form = {"token": token(asks.get("/ops/sign-in")), "name": name, "password": password}
    return asks.post("/ops/sign-in", data=form, headers={"Origin": "http://localhost"})
