"""Nothing that anybody has written becomes HTML on any page, wherever in the database it lies."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from urllib.parse import parse_qsl, urljoin, urlsplit
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from sqlalchemy import Connection, String, Table, Text, insert, select, update

from connector.domain.conversation import Author, Media
from connector.domain.handoff.base import Trigger
from connector.domain.ids import Address, conversation_id
from connector.pipeline import orders
from connector.reports import told
from connector.reports.periods import Kind, Period
from connector.storage import articles, codec, tables
from connector.storage.engine import Database
from connector.storage.tables import circuits, metadata
from connector.web.ops import letter
from tests.pipeline import costly
from tests.pipeline.rig import CHANNEL, Rig
from tests.reports.given import MINUTE, Told, store
from tests.web.ops_given import application, client
from tests.web.ops_routes import routes
from tests.web.test_ops_pages import HOSTILE

MOST_PAGES = 200
# A plain text that is markup wherever it lands: in a text, an attribute, a script, a style.
BAD = "\"'><script>window.broken=1</script><img src=x onerror=window.broken=1>"
# Columns that the program reads as its own words; all the others are somebody else's.
OURS = {
    "conversations": {"id", "holder", "state"},
    "episodes": {"id", "conversation_id"},
    "messages": {"id", "conversation_id", "author", "delivery", "body"},
    "considered": {"conversation_id", "episode_id", "evidence"},
    "outbox": {"conversation_id", "key", "direction", "state", "payload", "kind"},
    "attempts": set(),
    "inbox": {"conversation_id", "payload", "raw", "external_id"},
    "audit": {"action"},
    "articles": {"topic"},
    "circuits": {"upstream"},
    "spend": {"day", "channel"},
    "model_calls": {"key", "conversation_id", "episode_id", "day", "channel"},
}


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def rig(db: Database) -> Rig:
    rig = costly.rig(db)
    rig.texts_in("I want to talk to a human please")
    rig.passes(5)
    rig.texts_in("Where is it?", customer="+15550002")
    rig.passes(3)
    orders.hand_over(rig.parts, BAD, conversation_id(CHANNEL, Address("+15550002")))
    rig.texts_in("Hello?", customer="+15550003")
    texts = [(author, text) for text in HOSTILE for author in (Author.CUSTOMER, Author.BOT)]
    plain = Told(rig.at - 30 * MINUTE, Trigger.MODEL, channel=BAD, language=BAD[:20], name=BAD,
                 texts=texts, topic=BAD[:80], ticket=MINUTE, reply=2 * MINUTE)  # fmt: skip
    store(db, plain, replace(plain, channel="sms-us", trigger=Trigger.NO_PROGRESS))
    now = rig.at
    db.write(lambda c: c.execute(
        insert(circuits), [{"upstream": BAD[:80], "failures": 3, "open_until": now}]
    ))  # fmt: skip
    db.write(lambda c: articles.add(c, BAD[:80], now, BAD[:60]))
    made = client(rig).get(f"/ops/gaps/topic?topic={BAD[:80]}")
    assert made.status_code == 200
    _spoil(db)
    return rig


def _spoil(db: Database) -> None:
    """Every text that is not the program's own, in every row that there is."""
    for name, ours in OURS.items():
        table = metadata.tables[name]
        columns = [c for c in table.c if isinstance(c.type, String | Text) and c.name not in ours]
        if name == "outbox":
            _bury(db)
        for column in columns:
            length = getattr(column.type, "length", None) or 200
            _overwrite(db, table, column.name, BAD[:length])
    _spoil_messages(db)


def _overwrite(db: Database, table: Table, column: str, value: str) -> None:
    keys = list(table.primary_key)

    def write(connection: Connection) -> None:
        for place, row in enumerate(connection.execute(select(*keys)).all()):
            mine = [key == part for key, part in zip(keys, row, strict=True)]
            shown = f"{place}{value}"[: len(value)]  # each once: an address belongs to one
            connection.execute(update(table).where(*mine).values({column: shown}))

    db.write(write)


def _bury(db: Database) -> None:
    o = tables.outbox
    first = db.read(lambda c: c.scalars(select(o.c.id).order_by(o.c.id).limit(1)).one())
    db.write(lambda c: c.execute(update(o).where(o.c.id == first).values(state="buried")))


def _spoil_messages(db: Database) -> None:
    m, file = tables.messages, Media("javascript:window.broken=1", BAD, BAD)

    def write(connection: Connection) -> None:
        for row in connection.execute(select(m.c.id, m.c.body)).all():
            plain = codec.load_message(row.body)
            bad = replace(plain, text=BAD, author_name=BAD, why=BAD, media=(file,))
            mine = m.c.id == row.id
            connection.execute(update(m).where(mine).values(body=codec.dump(bad)))

    db.write(write)


def crawl(rig: Rig) -> list[tuple[str, str]]:
    """All pages that the application has, and all that they lead to."""
    asks: FlaskClient = client(rig)
    todo = deque(r.path() for r in routes(application(rig)) if r.method == "GET")
    seen = {alike(path) for path in todo}
    found: list[tuple[str, str]] = []
    while todo and len(found) < MOST_PAGES:
        path = todo.popleft()
        answer = asks.get(path, follow_redirects=True, buffered=True)
        assert answer.status_code in (200, 404), (answer.status_code, path)
        if not (answer.mimetype or "").startswith("text/html"):
            continue
        found.append((path, answer.text))
        for link in BeautifulSoup(answer.text, "html.parser").select("a[href]"):
            to = urljoin(path, str(link["href"])).partition("#")[0]
            if to.startswith("/ops/") and alike(to) not in seen:
                seen.add(alike(to))
                todo.append(to)
    return found


def alike(link: str) -> tuple[str, tuple[str, ...]]:
    """Another value of an argument shows another number, and what is shown of it in the same place."""
    parts = urlsplit(link)
    names = (
        name if name not in ("who", "what") else value for name, value in parse_qsl(parts.query)
    )
    return parts.path, tuple(sorted(names))


def runs(page: Tag) -> list[str]:
    """What of it a browser would do more with than show it."""
    alive = "script:not([src]), iframe, object, embed, base, link[href^='http']"
    found = [str(tag) for tag in page.select(alive)]
    for tag in page.find_all(True):
        for name, value in tag.attrs.items():
            address = name in ("href", "src", "action", "formaction") and re.match(
                r"\s*(javascript|data|vbscript):", str(value), re.I
            )
            if name.startswith("on") or name == "srcdoc" or address:
                found.append(str(tag)[:200])
    found += [str(tag) for tag in page.select("main script, main img, main style, main meta")]
    return found


def test_nothing_that_is_stored_becomes_markup(rig: Rig) -> None:
    found = crawl(rig)
    assert len(found) > 40
    shown = 0
    for path, text in found:
        assert runs(BeautifulSoup(text, "html.parser")) == [], path
        assert "<script>window" not in text, path
        shown += "&lt;script&gt;window" in text
    assert shown > 20  # it was there to be shown


def test_nothing_becomes_markup_in_the_page_that_is_sent_on(rig: Rig) -> None:
    period = Period.of(Kind.MONTH, rig.at, ZoneInfo("UTC"))
    text = letter.page(rig.db.read(lambda c: told.report(c, period)), rig.at)
    assert runs(BeautifulSoup(text, "html.parser")) == []
    assert "&lt;script&gt;window" in text
    assert "<script" not in text


def test_the_walk_sees_what_would_run(database_url: str) -> None:
    for bad in ("<main><p onclick=x>a</p></main>", "<script>x</script>", "<a href=' JavaScript:x'>a</a>",
                "<main><img src=x></main>", "<iframe srcdoc=x></iframe>"):  # fmt: skip
        assert runs(BeautifulSoup(bad, "html.parser")) != [], bad
