"""The two routes of signing in elsewhere: off to the provider, and back from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from connector import log
from connector.domain.limits import Limit
from connector.storage import ops as store
from connector.storage import upstreams
from connector.web.ops import gate, oidc, session
from connector.web.ops.parts import Dashboard

COOKIE = "connector_ops_away"
AWAY = timedelta(minutes=10)
SEE_OTHER = 303
_LIMIT = Limit("ops:oidc", timedelta(seconds=1), 60)
_log = log.get(__name__)


def add(blueprint: Blueprint, dashboard: Dashboard) -> None:
    """Nothing, unless the configuration names a provider."""
    if dashboard.ops.oidc is None:
        return
    client = oidc.Client(dashboard.ops.oidc, dashboard.parts.now)

    @blueprint.get("/sign-in/oidc")
    def leave() -> Answer:
        there = gate.safe_next(request.args.get("next", ""))
        if request.host != dashboard.ops.public_host:
            # The provider sends the browser there, and what it keeps must be found there.
            root = client.provider.redirect_uri.rpartition("/sign-in/oidc/back")[0]
            return redirect(f"{root}/sign-in/oidc?{urlencode({'next': there})}", SEE_OTHER)
        _take_turn(dashboard)
        attempt = oidc.Attempt.new(there)
        try:
            answer = redirect(client.begin(attempt), SEE_OTHER)
        except oidc.Unreachable as error:
            _gone(error)
        gate.set_cookie(answer, COOKIE, attempt.cookie(), int(AWAY.total_seconds()))
        return answer

    @blueprint.get("/sign-in/oidc/back")
    def back() -> Answer:
        _take_turn(dashboard)
        attempt = oidc.Attempt.read(request.cookies.get(gate.cookie_name(COOKIE), ""))
        try:
            person = client.finish(attempt, request.args)
            answer = _signed_in(dashboard, person, attempt)
        except oidc.NotSignedIn as error:
            answer = _refused(dashboard, error)
        except oidc.Unreachable as error:
            _gone(error)
        gate.drop_cookie(answer, COOKIE)
        return answer


def _take_turn(dashboard: Dashboard) -> None:
    now = dashboard.parts.now()
    turn = dashboard.parts.db.write(lambda c: upstreams.take(c, (_LIMIT,), now))
    if turn.wait_until is not None:
        abort(429, "Too many try to sign in at this moment. Wait a minute, and try again.")


def _gone(error: oidc.Unreachable) -> Any:
    _log.error("oidc_unreachable", reason=str(error))
    abort(503, "Who signs people in does not answer. Try again in a moment.")


def _signed_in(dashboard: Dashboard, person: oidc.Person, attempt: oidc.Attempt | None) -> Answer:
    answer = redirect(gate.safe_next(attempt.there if attempt else ""), SEE_OTHER)
    kept = store.Session(person.name, "oidc", person.role)
    session.begin(dashboard, answer, kept, person.role)
    return answer


def _refused(dashboard: Dashboard, error: oidc.NotSignedIn) -> Answer:
    now = dashboard.parts.now()
    dashboard.parts.db.write(
        lambda c: store.note(c, now, "oidc", "sign_in_refused", error.reason, "")
    )
    page = render_template("ops/sign_in.html", there=url_for("ops.today"), why=str(error))
    return make_response(page, 401)
