"""A real Chromium, and the page over a story that the test tells."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright
from werkzeug.serving import make_server

from connector.sandbox.page import create_page

from .story import Story

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium(playwright: Playwright) -> str | None:
    candidates = (
        os.environ.get("CHROMIUM"),
        "/usr/bin/chromium",
        playwright.chromium.executable_path,
    )
    return next((path for path in candidates if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            reason = "no Chromium: set CHROMIUM, or run `playwright install chromium`"
            if os.environ.get("REQUIRE_BROWSER") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Shown:
    """The page of one story; open it as often as wanted. `problems` must stay empty."""

    story: Story
    url: str
    browser: Browser
    problems: list[str] = field(default_factory=list)

    def open(self, width: int = 1440, height: int = 900) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.url)
        page.locator("#suggestions button").first.wait_for()
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:  # a violated policy is reported as an error
            self.problems.append(message.text)


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def url(story: Story) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_page(story.sources), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    story.changes.bump()  # lets go of those who wait
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shown(story: Story, url: str, browser: Browser) -> Iterator[Shown]:
    shown = Shown(story, url, browser)
    yield shown
    for context in list(browser.contexts):
        context.close()
    assert shown.problems == []
