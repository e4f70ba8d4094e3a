"""How Intercom says no."""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


def error_list(code: str, sentence: str) -> dict[str, Any]:
    return {
        "type": "error.list",
        "request_id": "b3e8a4a2-5f0b-4a1e-8d35-0c7e4f1d9a11",
        "errors": [{"code": code, "message": sentence}],
    }
