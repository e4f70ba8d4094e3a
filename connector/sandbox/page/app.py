"""The page and its JSON."""

from secrets import token_hex
from typing import TypeVar

from flask import Flask, Response, abort, jsonify, render_template, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from connector.sandbox.page import guard
from connector.sandbox.page.sources import (
    FaultKind,
    FaultOrder,
    RefusedError,
    Sources,
    TicketStatus,
)
from connector.sandbox.page.view import state

LONGEST_WAIT = 20.0
_DONE = ("", 204)


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Says(_Order):
    customer: str = Field(min_length=1, max_length=80)
    text: str = Field(min_length=1, max_length=1600)  # Twilio's own limit
    tap: bool = False  # it is one of the answers that the newest message offers


class _Writes(_Order):
    text: str = Field(min_length=1, max_length=20_000)
    public: bool
    solve: bool = False


class _Sets(_Order):
    status: TicketStatus


class _Acts(_Order):
    action: str = Field(min_length=1, max_length=80)
    into: int | None = None  # for a merge: the ticket that stays


class _Fails(_Order):
    twin: str
    operation: str
    kind: FaultKind
    times: int = Field(ge=1, le=99)


O = TypeVar("O", bound=_Order)  # noqa: E741 - one letter, as type variables are


def create_page(sources: Sources) -> Flask:
    """The page over these sources. It answers this machine only."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    guard.install(app)
    app.register_error_handler(HTTPException, _say_why)
    app.register_error_handler(RefusedError, lambda error: (jsonify(error=str(error)), 409))
    _show(app, sources)
    _act(app, sources)
    _act_as_agent(app, sources)
    return app


def _show(app: Flask, sources: Sources) -> None:
    run = token_hex(4)  # versions start anew with every run: a tab from the last one must not wait

    @app.get("/")
    def page() -> str:
        return render_template("page.html")

    @app.get("/state")
    def now() -> Response | tuple[str, int]:
        since = request.args.get("since", type=int)
        version = sources.changes.version
        if since is not None and request.args.get("run") == run and since >= version:
            version = sources.changes.wait(since, LONGEST_WAIT)
            if version <= since:
                return _DONE
        # The version is taken before the reading: a change in between is read twice, never missed.
        return jsonify(version=version, run=run, **state(sources))


def _act(app: Flask, sources: Sources) -> None:
    @app.post("/customer/says")
    def customer_says() -> tuple[str, int]:
        order = _order(_Says)
        if not any(order.customer in app.customers for app in sources.phone.apps()):
            abort(404, "The sandbox has no such customer.")
        tell = sources.phone.customer_taps if order.tap else sources.phone.customer_says
        tell(order.customer, order.text)
        return _DONE

    @app.post("/faults")
    def fail() -> tuple[str, int]:
        order = _order(_Fails)
        if order.operation not in sources.faults.operations().get(order.twin, ()):
            abort(422, "The sandbox has no such operation.")
        sources.faults.add(FaultOrder(order.twin, order.operation, order.kind, order.times))
        return _DONE

    @app.delete("/faults")
    def heal() -> tuple[str, int]:
        sources.faults.clear()
        return _DONE


def _act_as_agent(app: Flask, sources: Sources) -> None:
    @app.post("/agent/tickets/<int:ticket>/comment")
    def comment(ticket: int) -> tuple[str, int]:
        order = _order(_Writes)
        _find(sources, ticket)
        sources.desk.reply(ticket, order.text, public=order.public, solve=order.solve)
        return _DONE

    @app.post("/agent/tickets/<int:ticket>/status")
    def status(ticket: int) -> tuple[str, int]:
        order = _order(_Sets)
        _find(sources, ticket)
        sources.desk.set_status(ticket, order.status)
        return _DONE

    @app.post("/agent/tickets/<int:ticket>/action")
    def action(ticket: int) -> tuple[str, int]:
        order = _order(_Acts)
        if order.into is None and order.action not in sources.desk.actions():
            abort(422, "The sandbox has no such action.")
        _find(sources, ticket)
        if order.into is None:
            sources.desk.act(ticket, order.action)
        else:
            _find(sources, order.into)
            sources.desk.merge(ticket, order.into)
        return _DONE


def _find(sources: Sources, ticket: int) -> None:
    if ticket not in {one.id for one in sources.desk.tickets()}:
        abort(404, "There is no such ticket.")


def _order(model: type[O]) -> O:
    try:
        return model.model_validate(request.get_json())
    except ValidationError as error:
        first = error.errors()[0]
        abort(422, f"{'.'.join(map(str, first['loc'])) or 'The order'}: {first['msg']}.")


def _say_why(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.description), error.code or 500
