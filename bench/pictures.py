"""Renews the pictures of the dashboard in docs/, over generated months.

    python -m bench.pictures

Needs a Chromium, as the browser tests do.
"""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Connection, insert, select
from werkzeug.serving import WSGIRequestHandler, make_server

from bench.dashboard import NOW, fill
from connector import log
from connector.domain.caps import MessageCaps
from connector.domain.money import NANO
from connector.pipeline.spending import Spending
from connector.storage import engine
from connector.storage.engine import Database
from connector.storage.tables import conversations, episodes, outbox
from connector.storage.watched import budgets, spend
from tests.browser.conftest import ARGUMENTS, chromium
from tests.pipeline.costly import PRICE
from tests.pipeline.rig import Rig
from tests.reports.generated import CHANNELS
from tests.web.ops_given import application

DOCS = Path(__file__).parent.parent / "docs"
WIDTH, TALLEST = 1180, 1500  # px; a taller page is cut
LARGEST = 200 * 1024  # bytes
EPISODES, EACH = 10_000, 4
DAY_LIMIT = 5 * NANO


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # who speaks 1.0 is taken for a proxy

    def log(self, *args: object) -> None: ...


def pages(db: Database) -> dict[str, str]:
    e = episodes.c
    asked = select(e.conversation_id).where(e.topic == "wrong size", e.replied_at.is_not(None))
    talk = db.read(lambda c: c.scalars(asked.order_by(e.started_at.desc()).limit(1)).one())
    return {
        "today": "/ops/",
        "handoffs": "/ops/handoffs",
        "conversation": f"/ops/conversations/{talk}",
        "gaps": "/ops/gaps/topic?topic=wrong+size",
    }


def rig_of(db: Database) -> Rig:
    """As on a day like any other: something was spent, two customers wait, one call is buried."""
    rig = Rig(db, at=NOW)
    limits = Spending("claude-haiku-4-5", PRICE, True, DAY_LIMIT, MessageCaps())
    (known,) = rig.parts.channels.values()
    channels = {n: replace(known, spending=limits) for n in dict.fromkeys(CHANNELS)}
    rig.parts = replace(rig.parts, channels=channels)
    today = NOW.date().isoformat()
    s, c_ = spend.c, conversations.c
    live = select(c_.id).where(c_.holder == "WithBot").limit(1)

    def keep(connection: Connection) -> None:
        for name, used in connection.execute(select(s.channel, s.nano).where(s.day == today)).all():
            row = {"name": f"usd:{name}:{today}", "used": int(used)}
            connection.execute(insert(budgets), [row])
        ours = connection.scalars(live).one()
        connection.execute(insert(outbox), [{
            "conversation_id": ours, "direction": "customer", "key": f"{ours}:send", "payload": "{}",
            "kind": "SendText", "state": "due", "due_at": NOW + timedelta(seconds=2), "attempts": 0,
            "created_at": NOW - timedelta(seconds=1),
        }])  # fmt: skip

    db.write(keep)
    return rig


def take(browser: Browser, url: str, file: Path) -> None:
    size = {"width": WIDTH, "height": 800}
    page = browser.new_context(viewport=size, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto(url)
    page.wait_for_load_state("networkidle")
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height}
    made = page.screenshot(path=file, full_page=True, clip=clip)  # type: ignore[arg-type]
    assert len(made) < LARGEST, f"{file.name} has {len(made)} bytes"
    print(f"{file.name}: {WIDTH} x {height}, {len(made) // 1024} KiB")


def main() -> None:
    log.set_up(level="error")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        db = engine.connect(f"sqlite:///{folder}/connector.db")
        fill(db, EPISODES, EACH)
        server = make_server("127.0.0.1", 0, application(rig_of(db)), threaded=True,
                             request_handler=Quiet)  # fmt: skip
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=ARGUMENTS)
        for name, path in pages(db).items():
            take(browser, f"http://127.0.0.1:{server.port}{path}", DOCS / f"{name}.png")
        browser.close()
        server.shutdown()
        db.close()


if __name__ == "__main__":
    main()
