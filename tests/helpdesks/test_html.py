"""A40: what an agent formatted reads well on a phone."""

from __future__ import annotations

import time

import pytest

from connector.helpdesks.zendesk.html import _is_bomb, from_html, plain_text

ROWS = [
    ("<p>Hello</p>", "Hello"),
    ('<div class="zd-comment" dir="auto"><p>One</p>\n\n<p>Two,\n<br> three</p></div>',
     "One\n\nTwo,\nthree"),
    ("<p>a <strong>bold</strong> and <em>fine</em> word</p>", "a bold and fine word"),
    ("<p>5 * 3 * 2 and __init__</p>", "5 * 3 * 2 and __init__"),
    ("<p>Steps:</p><ul><li>one</li><li><p>two</p></li></ul><p>End</p>",
     "Steps:\n\n- one\n- two\n\nEnd"),
    ("<ol><li>a<ul><li>x</li></ul></li><li>b</li></ol>", "1. a\n  - x\n2. b"),
    ("<ul><li></li><li>b</li></ul>", "-\n- b"),
    ('<p>See <a href="https://x.com/a?b=1&amp;c=2">the guide</a>.</p>',
     "See the guide (https://x.com/a?b=1&c=2)."),
    ('<a href="https://x.com/">https://x.com</a>', "https://x.com"),
    ('<a href="https://x.com">x.com</a>, then', "x.com, then"),
    ('<a href="mailto:a@x.com">write</a>', "write (a@x.com)"),
    ('<a href="https://x.com/p.png"></a>', "https://x.com/p.png"),
    ('<a href="javascript:alert(1)">here</a>', "here"),
    ('<a href="/hc/en">relative</a>', "relative (/hc/en)"),
    ("fish&nbsp;&amp;&nbsp;chips &lt;b&gt; &#128512; 👩‍👧", "fish & chips <b> 😀 👩‍👧"),
    ("<p>a</p><p>&nbsp;</p><p><br></p><p>b</p>", "a\n\nb"),
    ("<p>Hi</p><blockquote><p>you wrote</p></blockquote><p>-- <br>Maria</p>",
     "Hi\n\n> you wrote\n\n--\nMaria"),
    ("<blockquote><p>one</p><p>two</p><blockquote>deeper<br>still</blockquote></blockquote>mine",
     "> one\n>\n> two\n>\n> > deeper\n> > still\n\nmine"),
    ("</blockquote>stray<blockquote>q", "stray\n\n> q"),
    ("<blockquote><ul><li>a</li><li>b</li></ul></blockquote>", "> - a\n> - b"),
    ("<pre>if x:\n    y</pre>", "if x:\n    y"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a | b\nc | d"),
    ("<table><thead><tr><th>Item</th><th>Price</th></tr></thead><tbody><tr><td><p>Mug</p></td>"
     "<td>5&nbsp;€</td><td></td></tr></tbody></table>", "Item | Price\nMug | 5 €"),
    ("<table><tr><td><table><tr><td>in</td></tr></table></td><td>out</td></tr></table>",
     "in\n\nout"),
    ("<p>a</p><table><tr><td></td></tr></table><p>b</p>", "a\n\nb"),
    ("<p>👍🏽 👩‍👩‍👧 🇪🇸</p>", "👍🏽 👩‍👩‍👧 🇪🇸"),
    ("<p>x<script>alert(1)</script><style>p{}</style><!-- no --></p>", "x"),
    ('<img alt="a chart" src="https://x.com/c.png"><img src="x">', "a chart[image]"),
    ("zero\u200bwidth\ufeff", "zerowidth"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("html", "text"), ROWS)
def test_html(html: str, text: str) -> None:
    assert from_html(html) == text


def test_the_richest_form_is_read_and_the_others_stand_in() -> None:
    assert plain_text({"html_body": "<p>a</p>", "plain_body": "b", "body": "c"}) == "a"
    assert plain_text({"html_body": " ", "plain_body": "b\u00a0\n\n\n\nb"}) == "b\n\nb"
    assert plain_text({"html_body": None, "plain_body": None, "body": "c"}) == "c"
    assert plain_text({"body": None}) == ""


def test_a_stray_closing_tag_hides_no_depth() -> None:
    assert _is_bomb("<div></x>" * 300)
    assert not _is_bomb("<p><b>x</b><br></p>" * 300)


BOMBS = [
    "<div>" * 100_000,
    "<ul><li>x" * 40_000,
    "<b><p>" * 50_000,
    "<div></x>" * 40_000,
    "<!--" * 100_000,
    "<" * 400_000,
    "&" * 400_000,
    " " * 400_000,
    "&nbsp;" * 60_000 + "x",
    "<a " + "x=1 " * 100_000 + ">",
    '<a href="http://x">y</a>' * 20_000,
    "x" * 2_000_000,
]


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda b: b[:12])
def test_a_bomb_is_bounded(bomb: str) -> None:
    began = time.process_time()
    text = from_html(bomb)
    assert time.process_time() - began < 3
    assert len(text) <= 300_000
