"""The dashboard in a real Chromium over ten thousand generated episodes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from connector.domain.conversation import Author
from connector.domain.handoff.base import Trigger
from connector.domain.ids import Address, ConversationId, conversation_id
from connector.errors import Transient
from connector.pipeline import retry
from connector.storage import articles, engine, schema
from connector.storage.engine import Database
from tests.pipeline import costly
from tests.pipeline.rig import CHANNEL, Rig
from tests.reports.generated import generate
from tests.reports.given import MINUTE, Told, store
from tests.web.ops_given import PASSWORD, accounts, application
from tests.web.ops_routes import routes
from tests.web.test_ops_pages import HOSTILE

pytestmark = pytest.mark.browser
Scheme = Literal["light", "dark"]

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TALKING = conversation_id(CHANNEL, Address("+15550123"))
TOPIC = "/ops/gaps/topic?topic=late+delivery"
# Beside all that need no more than their address.
MORE = ("/ops/handoffs?by=day", "/ops/handoffs?by=week", "/ops/conversations?handed_over=yes",
        "/ops/conversations?topic=refund+status&reopened=yes", "/ops/live?who=WithAgent",
        "/ops/work?what=calls", "/ops/cost?by=day&channel=sms-us", "/ops/none",
        "/ops/handoffs?at=2001-01", "/ops/conversations?at=2001-01", "/ops/gaps?at=2001-01",
        "/ops/handoffs?at=2001-13")  # fmt: skip
# What colours and width change; the rest is looked at once.
LOOKS = {"runOnly": {"type": "rule", "values": [
    "color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size",
]}}  # fmt: skip


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *args: object) -> None: ...


@dataclass
class Desk:
    """A dashboard without accounts, one with them, and what they stand on."""

    rig: Rig
    url: str
    guarded: str
    hostile: ConversationId
    pages: list[str]  # one of each kind
    more: list[str]  # what else they can look like
    problems: list[str] = field(default_factory=list)

    def open(self, browser: Browser, width: int = 1280, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda m: self._heard(m.type, m.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:  # a violated policy is reported as an error
            self.problems.append(text)


def at_work(db: Database) -> Rig:
    """Something that cost money, something buried, something under way, and an article."""
    rig = costly.rig(db)
    rig.at = NOW - timedelta(minutes=30)
    rig.hook(lambda operation, when: down() if (operation, when) == ("send", "before") else None)
    rig.texts_in("Is this still on?", customer="+15550124")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry, "GIVE_UP_AFTER", timedelta(minutes=10))
        rig.passes(1800)
    rig.texts_in("And this?", customer="+15550125")
    rig.passes(3)
    rig.hook(lambda *_: None)
    rig.texts_in("Where is it?")
    rig.passes(3)
    rig.texts_in("Hello?", customer="+15550126")
    db.write(lambda c: articles.add(c, "refund status", NOW - timedelta(days=12), "ana"))
    return rig


def down() -> None:
    raise Transient("down", status=503, code="http_503")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    file: Path = tmp_path_factory.mktemp("ops") / "connector.db"
    db = engine.connect(f"sqlite:///{file}")
    schema.migrate(db)
    generate(db, 10_000, NOW)
    texts = [(Author.CUSTOMER, text) for text in HOSTILE] + [(Author.BOT, HOSTILE[0])]
    hostile = Told(NOW - MINUTE, Trigger.LEGAL, name=HOSTILE[1], ticket=MINUTE, texts=texts)
    (bad,) = store(db, hostile)
    rig = at_work(db)
    pages = sorted({r.path() for r in routes(application(rig)) if r.method == "GET"})
    servers = [
        make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        for app in (application(rig), application(rig, accounts()))
    ]
    threads = [threading.Thread(target=s.serve_forever, args=(0.02,)) for s in servers]
    for thread in threads:
        thread.start()
    urls = [f"http://127.0.0.1:{server.port}" for server in servers]
    plain = [path for path in pages if "static" not in path and "sign-in" not in path]
    talks = [f"/ops/conversations/{each}" for each in (TALKING, bad.id)]
    yield Desk(rig, urls[0], urls[1], bad.id, [*plain, TOPIC, *talks], list(MORE))
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()
    db.close()


@pytest.fixture
def desk(stored: Desk, browser: Browser) -> Iterator[Desk]:
    stored.problems.clear()
    yield stored
    for context in list(browser.contexts):
        context.close()
    assert stored.problems == []


@pytest.mark.parametrize(("width", "schemes"), [(1280, ("light", "dark")), (390, ("dark",))])
def test_pages_fit_and_axe_finds_no_fault(
    desk: Desk, browser: Browser, width: int, schemes: tuple[Scheme, ...]
) -> None:
    no_fault(desk, browser, width, schemes, [*desk.pages, f"{desk.guarded}/ops/sign-in"])


@pytest.mark.proof
@pytest.mark.parametrize("width", [1280, 390])
def test_so_do_all_that_they_can_look_like(desk: Desk, browser: Browser, width: int) -> None:
    no_fault(desk, browser, width, ("light", "dark"), desk.more)
    if width == 390:
        no_fault(desk, browser, width, ("light",), desk.pages)


def no_fault(
    desk: Desk, browser: Browser, width: int, schemes: tuple[Scheme, ...], pages: list[str]
) -> None:
    page = desk.open(browser, width)
    for url in (path if "//" in path else desk.url + path for path in pages):
        page.goto(url)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
        for place, scheme in enumerate(schemes):
            page.emulate_media(color_scheme=scheme)
            # All rules once a page: most see neither colours nor widths.
            looks = LOOKS if width < 1000 or place else None
            found = Axe().run(page, options=looks).response["violations"]
            assert [(x["id"], x["impact"], x["nodes"][0]["target"]) for x in found] == [], url
    # The browser reports what it did not find, and that is all it reports.
    assert [x for x in desk.problems if "404 (NOT" not in x and "400 (BAD" not in x] == []
    desk.problems.clear()


def test_the_chart_is_drawn_and_says_the_same_as_its_table(desk: Desk, browser: Browser) -> None:
    page = desk.open(browser)
    page.goto(desk.url + "/ops/handoffs")
    expect(page.locator("#chart canvas")).to_be_visible()
    last = page.locator("#trend tbody tr").last
    page.get_by_text("The figures as a table").click()
    expect(last).to_be_visible()
    expect(page.locator("#chart .u-legend")).to_contain_text("Nov 2026")
    rate = last.locator("td").last.inner_text()
    expect(page.locator("#chart .u-legend")).to_contain_text(rate)
    expect(page.locator(".tile.lead")).to_contain_text(rate)


def test_nothing_that_a_customer_writes_runs(desk: Desk, browser: Browser) -> None:
    page = desk.open(browser)
    for path in (f"/ops/conversations/{desk.hostile}", "/ops/", "/ops/conversations"):
        page.goto(desk.url + path)
        page.wait_for_timeout(100)
        assert page.evaluate("window.broken") is None
    page.goto(f"{desk.url}/ops/conversations/{desk.hostile}")
    expect(page.locator(".said-text").first).to_have_text(HOSTILE[0])
    expect(page.locator("main script, main img, main [onload]")).to_have_count(0)


def test_by_keyboard_alone_an_operator_hands_over(desk: Desk, browser: Browser) -> None:
    page = desk.open(browser)
    page.goto(f"{desk.guarded}/ops/conversations/{TALKING}")
    expect(page.locator("h1")).to_have_text("Sign in")
    page.get_by_label("Name").focus()
    page.keyboard.type("ana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("+15550123")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Hand over now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Ordered.")
    desk.rig.passes(5)
    page.reload()
    expect(page.locator(".reason.decided")).to_contain_text("ordered by ana on the dashboard")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_an_article_is_copied_and_noted_by_keyboard(desk: Desk, browser: Browser) -> None:
    page = desk.open(browser)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(desk.url + "/ops/gaps")
    page.get_by_role("link", name="late delivery").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Late delivery")
    expect(page.locator("#chart .u-legend")).to_contain_text("In 100 conversations")
    page.get_by_role("button", name="Copy").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#article-copied")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("# Late delivery\n\nCustomers ask:\n\n- ")
    assert "it is with you tomorrow" in copied
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="The bot has an article")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Noted.")
    expect(page.locator("main")).to_contain_text("in 28 days")


def test_today_follows_without_a_reload(desk: Desk, browser: Browser) -> None:
    page = desk.open(browser)
    page.goto(desk.url + "/ops/")
    before = int(page.locator(".tile dd .figure").first.inner_text())
    desk.rig.texts_in("Hello?", customer="+15550777")
    desk.rig.passes(3)
    expect(page.locator(".tile dd .figure").first).to_have_text(str(before + 1), timeout=9000)


FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
# Elements that can be seen, each with a number of its own.
MARK = """(all) => [...document.querySelectorAll(all)].filter((x) => x.checkVisibility()
    && !x.closest("details:not([open]) > :not(summary)")).map((x, i) => (x.dataset.at = i, i)).length"""
FOCUSED = """() => { const x = document.activeElement, s = getComputedStyle(x), b = x.getBoundingClientRect();
    return [x.dataset.at ?? null, s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2,
            b.bottom > 0 && b.top < innerHeight]; }"""


@pytest.mark.proof
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_all_that_can_be_pressed_is_reached_by_tab_and_seen_there(
    desk: Desk, browser: Browser, width: int, scheme: str
) -> None:
    page = desk.open(browser, width, scheme)
    for path in (*desk.pages, *desk.more):
        page.goto(desk.url + path)
        page.evaluate("document.querySelector('[hx-get]')?.removeAttribute('hx-trigger')")
        there, reached = page.evaluate(MARK, FOCUSABLE), set[str]()
        for _ in range(there + 1):
            page.keyboard.press("Tab")
            at, ringed, seen = page.evaluate(FOCUSED)
            if at is None:  # behind the last one, the browser itself
                break
            assert (ringed, seen) == (True, True), (path, at)
            reached.add(at)
        assert len(reached) == there, path
    desk.problems[:] = [x for x in desk.problems if "404 (NOT" not in x and "400 (BAD" not in x]
