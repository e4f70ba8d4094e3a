"""The whole story in Chromium: the sandbox as `make run` starts it, played by hand."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.scenarios.world import ROOT, free_port

pytestmark = pytest.mark.browser
PATIENCE = 15_000  # milliseconds
CANARY = "the customer has a chargeback history"


@pytest.fixture
def sandbox() -> Iterator[str]:
    """`connector sandbox` as a process of its own; its URL as it prints it."""
    environ = {k: v for k, v in os.environ.items() if k != "ANTHROPIC_API_KEY"}
    port = next(p for _ in range(50) if (p := free_port()) < 65_000)
    command = [sys.executable, "-m", "connector", "sandbox", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found, process.communicate(timeout=5)
        yield found.group()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0


def says(page: Page, text: str) -> None:
    box = page.get_by_label("Text message", exact=True)
    box.fill(text)
    box.press("Enter")


def heard(page: Page, text: str) -> None:
    expect(page.locator("#messages")).to_contain_text(text, timeout=PATIENCE)


def test_the_whole_story(browser: Browser, sandbox: str, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(sandbox)

    says(page, "Where is my parcel?")
    heard(page, "automated assistant")
    heard(page, "tracking link")
    says(page, "And how do I return something?")
    heard(page, "return label")
    says(page, "I want to talk to a human")
    heard(page, "will answer you here")

    ticket = page.locator("#ticket")
    expect(ticket).to_contain_text("What the customer wants", timeout=PATIENCE)
    expect(ticket).to_contain_text("Transcript", timeout=PATIENCE)
    expect(page.locator("#facts")).to_contain_text("asked for a person")
    expect(page.locator("#holder [aria-current]")).to_have_text("Agent")

    reply = page.locator("#reply-text")
    page.locator(".switch").get_by_text("Internal note").click()
    reply.fill(CANARY)
    reply.press("Enter")
    expect(ticket).to_contain_text(CANARY, timeout=PATIENCE)
    page.locator(".switch").get_by_text("Public reply").click()
    reply.fill("Hello, this is Ana. I found your parcel.")
    reply.press("Enter")
    heard(page, "Ana: Hello, this is Ana. I found your parcel.")

    says(page, "Great, when does it come?")
    expect(ticket).to_contain_text("Great, when does it come?", timeout=PATIENCE)
    reply.fill("Tomorrow morning.")
    page.get_by_role("button", name="Submit as solved").click()
    heard(page, "Ana: Tomorrow morning.")
    expect(page.locator("#holder [aria-current]")).to_have_text("Ended", timeout=PATIENCE)

    says(page, "What are your opening hours?")
    heard(page, "Monday to Saturday")
    expect(page.locator("#holder [aria-current]")).to_have_text("Bot", timeout=PATIENCE)
    assert CANARY not in page.locator("#messages").inner_text()
    assert problems == []
    context.close()
