"""Zendesk's cursor pagination; the cursor is a place in the list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import request

from connector.sandbox.zendesk.refusals import bad_request

PAGE = 100


def page_of(name: str, rows: list[dict[str, Any]], order: str) -> dict[str, Any]:
    """The part of the rows that the request asks for. Raise RefusedError for what it can't ask."""
    wanted = request.args.get("sort", order)
    if wanted.removeprefix("-") != order:
        raise bad_request(f"sort is not valid: {wanted}")
    if wanted.startswith("-"):
        rows = rows[::-1]
    size = request.args.get("page[size]", PAGE, int)
    if not 1 <= size <= PAGE:
        raise bad_request("page[size] must be between 1 and 100")
    after = request.args.get("page[after]", "")
    begin = int(after.removeprefix("at")) if after.removeprefix("at").isdecimal() else 0
    shown = rows[begin : begin + size]
    more = begin + size < len(rows)
    cursor = f"at{begin + size}"
    query = urlencode({"page[after]": cursor, "page[size]": size})
    return {
        name: shown,
        "meta": {"has_more": more, "after_cursor": cursor if more else None},
        "links": {"next": f"{request.base_url}?{query}" if more else None, "prev": None},
    }
