"""Blotting out a forgotten customer: what is marked, what stays, and what Zendesk refuses."""

from __future__ import annotations

import pytest

from connector.helpdesks.zendesk.redaction import marked


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hello</p>", "<p><redact>Hello</redact></p>"),
        ("<p>a<br>b &amp; c</p>", "<p><redact>a</redact><br><redact>b &amp; c</redact></p>"),
        ("<div> <b>x</b> </div>", "<div> <b><redact>x</redact></b> </div>"),
        (
            '<a href="https://x.example/?a=1">y</a>',
            '<a href="https://x.example/?a=1" redact><redact>y</redact></a>',
        ),
        ('<img src="/1.png" />', '<img src="/1.png" redact/>'),
        ("", ""),
    ],
)
def test_words_links_and_pictures_are_marked(html: str, expected: str) -> None:
    assert marked(html) == expected
