"""A connector's webhook end, as far as a twin can tell: it remembers what was posted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from connector.sandbox.server import Server


@dataclass
class Catcher:
    url: str = ""
    answers: list[Response] = field(default_factory=list)  # for the next posts; then 200
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def catching() -> Iterator[Catcher]:
    caught = Catcher()

    @Request.application
    def app(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        caught.posts.append((headers, request.get_data()))
        return caught.answers.pop(0) if caught.answers else Response("")

    server = Server(app)
    server.start()
    caught.url = server.url
    try:
        yield caught
    finally:
        server.stop()
