"""The dashboard's buttons, and signing in and out. Each leaves a line in the audit log."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from connector.domain.ids import ConversationId
from connector.pipeline import orders
from connector.storage import ops as store
from connector.storage import upstreams
from connector.web.ops import accounts, gate, session
from connector.web.ops.parts import Dashboard

SEE_OTHER = 303


def add(blueprint: Blueprint, dashboard: Dashboard) -> None:
    blueprint.register_error_handler(orders.Refused, _refused)
    _buttons(blueprint, dashboard)
    _signing(blueprint, dashboard)


def _refused(error: orders.Refused) -> tuple[str, int]:
    why = str(error)
    return render_template("ops/refused.html", title="That can't be done now", why=why), 409


def _buttons(blueprint: Blueprint, dashboard: Dashboard) -> None:
    parts = dashboard.parts

    @blueprint.post("/conversations/<wanted>/hand-over")
    def hand_over(wanted: str) -> Answer:
        orders.hand_over(parts, g.viewer.name, ConversationId(wanted))
        return redirect(url_for("ops.conversation", wanted=wanted, said="hand_over"), SEE_OTHER)

    @blueprint.post("/conversations/<wanted>/hand-back")
    def hand_back(wanted: str) -> Answer:
        orders.hand_back(parts, g.viewer.name, ConversationId(wanted))
        return redirect(url_for("ops.conversation", wanted=wanted, said="hand_back"), SEE_OTHER)

    @blueprint.post("/conversations/<wanted>/resend")
    def resend(wanted: str) -> Answer:
        orders.resend(parts, g.viewer.name, ConversationId(wanted))
        return redirect(url_for("ops.conversation", wanted=wanted, said="resend"), SEE_OTHER)

    @blueprint.post("/conversations/<wanted>/forget")
    def forget(wanted: str) -> Answer:
        if request.form.get("sure") != "yes":
            raise orders.Refused("Tick the box beside the button first: it can't be taken back.")
        orders.forget(parts, g.viewer.name, ConversationId(wanted))
        return redirect(url_for("ops.conversations", said="forgotten"), SEE_OTHER)

    @blueprint.post("/buried/<wanted>/replay")
    def replay(wanted: str) -> Answer:
        orders.replay(parts, g.viewer.name, wanted)
        return redirect(url_for("ops.buried_", said="replayed"), SEE_OTHER)

    @blueprint.post("/buried/<wanted>/drop")
    def drop(wanted: str) -> Answer:
        orders.drop(parts, g.viewer.name, wanted)
        return redirect(url_for("ops.buried_", said="dropped"), SEE_OTHER)


def _signing(blueprint: Blueprint, dashboard: Dashboard) -> None:
    @blueprint.get("/sign-in")
    def sign_in() -> Any:
        there = gate.safe_next(request.args.get("next", ""))
        if g.viewer is not None:
            return redirect(there, SEE_OTHER)
        return render_template("ops/sign_in.html", there=there, why="")

    @blueprint.post("/sign-in")
    def try_to_sign_in() -> Any:
        given, there = request.form.get("name", ""), gate.safe_next(request.form.get("next", ""))
        name = "".join(c for c in given[:100] if c.isprintable())  # it will stand in the log
        account = _account(dashboard, name, request.form.get("password", ""))
        if account is None:
            why = "That name and password do not go together."
            return render_template("ops/sign_in.html", there=there, why=why, name=name), 401
        answer = redirect(there, SEE_OTHER)
        session.begin(dashboard, answer, store.Session(account.name), account.role)
        return answer

    @blueprint.post("/sign-out")
    def sign_out() -> Answer:
        now, cookie = dashboard.parts.now(), request.cookies.get(gate.cookie_name(gate.SESSION), "")

        def end(connection: Any) -> None:
            store.end(connection, cookie)
            store.note(connection, now, g.viewer.name, "sign_out", "", "")

        dashboard.parts.db.write(end)
        answer = redirect(url_for("ops.sign_in"), SEE_OTHER)
        gate.drop_cookie(answer, gate.SESSION)
        return answer


def _account(dashboard: Dashboard, name: str, password: str) -> accounts.Account | None:
    """None if the password is wrong."""
    known = dashboard.ops.accounts
    if not known:
        abort(404, "Nobody signs in here with a password.")
    db, now = dashboard.parts.db, dashboard.parts.now()
    turn = db.write(lambda c: upstreams.take(c, accounts.limits(known, name), now))
    if turn.wait_until is not None:
        abort(429, "Too many tries. Wait a minute, and try again.")
    try:
        account = accounts.right(known, name, password)
    except accounts.Busy:
        abort(503, "Too many try to sign in at this moment. Try again.")
    if account is None:
        db.write(lambda c: store.note(c, now, name, "sign_in_refused", "", ""))
    return account
